// Normalization in long double, from the definitions: any grouping of the elements of an array.
#ifndef TESTS_CORE_TENSOR_NORM_ORACLE_H_
#define TESTS_CORE_TENSOR_NORM_ORACLE_H_

#include <cmath>
#include <functional>
#include <vector>

#include "tests/core/tensor/array.h"

namespace tensor_testing {

struct NormCase {
    const Array *x, *dy, *gamma, *beta;               // gamma, beta: NULL = absent
    std::function<int64_t(int64_t)> group, parameter; // of element i
    int64_t groups, parameters;
    long double epsilon;
    bool centred;
};

struct NormWant {
    Array y, dx;
    std::vector<double> dgamma, dbeta;
    std::vector<long double> mean, variance;
};

inline NormWant norm_oracle(const NormCase &c) {
    const size_t groups = static_cast<size_t>(c.groups);
    const size_t parameters = static_cast<size_t>(c.parameters);
    std::vector<long double> count(groups), mean(groups), variance(groups), g_mean(groups);
    std::vector<long double> dot(groups), dgamma(parameters), dbeta(parameters);
    const auto each = [&](auto body) {
        for (int64_t i = 0; i < c.x->len(); i++) {
            body(static_cast<size_t>(i), static_cast<size_t>(c.group(i)),
                 static_cast<size_t>(c.parameter(i)));
        }
    };
    const auto gamma = [&](size_t p) { return c.gamma ? (long double)c.gamma->v[p] : 1.0L; };
    each([&](size_t i, size_t g, size_t) {
        count[g]++;
        mean[g] += c.centred ? c.x->v[i] : 0;
    });
    for (size_t g = 0; g < groups; g++) {
        mean[g] /= count[g];
    }
    each([&](size_t i, size_t g, size_t) {
        variance[g] += (c.x->v[i] - mean[g]) * (c.x->v[i] - mean[g]) / count[g];
    });
    const auto rstd = [&](size_t g) { return 1 / std::sqrt(variance[g] + c.epsilon); };
    each([&](size_t i, size_t g, size_t p) {
        const long double xhat = (c.x->v[i] - mean[g]) * rstd(g), dy = c.dy->v[i];
        dgamma[p] += dy * xhat;
        dbeta[p] += dy;
        g_mean[g] += c.centred ? dy * gamma(p) / count[g] : 0;
        dot[g] += dy * gamma(p) * xhat / count[g];
    });
    NormWant want{*c.x, *c.x, {}, {}, mean, variance};
    each([&](size_t i, size_t g, size_t p) {
        const long double xhat = (c.x->v[i] - mean[g]) * rstd(g);
        const long double beta = c.beta ? (long double)c.beta->v[p] : 0.0L;
        want.y.v[i] = static_cast<double>(xhat * gamma(p) + beta);
        want.dx.v[i] =
            static_cast<double>(rstd(g) * (c.dy->v[i] * gamma(p) - g_mean[g] - xhat * dot[g]));
    });
    want.dgamma.assign(dgamma.begin(), dgamma.end());
    want.dbeta.assign(dbeta.begin(), dbeta.end());
    return want;
}

} // namespace tensor_testing

#endif // TESTS_CORE_TENSOR_NORM_ORACLE_H_
