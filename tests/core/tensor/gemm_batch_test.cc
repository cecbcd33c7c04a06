// Batches of products against scalar chains, bit for bit, at every level and thread count.
#include "core/tensor/gemm_batch.h"

#include <string>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/core/tensor/gemm_oracle.h"
#include <gtest/gtest.h>

namespace {

using gemm_oracle::Case;
using gemm_oracle::Operands;
using gemm_oracle::RandomCase;
using gemm_oracle::SameBits;

// Products with operands of their own, in an order that strides cannot express.
template <typename T> struct Batch {
    Batch(const Case &c, int count, uint32_t seed) {
        for (int i = 0; i < count; i++) {
            operands.emplace_back(c, seed + static_cast<uint32_t>(i));
            operands.back().bias = operands.front().bias;
        }
        for (Operands<T> &one : operands)
            results.push_back(one.result);
        for (int i = 0; i < count; i++) {
            a.push_back(operands[i].a.data());
            b.push_back(operands[i].b.data());
            c_out.push_back(results[i].data());
        }
        args = operands[0].Args(&results[0]);
    }
    static void Locate(const void *context, int64_t i, neural_gemm_place *place) {
        const Batch *batch = static_cast<const Batch *>(context);
        place->a = static_cast<const char *>(batch->a[i]);
        place->b = static_cast<const char *>(batch->b[i]);
        place->c = static_cast<char *>(batch->c_out[i]);
    }
    neural_status Run(int level) {
        const neural_kernel_table *kernels = neural_kernels_at(static_cast<neural_isa>(level));
        const int64_t count = static_cast<int64_t>(a.size());
        return std::is_same_v<T, float>
                   ? neural_gemm_located_f32(kernels, &args, count, Locate, this)
                   : neural_gemm_located_f64(kernels, &args, count, Locate, this);
    }
    bool IsRight(bool fused) const {
        for (size_t i = 0; i < operands.size(); i++) {
            if (!SameBits(results[i], operands[i].Want(fused))) return false;
        }
        return true;
    }
    std::vector<Operands<T>> operands;
    std::vector<std::vector<T>> results;
    std::vector<const void *> a, b;
    std::vector<void *> c_out;
    neural_gemm_args args;
};

template <typename T> void CheckLevels(const Case &c, int count, uint32_t seed) {
    for (int level = 0; level <= neural_isa_detected(); level++) {
        Batch<T> batch(c, count, seed);
        ASSERT_EQ(batch.Run(level), NEURAL_OK);
        ASSERT_TRUE(batch.IsRight(level >= NEURAL_ISA_AVX2))
            << c << " seed " << seed << " level " << level << " bytes " << sizeof(T);
    }
}

TEST(GemmBatch, EveryLevelIsTheChain) {
    std::mt19937 random(1);
    for (int i = 0; i < 300; i++) {
        const int64_t m = random() % 70, n = random() % 70, k = random() % 70;
        const Case c = RandomCase(m, n, k, &random);
        CheckLevels<float>(c, 3, random());
        CheckLevels<double>(c, 2, random());
        if (HasFatalFailure()) return;
    }
    CheckLevels<float>(RandomCase(130, 140, 150, &random), 2, 7); // shared out within
}

TEST(GemmBatch, PointersAtAnyThreadCount) {
    std::mt19937 random(2);
    for (int i = 0; i < 12; i++) {
        const Case c = RandomCase(16 + i, 32 - i, 20, &random);
        for (const int threads : {1, 2, 3, 5}) {
            ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
            Batch<float> batch(c, 40, 3);
            const neural_gemm_pointers pointers = {batch.a.data(), batch.b.data(),
                                                   batch.c_out.data()};
            ASSERT_EQ(neural_gemm_pointers_f32(&batch.args, 40, &pointers), NEURAL_OK);
            ASSERT_TRUE(batch.IsRight(neural_isa_active() >= NEURAL_ISA_AVX2)) << c;
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// One B for all (stride 0), A backwards, gaps between the results.
TEST(GemmBatch, Strides) {
    const Case c = {5, 7, 9, false, true};
    constexpr int kCount = 6;
    const Operands<double> shared(Case{5 * kCount, 7, 9, false, true}, 4);
    std::vector<double> result(kCount * 50, 7.0);
    neural_gemm_args args = shared.Args(&result);
    args.m = 5;
    args.a = shared.a.data() + 45 * (kCount - 1);
    const neural_gemm_strides strides = {-45, 0, 50};
    ASSERT_EQ(neural_gemm_batch_f64(&args, kCount, &strides), NEURAL_OK);
    const std::vector<double> want = shared.Want(neural_isa_active() >= NEURAL_ISA_AVX2);
    for (int i = 0; i < kCount; i++) {
        for (int64_t j = 0; j < 50; j++) {
            EXPECT_EQ(result[i * 50 + j], j < 35 ? want[(kCount - 1 - i) * 35 + j] : 7.0) << c;
        }
    }
}

TEST(GemmBatch, PointersOfF64) {
    Batch<double> batch(Case{9, 8, 7}, 5, 6);
    const neural_gemm_pointers pointers = {batch.a.data(), batch.b.data(), batch.c_out.data()};
    ASSERT_EQ(neural_gemm_pointers_f64(&batch.args, 5, &pointers), NEURAL_OK);
    EXPECT_TRUE(batch.IsRight(neural_isa_active() >= NEURAL_ISA_AVX2));
}

TEST(GemmBatch, EmptyBatchesAndBadArguments) {
    Batch<float> batch(Case{4, 5, 6}, 2, 5);
    const neural_gemm_strides strides = {24, 30, 20};
    EXPECT_EQ(neural_gemm_batch_f32(&batch.args, 0, &strides), NEURAL_OK);
    EXPECT_EQ(neural_gemm_batch_f32(&batch.args, -1, &strides), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("count is -1"), std::string::npos);
    batch.args.lda = 5;
    EXPECT_EQ(neural_gemm_batch_f32(&batch.args, 0, &strides), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(SameBits(batch.results[0], batch.operands[0].result));
}

TEST(GemmBatch, FailedAllocationIsReported) {
    Case c = {150, 220, 300};
    c.trans_b = true;
    Batch<float> batch(c, 1, 6);
    neural_pool_trim();
    neural_alloc_fail_at(1);
    EXPECT_EQ(batch.Run(neural_isa_active()), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(batch.Run(neural_isa_active()), NEURAL_OK);
}

} // namespace
