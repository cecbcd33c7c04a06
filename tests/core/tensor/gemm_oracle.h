// Random matrix products and what they should be, for the tests of the prepacked and the batched
// GEMM: chains of fused multiply-adds (two roundings below avx2), one element at a time.
#ifndef TESTS_CORE_TENSOR_GEMM_ORACLE_H_
#define TESTS_CORE_TENSOR_GEMM_ORACLE_H_

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>
#include <random>
#include <type_traits>
#include <vector>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm.h"

namespace gemm_oracle {

struct Case {
    int64_t m = 1, n = 1, k = 1;
    bool trans_a = false, trans_b = false;
    double alpha = 1, beta = 0;
    int bias = NEURAL_GEMM_BIAS_NONE;
    bool relu = false;
    int64_t pad = 0; // elements beyond each row
};

inline std::ostream &operator<<(std::ostream &out, const Case &c) {
    return out << c.m << "x" << c.n << "x" << c.k << (c.trans_a ? " T" : " N")
               << (c.trans_b ? "T" : "N") << " alpha " << c.alpha << " beta " << c.beta << " bias "
               << c.bias << " relu " << c.relu << " pad " << c.pad;
}

inline Case RandomCase(int64_t m, int64_t n, int64_t k, std::mt19937 *random) {
    static const double alphas[] = {1, 1, 1, 0.3, -2}, betas[] = {0, 0, 1, 0.7};
    Case c = {m, n, k};
    c.trans_a = (*random)() % 2;
    c.trans_b = (*random)() % 2;
    c.alpha = alphas[(*random)() % 5];
    c.beta = betas[(*random)() % 4];
    c.bias = static_cast<int>((*random)() % 3);
    c.relu = (*random)() % 2;
    c.pad = (*random)() % 2 ? 3 : 0;
    return c;
}

// Operands of one product. C holds NaN where beta is 0, and 7 beyond its columns.
template <typename T> struct Operands {
    Operands(const Case &c, uint32_t seed)
        : what(c), lda((c.trans_a ? c.m : c.k) + c.pad), ldb((c.trans_b ? c.k : c.n) + c.pad),
          ldc(c.n + c.pad) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<T> value(-1, 1);
        auto fill = [&](std::vector<T> *v, int64_t len) {
            v->resize(static_cast<size_t>(len) + 1);
            std::generate(v->begin(), v->end(), [&] { return value(random); });
        };
        fill(&a, (c.trans_a ? c.k : c.m) * lda);
        fill(&b, (c.trans_b ? c.n : c.k) * ldb);
        fill(&bias, std::max(c.m, c.n));
        fill(&result, c.m * ldc);
        for (int64_t i = 0; i < c.m * ldc; i++) {
            if (i % ldc >= c.n) {
                result[i] = 7;
            } else if (c.beta == 0) {
                result[i] = std::numeric_limits<T>::quiet_NaN();
            }
        }
    }

    neural_gemm_args Args(std::vector<T> *to) const {
        neural_gemm_args args = {};
        args.trans_a = what.trans_a;
        args.trans_b = what.trans_b;
        args.m = what.m;
        args.n = what.n;
        args.k = what.k;
        args.alpha = what.alpha;
        args.a = a.data();
        args.lda = lda;
        args.b = b.data();
        args.ldb = ldb;
        args.beta = what.beta;
        args.c = to->data();
        args.ldc = ldc;
        args.bias_kind = static_cast<neural_gemm_bias>(what.bias);
        args.bias = bias.data();
        args.activation = what.relu ? NEURAL_GEMM_ACTIVATION_RELU : NEURAL_GEMM_ACTIVATION_NONE;
        return args;
    }

    // C after the product, padding included.
    std::vector<T> Want(bool fused) const {
        std::vector<T> want = result;
        for (int64_t i = 0; i < what.m; i++) {
            for (int64_t j = 0; j < what.n; j++)
                want[i * ldc + j] = Element(i, j, fused);
        }
        return want;
    }

    Case what;
    int64_t lda, ldb, ldc;
    std::vector<T> a, b, bias, result;

  private:
    T Element(int64_t i, int64_t j, bool fused) const {
        const T beta = static_cast<T>(what.beta), alpha = static_cast<T>(what.alpha);
        T acc = beta == 0 ? 0 : beta * result[i * ldc + j];
        for (int64_t p = 0; p < what.k; p++) {
            const T x = alpha * (what.trans_a ? a[p * lda + i] : a[i * lda + p]);
            const T y = what.trans_b ? b[j * ldb + p] : b[p * ldb + j];
            acc = fused ? std::fma(x, y, acc) : acc + x * y;
        }
        if (what.bias == NEURAL_GEMM_BIAS_PER_COLUMN) acc += bias[j];
        if (what.bias == NEURAL_GEMM_BIAS_PER_ROW) acc += bias[i];
        return what.relu && acc < 0 ? 0 : acc;
    }
};

template <typename T> bool SameBits(const std::vector<T> &x, const std::vector<T> &y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
}

} // namespace gemm_oracle

#endif // TESTS_CORE_TENSOR_GEMM_ORACLE_H_
