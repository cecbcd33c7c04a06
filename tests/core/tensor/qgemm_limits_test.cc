// Where int8 products end: ties, saturation, depths that could overflow, nothing at all, arguments
// that make no sense.
#include <algorithm>
#include <climits>
#include <cmath>
#include <string>
#include <vector>

#include "core/asm/qgemm_kernel.h"
#include "core/base/allocations.h"
#include "core/tensor/qgemm.h"
#include <gtest/gtest.h>

namespace {

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

// 2.5 and 3.5 go to even, results beyond the type to its end.
TEST(Qgemm, RoundsTiesToEvenAndSaturates) {
    const uint8_t a[] = {1};
    const int8_t b[] = {5, 7, -5, -7, 127, -128, 1, 3};
    const float half = 0.5f;
    int8_t c[8];
    neural_qgemm_args args = {};
    args.m = args.k = args.lda = 1;
    args.n = args.ldb = args.ldc = 8;
    args.a = a;
    args.b = b;
    args.c = c;
    args.scales = &half;
    args.output = NEURAL_QGEMM_S8;
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
    EXPECT_EQ(std::vector<int>(c, c + 8), (std::vector<int>{2, 4, -2, -4, 64, -64, 0, 2}));
    args.c_zero_point = 100;
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
    EXPECT_EQ(std::vector<int>(c, c + 8), (std::vector<int>{102, 104, 98, 96, 127, 36, 100, 102}));
    args.c_zero_point = -100;
    args.relu = 1;
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
    EXPECT_EQ(std::vector<int>(c, c + 8),
              (std::vector<int>{-98, -96, -100, -100, -36, -100, -100, -98}));
    const float huge = 1e38f, nan = NAN;
    args.scales = &huge;
    args.relu = 0;
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
    EXPECT_EQ(c[0], 127);
    EXPECT_EQ(c[2], -128);
    args.scales = &nan;
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK);
    EXPECT_EQ(c[0], -128);
}

neural_qgemm_args Square(int64_t size, const void *a, const int8_t *b, void *c) {
    neural_qgemm_args args = {};
    args.m = args.n = args.k = args.lda = args.ldb = args.ldc = size;
    args.a = a;
    args.b = b;
    args.c = c;
    return args;
}

// The deepest product whose sums fit, with the largest operands there are, and one step more.
TEST(Qgemm, RefusesDepthsThatCouldOverflow) {
    struct {
        bool is_signed;
        int32_t a_zero, b_zero;
        int64_t limit;
        uint8_t a;
        int8_t b;
    } const cases[] = {{false, 0, 0, 65793, 255, -128},   {true, 0, 0, 131071, 128, -128},
                       {false, 255, 0, 65793, 0, -128},   {true, 127, 0, 65793, 128, -128},
                       {false, 0, 127, 33025, 255, -128}, {true, 0, -128, 65793, 128, 127}};
    for (const auto &one : cases) {
        const std::vector<uint8_t> a(static_cast<size_t>(one.limit) + 1, one.a);
        const std::vector<int8_t> b(static_cast<size_t>(one.limit) + 1, one.b);
        int32_t c = 0;
        neural_qgemm_args args = Square(1, a.data(), b.data(), &c);
        args.k = args.lda = one.limit;
        args.a_is_signed = one.is_signed;
        args.a_zero_points = &one.a_zero;
        args.b_zero_points = &one.b_zero;
        const int64_t x = (one.is_signed ? static_cast<int8_t>(one.a) : one.a) - one.a_zero;
        for (const neural_qgemm_kernels *kernels : AllKernels()) {
            ASSERT_EQ(neural_qgemm_at(kernels, &args), NEURAL_OK) << neural_last_error();
            EXPECT_EQ(c, one.limit * x * (one.b - one.b_zero)) << kernels->name;
        }
        args.k = args.lda = one.limit + 1;
        ASSERT_EQ(neural_qgemm(&args), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_NE(std::string(neural_last_error()).find(std::to_string(one.limit)),
                  std::string::npos)
            << neural_last_error();
        args.k = args.lda = one.limit;
        const int32_t bias = -INT32_MAX;
        args.bias = &bias;
        EXPECT_EQ(neural_qgemm(&args), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const int32_t worst = INT32_MIN;
    int32_t c = 0;
    neural_qgemm_args args = Square(1, "", reinterpret_cast<const int8_t *>(""), &c);
    args.k = 0;
    args.bias = &worst;
    EXPECT_EQ(neural_qgemm(&args), NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(Qgemm, EmptyProducts) {
    int32_t c[4] = {7, 7, 7, 7};
    const int32_t bias[] = {3, -4}, zeros[] = {5, 6};
    neural_qgemm_args args = Square(2, nullptr, nullptr, c);
    args.k = args.lda = 0;
    args.a_is_signed = 1;
    args.bias = bias;
    args.a_zero_points = zeros;
    args.b_zero_points = zeros;
    for (int trans_b = 0; trans_b < 2; trans_b++) {
        args.trans_b = trans_b;
        std::fill(c, c + 4, 7);
        ASSERT_EQ(neural_qgemm(&args), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(std::vector<int32_t>(c, c + 4), (std::vector<int32_t>{3, -4, 3, -4}));
    }
    neural_qgemm_packed *packed = nullptr;
    ASSERT_EQ(neural_qgemm_pack(0, 2, 0, nullptr, 2, &packed), NEURAL_OK);
    args.packed = packed;
    std::fill(c, c + 4, 7);
    ASSERT_EQ(neural_qgemm(&args), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(std::vector<int32_t>(c, c + 4), (std::vector<int32_t>{3, -4, 3, -4}));
    neural_qgemm_packed_destroy(packed);
    args = Square(0, nullptr, nullptr, nullptr);
    EXPECT_EQ(neural_qgemm(&args), NEURAL_OK);
    ASSERT_EQ(neural_qgemm_pack(1, 0, 5, nullptr, 5, &packed), NEURAL_OK);
    neural_qgemm_packed_destroy(packed);
    neural_qgemm_packed_destroy(nullptr);
    EXPECT_EQ(neural_qgemm_packed_bytes(nullptr), 0);
}

class QgemmRefuses : public testing::Test {
  protected:
    void Expect(neural_status status, const char *text) {
        EXPECT_EQ(neural_qgemm(&args_), status) << text;
        EXPECT_NE(std::string(neural_last_error()).find(text), std::string::npos)
            << neural_last_error();
        EXPECT_EQ(std::vector<int32_t>(c_, c_ + 4), (std::vector<int32_t>{7, 7, 7, 7}));
        args_ = Square(2, a_, b_, c_);
    }
    uint8_t a_[4] = {};
    int8_t b_[4] = {};
    int32_t c_[4] = {7, 7, 7, 7};
    neural_qgemm_args args_ = Square(2, a_, b_, c_);
};

TEST_F(QgemmRefuses, WhatMakesNoSense) {
    const int32_t high[] = {256, 0}, low[] = {-1, 0}, zeros[] = {0, 128};
    const float scale = 1;
    args_.m = -1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "-1");
    args_.lda = 1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "leading");
    args_.ldb = 1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "leading");
    args_.ldc = 1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "leading");
    args_.output = static_cast<neural_qgemm_output>(4);
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "output is 4");
    args_.relu = 1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "relu");
    args_.row_scales = &scale;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "row_scales");
    args_.output = NEURAL_QGEMM_U8;
    args_.c_zero_point = -1;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "0 ... 255");
    args_.output = NEURAL_QGEMM_S8;
    args_.c_zero_point = 128;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "-128 ... 127");
    args_.a_zero_points = high;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "a_zero_points");
    args_.a_zero_points = low;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "a_zero_points");
    args_.b_zero_points = zeros;
    Expect(NEURAL_ERR_INVALID_ARGUMENT, "b_zero_points");
    args_.a_zero_per_row = 1;
    Expect(NEURAL_ERR_NULL_POINTER, "a_zero_points");
    args_.scale_per_column = 1;
    Expect(NEURAL_ERR_NULL_POINTER, "scales");
    args_.a = nullptr;
    Expect(NEURAL_ERR_NULL_POINTER, "a is NULL");
    args_.b = nullptr;
    Expect(NEURAL_ERR_NULL_POINTER, "b is NULL");
    args_.c = nullptr;
    Expect(NEURAL_ERR_NULL_POINTER, "c is NULL");
    EXPECT_EQ(neural_qgemm(nullptr), NEURAL_ERR_NULL_POINTER);
}

TEST_F(QgemmRefuses, WhatIsPackedOtherwise) {
    neural_qgemm_packed *packed = nullptr;
    ASSERT_EQ(neural_qgemm_pack(0, 1, 4, b_, 1, &packed), NEURAL_OK);
    args_.packed = packed;
    Expect(NEURAL_ERR_SHAPE_MISMATCH, "[4, 1]");
    neural_qgemm_packed_destroy(packed);
    packed = nullptr;
    EXPECT_EQ(neural_qgemm_pack(0, 2, 2, nullptr, 2, &packed), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_qgemm_pack(0, 2, 2, b_, 2, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_qgemm_pack(0, 2, 2, b_, 1, &packed), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_qgemm_pack(1, 2, 2, b_, 1, &packed), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_qgemm_pack(0, -2, 2, b_, 2, &packed), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_qgemm_pack(0, INT64_MAX, INT64_MAX, b_, INT64_MAX, &packed),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_qgemm_pack(0, 1LL << 31, 1LL << 31, b_, 1LL << 31, &packed),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(packed, nullptr);
}

} // namespace
