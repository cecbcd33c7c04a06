// The GEMM driver against scalar chains (avx2, avx512: bit for bit) and against double (all
// levels).
#include "core/tensor/gemm.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include <gtest/gtest.h>

namespace {

struct Shape {
    int64_t m, n, k;
};

std::ostream &operator<<(std::ostream &out, const Shape &s) {
    return out << s.m << "x" << s.n << "x" << s.k;
}

struct Case {
    Shape shape;
    bool trans_a = false, trans_b = false;
    double alpha = 1, beta = 0;
    neural_gemm_bias bias = NEURAL_GEMM_BIAS_NONE;
    bool relu = false;
    int64_t pad = 0; // elements beyond each row
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
    return out << c.shape << (c.trans_a ? " T" : " N") << (c.trans_b ? "T" : "N") << " alpha "
               << c.alpha << " beta " << c.beta << " bias " << c.bias << " relu " << c.relu
               << " pad " << c.pad;
}

// One product with random operands; C starts from NaN when beta is 0, its padding from 7.
template <typename T> class Product {
  public:
    Product(const Case &c, uint32_t seed)
        : case_(c), lda_((c.trans_a ? c.shape.m : c.shape.k) + c.pad),
          ldb_((c.trans_b ? c.shape.k : c.shape.n) + c.pad), ldc_(c.shape.n + c.pad) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<T> value(-1, 1);
        auto fill = [&](std::vector<T> *v, int64_t len) {
            v->resize(static_cast<size_t>(len));
            std::generate(v->begin(), v->end(), [&] { return value(random); });
        };
        fill(&a_, (c.trans_a ? c.shape.k : c.shape.m) * lda_);
        fill(&b_, (c.trans_b ? c.shape.n : c.shape.k) * ldb_);
        fill(&c0_, c.shape.m * ldc_);
        fill(&bias_, std::max(c.shape.m, c.shape.n));
        for (int64_t i = 0; i < c.shape.m; i++) {
            for (int64_t j = 0; j < ldc_; j++) {
                if (j >= c.shape.n) {
                    c0_[i * ldc_ + j] = 7;
                } else if (c.beta == 0) {
                    c0_[i * ldc_ + j] = std::numeric_limits<T>::quiet_NaN();
                }
            }
        }
    }

    neural_gemm_args Args(std::vector<T> *result) const {
        neural_gemm_args args = {};
        args.trans_a = case_.trans_a;
        args.trans_b = case_.trans_b;
        args.m = case_.shape.m;
        args.n = case_.shape.n;
        args.k = case_.shape.k;
        args.alpha = case_.alpha;
        args.a = a_.data();
        args.lda = lda_;
        args.b = b_.data();
        args.ldb = ldb_;
        args.beta = case_.beta;
        args.c = result->data();
        args.ldc = ldc_;
        args.bias_kind = case_.bias;
        args.bias = bias_.data();
        args.activation = case_.relu ? NEURAL_GEMM_ACTIVATION_RELU : NEURAL_GEMM_ACTIVATION_NONE;
        return args;
    }

    std::vector<T> Run(neural_isa isa) const {
        std::vector<T> result = c0_;
        const neural_gemm_args args = Args(&result);
        const neural_kernel_table *kernels = neural_kernels_at(isa);
        neural_status status;
        if constexpr (std::is_same_v<T, float>) {
            status = neural_gemm_f32_at(kernels, &args);
        } else {
            status = neural_gemm_f64_at(kernels, &args);
        }
        EXPECT_EQ(status, NEURAL_OK) << neural_last_error();
        return result;
    }

    // Zeros, infinities, NaN of both signs and subnormals among the operands.
    void AddSpecialValues(uint32_t seed) {
        using L = std::numeric_limits<T>;
        const T special[] = {0,
                             T(-0.0),
                             L::infinity(),
                             -L::infinity(),
                             L::quiet_NaN(),
                             -L::quiet_NaN(),
                             L::denorm_min(),
                             L::max()};
        std::mt19937 random(seed);
        for (std::vector<T> *values : {&a_, &b_, &c0_, &bias_}) {
            for (size_t i = random() % 40; i < values->size(); i += 1 + random() % 80) {
                (*values)[i] = special[random() % 8];
            }
        }
    }

    // The chain of DESIGN 6 for every element.
    std::vector<T> Chain() const {
        std::vector<T> result = c0_;
        const T alpha = static_cast<T>(case_.alpha), beta = static_cast<T>(case_.beta);
        for (int64_t i = 0; i < case_.shape.m; i++) {
            for (int64_t j = 0; j < case_.shape.n; j++) {
                T acc = beta == 0 ? 0 : beta * result[i * ldc_ + j];
                for (int64_t k = 0; k < case_.shape.k; k++) {
                    acc = std::fma(alpha * A(i, k), B(k, j), acc);
                }
                result[i * ldc_ + j] = Finish(acc, i, j);
            }
        }
        return result;
    }

    // Largest error against long double over eps * sum of magnitudes, of every element of a small
    // result and of samples of a large one.
    double Error(const std::vector<T> &result) const {
        const int64_t step = case_.shape.m * case_.shape.n > 2000 ? 11 : 1;
        double worst = 0;
        for (int64_t i = 0; i < case_.shape.m; i++) {
            for (int64_t j = i % step; j < case_.shape.n; j += step) {
                long double sum = 0, magnitude = 0;
                if (case_.beta != 0) {
                    sum = static_cast<long double>(case_.beta) * c0_[i * ldc_ + j];
                    magnitude = std::abs(sum);
                }
                for (int64_t k = 0; k < case_.shape.k; k++) {
                    const long double term =
                        case_.alpha * static_cast<long double>(A(i, k)) * B(k, j);
                    sum += term;
                    magnitude += std::abs(term);
                }
                sum += Bias(i, j);
                magnitude += std::abs(Bias(i, j));
                if (case_.relu && sum < 0) sum = 0;
                const long double error = std::abs(result[i * ldc_ + j] - sum);
                const long double unit = std::numeric_limits<T>::epsilon() * magnitude;
                if (!(error <= unit * 1e6L)) return 1e6;
                if (error > 0) worst = std::max(worst, static_cast<double>(error / unit));
            }
        }
        return worst;
    }

    bool PaddingIsIntact(const std::vector<T> &result) const {
        for (int64_t i = 0; i < case_.shape.m; i++) {
            for (int64_t j = case_.shape.n; j < ldc_; j++) {
                if (result[i * ldc_ + j] != 7) return false;
            }
        }
        return true;
    }

  private:
    T A(int64_t i, int64_t k) const { return case_.trans_a ? a_[k * lda_ + i] : a_[i * lda_ + k]; }
    T B(int64_t k, int64_t j) const { return case_.trans_b ? b_[j * ldb_ + k] : b_[k * ldb_ + j]; }
    T Bias(int64_t i, int64_t j) const {
        return case_.bias == NEURAL_GEMM_BIAS_PER_COLUMN ? bias_[j]
               : case_.bias == NEURAL_GEMM_BIAS_PER_ROW  ? bias_[i]
                                                         : 0;
    }
    T Finish(T acc, int64_t i, int64_t j) const {
        if (case_.bias != NEURAL_GEMM_BIAS_NONE) acc += Bias(i, j);
        return case_.relu && acc < 0 ? 0 : acc;
    }

    Case case_;
    int64_t lda_, ldb_, ldc_;
    std::vector<T> a_, b_, c0_, bias_;
};

template <typename T> bool SameBits(const std::vector<T> &x, const std::vector<T> &y) {
    return x.size() == y.size() &&
           (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
}

template <typename T> void CheckAllLevels(const Case &c, uint32_t seed) {
    const Product<T> product(c, seed);
    const std::vector<T> chain = product.Chain();
    const double bound = 1.0 + static_cast<double>(c.shape.k);
    std::vector<T> unfused;
    for (int level = 0; level <= neural_isa_detected(); level++) {
        const neural_isa isa = static_cast<neural_isa>(level);
        const std::vector<T> result = product.Run(isa);
        const bool fused = isa >= NEURAL_ISA_AVX2;
        if (isa == NEURAL_ISA_C) unfused = result;
        ASSERT_TRUE(SameBits(result, fused ? chain : unfused))
            << neural_isa_name(isa) << " " << c << " seed " << seed;
        ASSERT_TRUE(product.PaddingIsIntact(result)) << neural_isa_name(isa) << " " << c;
    }
    ASSERT_LE(product.Error(unfused), bound) << c << " seed " << seed;
    ASSERT_LE(product.Error(chain), bound) << c << " seed " << seed;
}

void CheckBothTypes(const Case &c, uint32_t seed) {
    CheckAllLevels<float>(c, seed);
    CheckAllLevels<double>(c, seed);
}

Case RandomCase(const Shape &shape, std::mt19937 *random) {
    static const double alphas[] = {1, 1, 1, 0.3, -2};
    static const double betas[] = {0, 0, 1, 0.7};
    Case c;
    c.shape = shape;
    c.trans_a = (*random)() % 2;
    c.trans_b = (*random)() % 2;
    c.alpha = alphas[(*random)() % 5];
    c.beta = betas[(*random)() % 4];
    c.bias = static_cast<neural_gemm_bias>((*random)() % 3);
    c.relu = (*random)() % 2;
    c.pad = (*random)() % 2 ? 3 : 0;
    return c;
}

TEST(Gemm, EverySmallEdge) {
    std::mt19937 random(1);
    for (int64_t m = 1; m <= 40; m++) {
        for (int64_t n = 1; n <= 40; n++) {
            const int64_t k = static_cast<int64_t>(random() % 20);
            CheckBothTypes(RandomCase({m, n, k}, &random), random());
        }
    }
}

TEST(Gemm, AllTransposesOfAllPaths) {
    const Shape shapes[] = {{4, 8, 2},      {4, 1, 8},      {8, 2, 4},    {32, 64, 11},
                            {32, 6, 32},    {64, 10, 128},  {64, 65, 66}, {100, 130, 9},
                            {130, 70, 600}, {1, 200, 77},   {200, 1, 77}, {2, 150, 33},
                            {70, 300, 520}, {15, 129, 1025}};
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

TEST(Gemm, AnyThreadCountGivesTheSameBits) {
    std::mt19937 random(6);
    const Shape shapes[] = {
        {150, 200, 100}, {20, 700, 120}, {700, 20, 120}, {1, 3000, 300}, {300, 301, 90}};
    for (const Shape &shape : shapes) {
        for (int form = 0; form < 4; form++) {
            Case c = RandomCase(shape, &random);
            c.trans_a = form & 1;
            c.trans_b = form & 2;
            const Product<float> product(c, 77);
            const std::vector<float> chain = product.Chain();
            for (const int threads : {1, 2, 3, 5}) {
                ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
                const std::vector<float> result = product.Run(neural_isa_detected());
                if (neural_isa_detected() >= NEURAL_ISA_AVX2) {
                    ASSERT_TRUE(SameBits(result, chain)) << c << " threads " << threads;
                } else {
                    ASSERT_LE(product.Error(result), 1.0 + static_cast<double>(shape.k));
                }
            }
        }
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

// On a busy machine a worker may come too late for one call: it has many chances here.
TEST(Gemm, WorkersTakePart) {
    ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
    Case c;
    c.shape = {300, 301, 90};
    const Product<float> product(c, 78);
    const int64_t before = neural_parallel_count();
    for (int i = 0; i < 10000 && neural_parallel_count() == before; i++) {
        product.Run(neural_isa_detected());
    }
    EXPECT_GT(neural_parallel_count(), before);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
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

// Down to the sign of a NaN.
template <typename T> void CheckSpecialValues(const Case &c, uint32_t seed) {
    Product<T> product(c, seed);
    product.AddSpecialValues(seed);
    const std::vector<T> chain = product.Chain(), avx2 = product.Run(NEURAL_ISA_AVX2);
    for (size_t i = 0; i < chain.size(); i++) {
        ASSERT_TRUE(avx2[i] == chain[i] || (std::isnan(avx2[i]) && std::isnan(chain[i])))
            << c << " seed " << seed << " at " << i << ": " << avx2[i] << ", want " << chain[i];
    }
    if (neural_isa_detected() >= NEURAL_ISA_AVX512) {
        ASSERT_TRUE(SameBits(avx2, product.Run(NEURAL_ISA_AVX512))) << c << " seed " << seed;
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

TEST(Gemm, ManyCallersAtOnce) {
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    std::vector<std::thread> callers;
    std::atomic<int> wrong{0};
    for (int caller = 0; caller < 4; caller++) {
        callers.emplace_back([caller, &wrong] {
            Case c;
            c.shape = {100 + caller, 130, 90};
            c.trans_b = caller % 2;
            const Product<float> product(c, caller);
            const std::vector<float> first = product.Run(neural_isa_active());
            for (int i = 0; i < 50; i++) {
                wrong += !SameBits(product.Run(neural_isa_active()), first);
            }
        });
    }
    for (std::thread &caller : callers) {
        caller.join();
    }
    EXPECT_EQ(wrong, 0);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Gemm, SteadyStateAllocatesNothing) {
    Case c;
    c.shape = {150, 220, 300};
    c.trans_b = true;
    const Product<float> product(c, 1);
    std::vector<float> result(static_cast<size_t>(150 * 220));
    const neural_gemm_args args = product.Args(&result);
    ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
    const int64_t before = neural_alloc_count();
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(neural_gemm_f32(&args), NEURAL_OK);
    EXPECT_EQ(neural_alloc_count(), before);
}

TEST(Gemm, FailedAllocationLeavesCUntouched) {
    Case c;
    c.shape = {150, 220, 300};
    c.trans_b = true;
    c.beta = 1;
    const Product<float> product(c, 1);
    std::vector<float> result(static_cast<size_t>(150 * 220), 3.0f);
    const neural_gemm_args args = product.Args(&result);
    neural_pool_trim();
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(std::count(result.begin(), result.end(), 3.0f), 150 * 220);
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_OK);
}

TEST(Gemm, RefusesBadArguments) {
    Case c;
    c.shape = {4, 5, 6};
    const Product<float> product(c, 1);
    std::vector<float> result(20);
    neural_gemm_args args = product.Args(&result);
    args.lda = 5;
    EXPECT_EQ(neural_gemm_f32(&args), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("at least 6, 5, 5"), std::string::npos);
    args = product.Args(&result);
    args.m = -1;
    EXPECT_EQ(neural_gemm_f64(&args), NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace
