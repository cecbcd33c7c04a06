// The GEMM driver against scalar chains (avx2, avx512: bit for bit) and against long double (all
// levels).
#include "tests/core/tensor/gemm_testing.h"

namespace {

using namespace neural_test;

// Under the thread sanitizer, which makes the oracle slow and checks no edges, every third.
#ifdef __SANITIZE_THREAD__
constexpr int64_t kEdgeStep = 3;
#else
constexpr int64_t kEdgeStep = 1;
#endif

TEST(Gemm, EverySmallEdge) {
    std::mt19937 random(1);
    for (int64_t m = 1; m <= 40; m += kEdgeStep) {
        for (int64_t n = 1; n <= 40; n += kEdgeStep) {
            const int64_t k = static_cast<int64_t>(random() % 20);
            CheckBothTypes(RandomCase({m, n, k}, &random), random());
        }
    }
}

TEST(Gemm, AllTransposesOfAllPaths) {
    const Shape shapes[] = {{4, 8, 2},      {4, 1, 8},       {8, 2, 4},    {32, 64, 11},
                            {32, 6, 32},    {64, 10, 128},   {64, 65, 66}, {100, 130, 9},
                            {130, 70, 600}, {1, 200, 77},    {200, 1, 77}, {2, 150, 33},
                            {70, 300, 520}, {15, 129, 1025}, {45, 270, 50}};
    std::mt19937 random(2);
    for (const Shape &shape : shapes) {
        for (int form = 0; form < 4; form++) {
            for (const double beta : {0.0, 1.0, -0.5}) {
                Case c = RandomCase(shape, &random);
                c.trans_a = form & 1;
                c.trans_b = form & 2;
                c.alpha = 1;
                c.beta = beta;
                CheckBothTypes(c, random());
            }
        }
    }
}

TEST(Gemm, RandomShapes) {
    std::mt19937 random(3);
    for (int i = 0; i < 40; i++) {
        const Shape shape = {static_cast<int64_t>(random() % 150),
                             static_cast<int64_t>(random() % 250),
                             static_cast<int64_t>(random() % 300)};
        CheckBothTypes(RandomCase(shape, &random), random());
    }
}

TEST(Gemm, RowsThatShareCacheSets) {
    std::mt19937 random(4);
    for (int form = 0; form < 4; form++) {
        Case c = RandomCase({20, 40, 1024}, &random);
        c.trans_a = form & 1;
        c.trans_b = form & 2;
        c.pad = 0;
        CheckBothTypes(c, random());
    }
}

// Few columns over an A, or few rows under a B, that is contiguous in k: whole vectors go to the
// turned kernel where the level has it, what is left over does not; rows 4096 bytes apart too.
TEST(Gemm, FewRowsOrColumnsOfAnyDepth) {
    std::mt19937 random(12);
    for (int64_t few = 1; few <= 15; few++) {
        for (const int64_t many : {16, 63, 90}) {
            for (const int64_t k : {int64_t{63}, few % 3 ? int64_t{201} : int64_t{1024}}) {
                const bool is_wide = random() % 2;
                Case c = RandomCase(is_wide ? Shape{few, many, k} : Shape{many, few, k}, &random);
                c.trans_a = is_wide && random() % 2;
                c.trans_b = is_wide || random() % 2;
                c.alpha = random() % 8 == 0 ? -2 : 1;
                c.pad *= k % 512 != 0;
                CheckBothTypes(c, random());
                if (HasFatalFailure()) return;
            }
        }
    }
}

// Columns of B 4096 bytes (f32) or 8192 apart, deep or not whole lines deep.
TEST(Gemm, FewRowsUnderColumnsThatShareCacheSets) {
    std::mt19937 random(13);
    for (int64_t few = 1; few <= 6; few++) {
        for (const int64_t k : {64, 80, 129, 1000, 1007, 1024}) {
            Case c = RandomCase({few, k % 2 ? 35 : 48, k}, &random);
            c.trans_a = false;
            c.trans_b = true;
            c.alpha = 1;
            c.pad = 1024 - k;
            CheckBothTypes(c, random());
            if (HasFatalFailure()) return;
        }
    }
}

// Packing of A by transposes, B by copies, several blocks of k: the paths of large products.
TEST(Gemm, LargeProducts) {
    std::mt19937 random(5);
    for (int form = 0; form < 4; form++) {
        Case c = RandomCase({131, 257, 530}, &random);
        c.trans_a = form & 1;
        c.trans_b = form & 2;
        c.alpha = form == 2 ? 0.5 : 1;
        CheckAllLevels<float>(c, random());
    }
}

TEST(Gemm, EmptySizes) {
    for (const Shape &shape : {Shape{0, 5, 3}, Shape{5, 0, 3}, Shape{5, 3, 0}, Shape{0, 0, 0}}) {
        for (const double beta : {0.0, 1.0, 0.5}) {
            Case c;
            c.shape = shape;
            c.beta = beta;
            c.bias = NEURAL_GEMM_BIAS_PER_COLUMN;
            CheckBothTypes(c, 9);
        }
    }
}

TEST(Gemm, NanInOperandsReachesTheResult) {
    float a[2] = {NAN, 1}, b[2] = {1, 2}, c[1] = {0}, bias[1] = {0};
    neural_gemm_args args = {};
    args.m = args.n = 1;
    args.k = 2;
    args.alpha = 1;
    args.a = a;
    args.lda = 2;
    args.b = b;
    args.ldb = 1;
    args.c = c;
    args.ldc = 1;
    args.bias_kind = NEURAL_GEMM_BIAS_PER_ROW;
    args.bias = bias;
    args.activation = NEURAL_GEMM_ACTIVATION_RELU;
    for (int level = 0; level <= neural_isa_detected(); level++) {
        ASSERT_EQ(neural_gemm_f32_at(neural_kernels_at(static_cast<neural_isa>(level)), &args),
                  NEURAL_OK);
        EXPECT_TRUE(std::isnan(c[0])) << level;
    }
}

// Infinities and zeros bit by bit; of a NaN only that it is one.
template <typename T> void CheckSpecialValues(const Case &c, uint32_t seed) {
    Product<T> product(c, seed);
    product.AddSpecialValues(seed);
    const std::vector<T> chain = product.Chain(), avx2 = product.Run(NEURAL_ISA_AVX2);
    ASSERT_TRUE(SameBitsButNan(avx2, chain)) << c << " seed " << seed;
    if (neural_isa_detected() >= NEURAL_ISA_AVX512) {
        ASSERT_TRUE(SameBitsButNan(avx2, product.Run(NEURAL_ISA_AVX512))) << c << " seed " << seed;
    }
}

TEST(Gemm, SpecialValuesGiveTheSameBits) {
    if (neural_isa_detected() < NEURAL_ISA_AVX2) GTEST_SKIP() << "this CPU lacks avx2";
    std::mt19937 random(8);
    for (const double alpha : {1.0, 0.0, -1.0, double(INFINITY), double(NAN)}) {
        for (const double beta : {0.0, 1.0, -1.0, double(INFINITY), double(NAN), 1e-60}) {
            for (int i = 0; i < 8; i++) {
                const int64_t m = random() % 70, n = random() % 90, k = random() % 60;
                Case c = RandomCase({m, n, k}, &random);
                c.alpha = alpha;
                c.beta = beta;
                CheckSpecialValues<float>(c, random());
                CheckSpecialValues<double>(c, random());
            }
        }
    }
}

TEST(Gemm, SpecialValuesOfDeepProducts) {
    if (neural_isa_detected() < NEURAL_ISA_AVX2) GTEST_SKIP() << "this CPU lacks avx2";
    std::mt19937 random(13);
    for (int i = 0; i < 100; i++) {
        const int64_t few = 1 + random() % 15, many = 16 + random() % 60, k = 60 + random() % 300;
        Case c = RandomCase(i % 2 ? Shape{few, many, k} : Shape{many, few, k}, &random);
        c.alpha = i % 4 ? 1 : -1;
        CheckSpecialValues<float>(c, random());
        CheckSpecialValues<double>(c, random());
        if (HasFatalFailure()) return;
    }
}

TEST(Gemm, BetaThatRoundsToZeroDoesNotReadC) {
    Case c;
    c.shape = {3, 5, 2};
    const Product<float> product(c, 4); // its C is NaN
    for (int level = 0; level <= neural_isa_detected(); level++) {
        std::vector<float> result = product.Run(static_cast<neural_isa>(level));
        std::vector<float> other(result.size(), NAN);
        neural_gemm_args args = product.Args(&other);
        args.beta = 1e-60;
        ASSERT_EQ(neural_gemm_f32_at(neural_kernels_at(static_cast<neural_isa>(level)), &args),
                  NEURAL_OK);
        EXPECT_TRUE(SameBits(result, other)) << level;
    }
}

} // namespace
