// The int8 GEMM driver at every level against 64-bit sums and the rounding of its contract.
#include "core/tensor/qgemm.h"

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/asm/qgemm_kernel.h"
#include "core/base/allocations.h"
#include "core/base/threads.h"
#include <gtest/gtest.h>

namespace {

struct Case {
    int64_t m, n, k;
    bool is_signed = false, trans_b = false, packed = false;
    int a_zeros = 0; // 0 none, 1 one, 2 per row
    bool b_zeros = false;
    neural_qgemm_output output = NEURAL_QGEMM_S32;
    bool scale_per_column = false, row_scales = false, bias = false, relu = false;
    int64_t pad = 0;
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
    return out << c.m << "x" << c.n << "x" << c.k << (c.is_signed ? " s8" : " u8")
               << (c.trans_b ? " NT" : " NN") << (c.packed ? " packed" : "") << " a_zeros "
               << c.a_zeros << " b_zeros " << c.b_zeros << " output " << c.output << " per column "
               << c.scale_per_column << " row scales " << c.row_scales << " bias " << c.bias
               << " relu " << c.relu << " pad " << c.pad;
}

int64_t SizeOf(neural_qgemm_output output) {
    return output == NEURAL_QGEMM_S32 || output == NEURAL_QGEMM_F32 ? 4 : 1;
}

std::vector<const neural_qgemm_kernels *> AllKernels() {
    std::vector<const neural_qgemm_kernels *> all;
    for (int isa = 0; isa <= neural_isa_detected(); isa++) {
        all.push_back(neural_qgemm_kernels_at(static_cast<neural_isa>(isa), 0));
    }
    if (neural_quirks_detected() & NEURAL_QUIRK_VNNI) {
        all.push_back(neural_qgemm_kernels_at(NEURAL_ISA_AVX512, NEURAL_QUIRK_VNNI));
    }
    return all;
}

// Operands of a case, every second number an extreme one.
class Product {
  public:
    Product(const Case &c, uint32_t seed) : case_(c), random_(seed) {
        lda_ = c.k + c.pad;
        ldb_ = (c.trans_b ? c.k : c.n) + c.pad;
        ldc_ = c.n + c.pad;
        Bytes(&a_, c.m * lda_);
        Bytes(&b_, (c.trans_b ? c.n : c.k) * ldb_);
        const int low = c.is_signed ? -128 : 0;
        for (int64_t i = 0; i < c.m; i++) {
            a_zeros_.push_back(Zero(low));
            row_scales_.push_back(Scale() * 8);
        }
        for (int64_t j = 0; j < c.n; j++) {
            b_zeros_.push_back(Zero(-128));
            scales_.push_back(Scale());
            bias_s32_.push_back(static_cast<int32_t>(random_() % 200001) - 100000);
            bias_f32_.push_back(Scale() * 50);
        }
        a_zeros_.push_back(Zero(low));
        scales_.push_back(Scale());
        c_zero_ = Zero(c.output == NEURAL_QGEMM_U8 ? 0 : -128);
    }
    ~Product() { neural_qgemm_packed_destroy(packed_); }
    Product(const Product &) = delete;
    Product &operator=(const Product &) = delete;

    neural_qgemm_args Args(std::vector<uint8_t> *result) {
        result->assign(static_cast<size_t>(case_.m * ldc_ * SizeOf(case_.output)), 0x5a);
        neural_qgemm_args args = {};
        args.m = case_.m;
        args.n = case_.n;
        args.k = case_.k;
        args.a_is_signed = case_.is_signed;
        args.a = a_.data();
        args.lda = lda_;
        args.a_zero_points = case_.a_zeros ? a_zeros_.data() : nullptr;
        args.a_zero_per_row = case_.a_zeros == 2;
        if (case_.packed) {
            if (!packed_) {
                EXPECT_EQ(
                    neural_qgemm_pack(case_.trans_b, case_.n, case_.k, b_.data(), ldb_, &packed_),
                    NEURAL_OK);
            }
            args.packed = packed_;
        } else {
            args.trans_b = case_.trans_b;
            args.b = b_.data();
            args.ldb = ldb_;
        }
        args.b_zero_points = case_.b_zeros ? b_zeros_.data() : nullptr;
        args.output = case_.output;
        args.c = result->data();
        args.ldc = ldc_;
        args.scales = scales_.data();
        args.scale_per_column = case_.scale_per_column;
        args.row_scales = case_.row_scales ? row_scales_.data() : nullptr;
        if (case_.bias) {
            args.bias = case_.output == NEURAL_QGEMM_F32 ? static_cast<void *>(bias_f32_.data())
                                                         : bias_s32_.data();
        }
        args.c_zero_point = c_zero_;
        args.relu = case_.relu;
        return args;
    }

    std::vector<uint8_t> Run(const neural_qgemm_kernels *kernels) {
        std::vector<uint8_t> result;
        const neural_qgemm_args args = Args(&result);
        EXPECT_EQ(neural_qgemm_at(kernels, &args), NEURAL_OK) << neural_last_error();
        return result;
    }

    std::vector<uint8_t> Oracle() const {
        const int64_t size = SizeOf(case_.output);
        std::vector<uint8_t> result(static_cast<size_t>(case_.m * ldc_ * size), 0x5a);
        for (int64_t i = 0; i < case_.m; i++) {
            for (int64_t j = 0; j < case_.n; j++)
                Element(i, j, &result[(i * ldc_ + j) * size]);
        }
        return result;
    }

  private:
    template <typename T> void Bytes(std::vector<T> *bytes, int64_t len) {
        static const uint8_t extremes[] = {0, 255, 127, 128};
        bytes->resize(static_cast<size_t>(len));
        for (T &byte : *bytes)
            byte = static_cast<T>(random_() % 2 ? extremes[random_() % 4] : random_());
    }
    int32_t Zero(int low) {
        const int choice = static_cast<int>(random_() % 4);
        return choice == 0   ? low
               : choice == 1 ? low + 255
                             : low + static_cast<int>(random_() % 256);
    }
    // Powers of two make ties, others do not.
    float Scale() {
        const float some[] = {0.5f, 1.0f / 1024, 1.0f / 4096, 0.0013f, 0.00071f, -0.0007f};
        return some[random_() % 6];
    }
    int64_t A(int64_t i, int64_t k) const {
        const uint8_t x = a_[i * lda_ + k];
        const int64_t zero = case_.a_zeros ? a_zeros_[case_.a_zeros == 2 ? i : 0] : 0;
        return (case_.is_signed ? static_cast<int8_t>(x) : x) - zero;
    }
    int64_t B(int64_t k, int64_t j) const {
        const int8_t x = case_.trans_b ? b_[j * ldb_ + k] : b_[k * ldb_ + j];
        return x - (case_.b_zeros ? b_zeros_[j] : 0);
    }
    void Element(int64_t i, int64_t j, uint8_t *at) const {
        int64_t sum = 0;
        for (int64_t k = 0; k < case_.k; k++)
            sum += A(i, k) * B(k, j);
        const float scale = scales_[case_.scale_per_column ? j : 0];
        if (case_.output == NEURAL_QGEMM_F32) {
            float x = static_cast<float>(sum) * scale;
            if (case_.row_scales) x *= row_scales_[i];
            if (case_.bias) x += bias_f32_[j];
            if (case_.relu && x < 0) x = 0;
            std::memcpy(at, &x, 4);
            return;
        }
        if (case_.bias) sum += bias_s32_[j];
        if (case_.output == NEURAL_QGEMM_S32) {
            const int32_t x = static_cast<int32_t>(sum);
            std::memcpy(at, &x, 4);
            return;
        }
        const double low = case_.output == NEURAL_QGEMM_U8 ? 0 : -128;
        const double rounded = std::nearbyint(static_cast<float>(sum) * scale) + c_zero_;
        double x = std::min(std::max(rounded, low), low + 255);
        if (case_.relu) x = std::max(x, static_cast<double>(c_zero_));
        *at = static_cast<uint8_t>(static_cast<int>(x));
    }

    Case case_;
    std::mt19937 random_;
    int64_t lda_, ldb_, ldc_;
    std::vector<uint8_t> a_;
    std::vector<int8_t> b_;
    std::vector<int32_t> a_zeros_, b_zeros_, bias_s32_;
    std::vector<float> scales_, row_scales_, bias_f32_;
    int32_t c_zero_ = 0;
    neural_qgemm_packed *packed_ = nullptr;
};

void CheckAllLevels(const Case &c, uint32_t seed) {
    Product product(c, seed);
    const std::vector<uint8_t> want = product.Oracle();
    for (const neural_qgemm_kernels *kernels : AllKernels()) {
        ASSERT_TRUE(product.Run(kernels) == want) << kernels->name << " " << c << " seed " << seed;
    }
}

Case RandomCase(int64_t m, int64_t n, int64_t k, std::mt19937 *random) {
    auto flip = [random] { return (*random)() % 2 == 0; };
    Case c = {m, n, k};
    c.is_signed = flip();
    c.trans_b = flip();
    c.packed = flip();
    c.a_zeros = static_cast<int>((*random)() % 3);
    c.b_zeros = (*random)() % 3 == 0;
    c.output = static_cast<neural_qgemm_output>((*random)() % 4);
    c.scale_per_column = flip();
    c.row_scales = c.output == NEURAL_QGEMM_F32 && flip();
    c.bias = flip();
    c.relu = c.output != NEURAL_QGEMM_S32 && flip();
    c.pad = static_cast<int64_t>((*random)() % 3) * 2 + static_cast<int64_t>((*random)() % 2);
    return c;
}

TEST(Qgemm, EverySmallDepth) {
    std::mt19937 random(1);
    for (int64_t k = 0; k <= 20; k++) {
        for (int i = 0; i < 40; i++) {
            const int64_t m = 1 + static_cast<int64_t>(random() % 14);
            const int64_t n = 1 + static_cast<int64_t>(random() % 70);
            CheckAllLevels(RandomCase(m, n, k, &random), random());
            if (HasFatalFailure()) return;
        }
    }
}

TEST(Qgemm, RandomShapes) {
    std::mt19937 random(2);
    for (int i = 0; i < 150; i++) {
        const int64_t m = static_cast<int64_t>(random() % 60);
        const int64_t n = static_cast<int64_t>(random() % 200);
        const int64_t k = static_cast<int64_t>(random() % 400);
        CheckAllLevels(RandomCase(m, n, k, &random), random());
        if (HasFatalFailure()) return;
    }
}

// Every option by itself, plainly and packed, in both orders of B.
TEST(Qgemm, EveryOptionOfEveryOutput) {
    for (int form = 0; form < 8; form++) {
        for (int output = 0; output < 4; output++) {
            for (int a_zeros = 0; a_zeros < 3; a_zeros++) {
                for (int options = 0; options < 16; options++) {
                    Case c = {form & 4 ? 2 : 9, 37, 70};
                    c.is_signed = options & 1;
                    c.b_zeros = options & 2;
                    c.bias = options & 4;
                    c.scale_per_column = options & 8;
                    c.trans_b = form & 1;
                    c.packed = form & 2;
                    c.a_zeros = a_zeros;
                    c.output = static_cast<neural_qgemm_output>(output);
                    CheckAllLevels(c, 100 + options);
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
}

TEST(Qgemm, AnyThreadCountGivesTheSameBits) {
    std::mt19937 random(3);
    const int64_t shapes[][3] = {{150, 200, 100}, {20, 700, 170}, {700, 20, 170}, {2, 2100, 600}};
    for (const auto &shape : shapes) {
        for (int i = 0; i < 8; i++) {
            const Case c = RandomCase(shape[0], shape[1], shape[2], &random);
            Product product(c, 77);
            const std::vector<uint8_t> want = product.Oracle();
            for (const int threads : {1, 2, 3}) {
                ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                ASSERT_TRUE(product.Run(neural_qgemm_kernels_active()) == want)
                    << c << " threads " << threads;
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// The caller's rounding mode does not matter, and is restored.
TEST(Qgemm, KeepsTheRoundingMode) {
    Case c = {7, 40, 33};
    c.output = NEURAL_QGEMM_U8;
    Product product(c, 5);
    const std::vector<uint8_t> want = product.Oracle();
    std::fesetround(FE_UPWARD);
    const std::vector<uint8_t> got = product.Run(neural_qgemm_kernels_active());
    const int mode = std::fegetround();
    std::fesetround(FE_TONEAREST);
    EXPECT_TRUE(got == want);
    EXPECT_EQ(mode, FE_UPWARD);
}

TEST(Qgemm, AllocatesNothingOnceWarmAndSurvivesFailures) {
    for (const bool packed : {false, true}) {
        Case c = {70, 130, 51};
        c.packed = packed;
        c.b_zeros = true;
        c.a_zeros = 2;
        Product product(c, 9);
        std::vector<uint8_t> result;
        const neural_qgemm_args args = product.Args(&result);
        ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
        const int64_t before = neural_alloc_count();
        for (int i = 0; i < 5; i++) {
            ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
        }
        EXPECT_EQ(neural_alloc_count(), before);
    }
    // Larger than any block so far, so that the pool has to ask for memory.
    Case large = {3000, 70, 515};
    Product product(large, 10);
    std::vector<uint8_t> result;
    const neural_qgemm_args args = product.Args(&result);
    const std::vector<uint8_t> untouched = result;
    neural_pool_trim();
    neural_alloc_fail_at(1);
    const neural_status status = neural_qgemm(&args);
    neural_alloc_fail_at(0);
    EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
    EXPECT_TRUE(result == untouched);
    const int8_t b[4] = {};
    neural_qgemm_packed *packed = nullptr;
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_qgemm_pack(0, 2, 2, b, 2, &packed), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(packed, nullptr);
}

} // namespace
