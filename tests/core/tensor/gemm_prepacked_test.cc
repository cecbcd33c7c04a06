// Products with a packed right operand against scalar chains, bit for bit, at every level.
#include "core/tensor/gemm_prepacked.h"

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/core/tensor/gemm_oracle.h"
#include <gtest/gtest.h>

namespace {

using gemm_oracle::Case;
using gemm_oracle::Operands;
using gemm_oracle::RandomCase;
using gemm_oracle::SameBits;

struct Destroy {
    void operator()(neural_gemm_packed *packed) const { neural_gemm_packed_destroy(packed); }
};
using Packed = std::unique_ptr<neural_gemm_packed, Destroy>;

template <typename T>
Packed Pack(const neural_kernel_table *kernels, const neural_gemm_args &args) {
    const auto create = std::is_same_v<T, float> ? neural_gemm_packed_create_f32_at
                                                 : neural_gemm_packed_create_f64_at;
    neural_gemm_packed *packed = nullptr;
    EXPECT_EQ(create(kernels, &args, &packed), NEURAL_OK);
    return Packed(packed);
}

template <typename T> void CheckLevel(const Case &c, uint32_t seed, int level) {
    Operands<T> operands(c, seed);
    std::vector<T> result = operands.result;
    neural_gemm_args args = operands.Args(&result);
    const Packed packed = Pack<T>(neural_kernels_at(static_cast<neural_isa>(level)), args);
    ASSERT_NE(packed, nullptr);
    std::fill(operands.b.begin(), operands.b.end(), std::numeric_limits<T>::quiet_NaN());
    args.b = nullptr; // packed once and for all
    args.ldb = 0;
    ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
    const Operands<T> again(c, seed);
    ASSERT_TRUE(SameBits(result, again.Want(level >= NEURAL_ISA_AVX2)))
        << c << " seed " << seed << " level " << level << " bytes " << sizeof(T);
}

void CheckAll(const Case &c, uint32_t seed) {
    for (int level = 0; level <= neural_isa_detected(); level++) {
        CheckLevel<float>(c, seed, level);
        CheckLevel<double>(c, seed, level);
    }
}

TEST(GemmPrepacked, EverySmallSize) {
    std::mt19937 random(1);
    for (int64_t m = 1; m <= 20; m++) {
        for (int64_t n = 1; n <= 36; n++) {
            CheckAll(RandomCase(m, n, static_cast<int64_t>(random() % 40), &random), random());
            if (HasFatalFailure()) return;
        }
    }
}

TEST(GemmPrepacked, OneRowOfAnyWidthAndDepth) {
    std::mt19937 random(2);
    for (const int64_t n : {1, 7, 10, 31, 64, 65, 128, 150, 200}) {
        for (const int64_t k : {0, 1, 3, 64, 784, 2100}) {
            CheckAll(RandomCase(1, n, k, &random), random());
            if (HasFatalFailure()) return;
        }
    }
}

TEST(GemmPrepacked, ShapesOfLayers) {
    std::mt19937 random(3);
    for (const Case &shape :
         {Case{64, 10, 128}, Case{64, 128, 256}, Case{70, 300, 520}, Case{33, 64, 1100},
          Case{13, 70, 1024}, Case{80, 11, 77}, Case{2060, 9, 12}, Case{48, 16, 64}}) {
        for (int form = 0; form < 4; form++) {
            Case c = RandomCase(shape.m, shape.n, shape.k, &random);
            c.trans_a = form & 1;
            c.trans_b = form & 2;
            CheckAll(c, random());
            if (HasFatalFailure()) return;
        }
    }
}

TEST(GemmPrepacked, SameBitsAsUnpackedAtAnyThreadCount) {
    std::mt19937 random(4);
    for (const Case &shape : {Case{1, 1500, 600}, Case{150, 200, 100}, Case{12, 900, 120}}) {
        for (int i = 0; i < 4; i++) {
            const Case c = RandomCase(shape.m, shape.n, shape.k, &random);
            const Operands<float> operands(c, 5);
            std::vector<float> want = operands.result;
            neural_gemm_args args = operands.Args(&want);
            ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
            const Packed packed = Pack<float>(neural_kernels(), args);
            for (const int threads : {1, 2, 3, 5}) {
                ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                std::vector<float> result = operands.result;
                args.c = result.data();
                ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
                ASSERT_TRUE(SameBits(result, want)) << c << " threads " << threads;
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// Activations and residual: the bits of the plain product, which has tests of its own.
TEST(GemmPrepacked, FinishesLikeThePlainProduct) {
    std::mt19937 random(11);
    for (const Case &shape : {Case{1, 300, 600}, Case{150, 200, 100}, Case{12, 900, 120}}) {
        for (int activation = 0; activation <= NEURAL_GEMM_ACTIVATION_LEAKY_RELU; activation++) {
            const Case c = RandomCase(shape.m, shape.n, shape.k, &random);
            const Operands<float> operands(c, 5);
            const std::vector<float> residual(static_cast<size_t>(c.m * (c.n + 1)), 0.25f);
            std::vector<float> want = operands.result, result = operands.result;
            neural_gemm_args args = operands.Args(&want);
            args.activation = static_cast<neural_gemm_activation>(activation);
            args.slope = 0.1;
            args.residual = activation % 2 ? residual.data() : nullptr;
            args.ldr = c.n + 1;
            ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
            const Packed packed = Pack<float>(neural_kernels(), args);
            for (const int threads : {1, 3}) {
                ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                result = operands.result;
                args.c = result.data();
                ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
                ASSERT_TRUE(SameBits(result, want)) << c << " activation " << activation;
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(GemmPrepacked, ManyCallersShareOne) {
    const Case c = {20, 130, 90};
    const Operands<float> operands(c, 6);
    std::vector<float> want = operands.result;
    const neural_gemm_args args = operands.Args(&want);
    const Packed packed = Pack<float>(neural_kernels(), args);
    ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; caller++) {
        callers.emplace_back([&] {
            std::vector<float> result = operands.result;
            const neural_gemm_args own = operands.Args(&result);
            for (int i = 0; i < 100; i++) {
                wrong += neural_gemm_packed_run(packed.get(), &own) != NEURAL_OK;
                wrong += !SameBits(result, want);
            }
        });
    }
    for (std::thread &caller : callers)
        caller.join();
    EXPECT_EQ(wrong, 0);
}

TEST(GemmPrepacked, SteadyStateAllocatesNothing) {
    for (const Case &c : {Case{1, 300, 200}, Case{64, 10, 128}, Case{100, 130, 90}}) {
        const Operands<float> operands(c, 7);
        std::vector<float> result = operands.result;
        const neural_gemm_args args = operands.Args(&result);
        const Packed packed = Pack<float>(neural_kernels(), args);
        ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
        const int64_t before = neural_alloc_count();
        for (int i = 0; i < 3; i++)
            ASSERT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
        EXPECT_EQ(neural_alloc_count(), before) << c;
    }
}

TEST(GemmPrepacked, RefusesWhatDoesNotFit) {
    const Operands<float> operands(Case{4, 5, 6}, 8);
    std::vector<float> result = operands.result;
    neural_gemm_args args = operands.Args(&result);
    const Packed packed = Pack<float>(neural_kernels(), args);
    EXPECT_GE(neural_gemm_packed_bytes(packed.get()), 5 * 6 * 4);
    args.k = 7;
    EXPECT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("5, 7, the packed operand wants 5, 6"),
              std::string::npos);
    args.k = 6;
    args.lda = 5;
    EXPECT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_ERR_INVALID_ARGUMENT);
    args.m = -1;
    EXPECT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_ERR_INVALID_ARGUMENT);
    neural_gemm_packed *none = nullptr;
    args.ldb = 4;
    EXPECT_EQ(neural_gemm_packed_create_f32(&args, &none), NEURAL_ERR_INVALID_ARGUMENT);
    args.n = -5;
    EXPECT_EQ(neural_gemm_packed_create_f64(&args, &none), NEURAL_ERR_INVALID_ARGUMENT);
    args.n = args.ldb = INT64_MAX / 8;
    args.k = 1000;
    EXPECT_EQ(neural_gemm_packed_create_f64(&args, &none), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(none, nullptr);
    neural_gemm_packed_destroy(nullptr);
}

TEST(GemmPrepacked, FailedAllocations) {
    Case c = {4, 50, 60};
    c.alpha = 0.5;
    const Operands<float> operands(c, 9);
    std::vector<float> result = operands.result;
    const neural_gemm_args args = operands.Args(&result);
    for (int n = 1; n <= 2; n++) {
        neural_gemm_packed *none = nullptr;
        neural_alloc_fail_at(n);
        EXPECT_EQ(neural_gemm_packed_create_f32(&args, &none), NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(0);
        EXPECT_EQ(none, nullptr);
    }
    const Packed packed = Pack<float>(neural_kernels(), args);
    neural_pool_trim();
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_TRUE(SameBits(result, operands.result));
    EXPECT_EQ(neural_gemm_packed_run(packed.get(), &args), NEURAL_OK);
}

} // namespace
