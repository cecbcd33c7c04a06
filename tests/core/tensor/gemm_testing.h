// A product with random operands, run by the GEMM driver and by a scalar chain of DESIGN 6.
#ifndef TESTS_CORE_TENSOR_GEMM_TESTING_H_
#define TESTS_CORE_TENSOR_GEMM_TESTING_H_

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm.h"
#include <gtest/gtest.h>

namespace neural_test {

struct Shape {
    int64_t m, n, k;
};

inline std::ostream &operator<<(std::ostream &out, const Shape &s) {
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

inline std::ostream &operator<<(std::ostream &out, const Case &c) {
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

    // C before the product.
    const std::vector<T> &Start() const { return c0_; }

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

    // Zeros, infinities, NaN and subnormals, so few that most elements of C meet one or none.
    void AddSpecialValues(uint32_t seed) {
        using L = std::numeric_limits<T>;
        const T inf = L::infinity(), nan = L::quiet_NaN();
        const T special[] = {0, T(-0.0), inf, -inf, nan, -nan, L::denorm_min(), L::max()};
        std::mt19937 random(seed);
        const size_t gap = 80 + 8 * static_cast<size_t>(case_.shape.k > 60 ? case_.shape.k : 0);
        for (std::vector<T> *values : {&a_, &b_, &c0_, &bias_}) {
            for (size_t i = random() % (gap / 2); i < values->size(); i += 1 + random() % gap) {
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

template <typename T> bool SameBitsButNan(const std::vector<T> &x, const std::vector<T> &y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const T &p, const T &q) {
        return (std::isnan(p) && std::isnan(q)) || std::memcmp(&p, &q, sizeof(T)) == 0;
    });
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

inline void CheckBothTypes(const Case &c, uint32_t seed) {
    CheckAllLevels<float>(c, seed);
    CheckAllLevels<double>(c, seed);
}

inline Case RandomCase(const Shape &shape, std::mt19937 *random) {
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

} // namespace neural_test

#endif // TESTS_CORE_TENSOR_GEMM_TESTING_H_
