// What each elementwise slot should give, written from its formula with the C library's functions:
// in a wider type than the kernel's where the slot may err, in the kernel's own type where it is
// exact. A new slot of these families is one row here.
#ifndef TESTS_CORE_ASM_ELEMENTWISE_ORACLE_H_
#define TESTS_CORE_ASM_ELEMENTWISE_ORACLE_H_

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace neural_test {

// Operands of one element: x or lhs or dy, then rhs or saved or what dst holds (axpy), and scalars.
template <class R> struct Operands {
    R a, b, alpha, beta;
};

// The exact value; for SUM classes also the sum of the magnitudes of the terms it consists of, and
// what an underflow inside may cost in smallest subnormals.
template <class R> struct Value {
    R value, magnitude, underflow;
};

template <class R> struct Oracle {
    Value<R> (*value)(Operands<R>);
    bool (*is_in_domain)(Operands<R>);
};

template <class R> R limit_at_minus_infinity(R x, R value) {
    return std::isinf(x) && x < 0 ? R(0) : value;
}
template <class R> R sigmoid(R x) {
    return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
template <class R> R normal_below(R x) {
    return std::erfc(-x * R(0.707106781186547524400844362104849039L)) / 2;
}
template <class R> R normal_density(R x) {
    return std::exp(-x * x / 2) * R(0.398942280401432677939946059934381868L);
}
template <class R> R softplus(R x) {
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
template <class R> R gelu_slope_term(R x) { // 2 sqrt(2/pi)
    return R(1.59576912160573071175978423973752747L) * x;
}
template <class R> R gelu_exponent(R x) {
    return gelu_slope_term(x) + gelu_slope_term(R(0.044715L) * x * x * x);
}
template <class R> R clamped(R x, R low, R high) {
    return x < low ? low : x > high ? high : x;
}

// A slope that is a sum of two terms, times dy. The slope may be subnormal, and so may its
// exponential before it is multiplied by x: |x| < 128 there for f32, < 1024 for f64.
template <class R> Value<R> slope(R dy, R first, R second) {
    const R finite_second = std::isfinite(second) ? second : R(0);
    return {dy * (first + finite_second),
            std::fabs(dy) * (std::fabs(first) + std::fabs(finite_second)),
            1 + std::fabs(dy) * (sizeof(R) == sizeof(double) ? 128 : 1024)};
}

// Far below 0 the error is relative to x, as Phi(x) vanishes: 2 eps |x|/16 = 2^-26 |x| in f32.
template <class R> Value<R> gelu_value(R x) {
    const R value = limit_at_minus_infinity(x, x * normal_below(x));
    return {value, std::max(std::fabs(value), std::isinf(x) ? R(0) : std::fabs(x) / 16), 1};
}

template <class R> Value<R> gelu_tanh_value(R x) {
    const R v = gelu_exponent(x), value = limit_at_minus_infinity(x, x * sigmoid(v));
    // an error of v is magnified |v| times
    return {value, std::fabs(value) * (1 + (v < 0 ? -v : R(0))), 1};
}
template <class R> Value<R> gelu_tanh_slope(R dy, R x) {
    const R v = gelu_exponent(x), s = sigmoid(v);
    const R dv = gelu_slope_term(1 + 3 * R(0.044715L) * x * x);
    const Value<R> sum = slope(dy, s, x * s * sigmoid(-v) * dv);
    return {sum.value, sum.magnitude * (1 + std::min(std::fabs(v), R(800))), sum.underflow};
}
template <class R> Value<R> mish_slope(R dy, R x) {
    const R t = std::tanh(softplus(x)), g = std::exp(-std::fabs(x));
    const R one_minus = x < 0 ? 2 / (2 + g * (g + 2)) : 2 * g * g / (1 + 2 * g + 2 * g * g);
    return slope(dy, t, x * sigmoid(x) * one_minus * (1 + t));
}

constexpr long double kSeluScale = 1.0507009873554804934193349852946L;
constexpr long double kSeluAlpha = 1.6732632423543772848170429916717L;

template <class R> using OracleRows = std::map<std::string, Oracle<R>>;

#define ROW_IN(op, domain, ...)                                                             \
    {#op,                                                                                   \
     {[](Operands<R> p) -> Value<R> {                                                       \
          [[maybe_unused]] const R x = p.a, dy = p.a, y = p.b, s = p.b;                     \
          [[maybe_unused]] const R a = p.a, b = p.b, alpha = p.alpha, beta = p.beta;        \
          return __VA_ARGS__;                                                               \
      },                                                                                    \
      [](Operands<R> p) -> bool {                                                           \
          [[maybe_unused]] const R x = p.a, y = p.b;                                        \
          return domain;                                                                    \
      }}},
#define ROW(op, ...) ROW_IN(op, true, Value<R>{__VA_ARGS__, 0, 1})
#define SUM_ROW(op, ...) ROW_IN(op, true, __VA_ARGS__)
// where dy is infinite and the slope underflows, the product says nothing
#define SLOPE_ROW(op, ...) ROW_IN(op, !std::isinf(p.a), __VA_ARGS__)

template <class R> OracleRows<R> forward_oracles() {
    return {
        ROW(add, a + b)
        ROW(sub, a - b)
        ROW(mul, a * b)
        ROW(div, a / b)
        ROW(maximum, std::isnan(a) || a > b ? a : b)
        ROW(minimum, std::isnan(a) || a < b ? a : b)
        ROW(neg, -x)
        ROW(abs, std::fabs(x))
        ROW(square, x * x)
        ROW(sqrt, std::sqrt(x))
        ROW(reciprocal, 1 / x)
        SUM_ROW(affine, {alpha * x + beta, std::fabs(alpha * x) + std::fabs(beta), 1})
        SUM_ROW(axpy, {alpha * a + b, std::fabs(alpha * a) + std::fabs(b), 1})
        ROW(fill, alpha)
        ROW(exp, std::exp(x))
        ROW(log, std::log(x))
        ROW(relu, x < 0 ? R(0) : x)
        ROW(leaky_relu, x > 0 ? x : alpha * x)
        ROW(sigmoid, sigmoid(x))
        ROW(tanh, std::tanh(x))
        SUM_ROW(gelu, gelu_value(x))
        SUM_ROW(gelu_tanh, gelu_tanh_value(x))
        ROW(silu, limit_at_minus_infinity(x, x * sigmoid(x)))
        ROW(elu, x > 0 ? x : alpha * std::expm1(x))
        ROW(selu, R(kSeluScale) * (x > 0 ? x : R(kSeluAlpha) * std::expm1(x)))
        ROW(mish, limit_at_minus_infinity(x, x * std::tanh(softplus(x))))
        ROW(hardswish, limit_at_minus_infinity(x, x * (clamped<R>(x + 3, 0, 6) / 6)))
        ROW(hardsigmoid, clamped<R>(x + 3, 0, 6) / 6)
        ROW(softplus, softplus(x))
        ROW(hardtanh, clamped(x, alpha, beta))
        ROW(scale_clip, clamped(alpha * x, -beta, beta))
    };
}

template <class R> OracleRows<R> backward_oracles() {
    return {
        ROW(relu_grad, s <= 0 ? R(0) : dy)
        ROW(leaky_relu_grad, s > 0 ? dy : alpha * dy)
        ROW_IN(sigmoid_grad, y >= 0 && y <= 1, {dy * y * (1 - y), 0, 1})
        ROW_IN(tanh_grad, std::fabs(y) <= 1, {dy * ((1 - y) * (1 + y)), 0, 1})
        SLOPE_ROW(gelu_grad, slope(dy, normal_below(s), s * normal_density(s)))
        SLOPE_ROW(gelu_tanh_grad, gelu_tanh_slope(dy, s))
        SLOPE_ROW(silu_grad, slope(dy, sigmoid(s), s * sigmoid(s) * sigmoid(-s)))
        ROW(elu_grad, s > 0 ? dy : dy * (s + alpha))
        SLOPE_ROW(selu_grad, slope<R>(dy, s > 0 ? R(kSeluScale) : s,
                                      s > 0 ? R(0) : R(kSeluScale * kSeluAlpha)))
        SLOPE_ROW(mish_grad, mish_slope(dy, s))
        ROW(hardswish_grad, dy * (s <= -3 ? R(0) : s >= 3 ? R(1) : (2 * s + 3) / 6))
        ROW(hardsigmoid_grad, s <= -3 || s >= 3 ? R(0) : dy / 6)
        SLOPE_ROW(softplus_grad, slope<R>(dy, sigmoid(s), 0))
        ROW(hardtanh_grad, s <= alpha || s >= beta ? R(0) : dy)
    };
}

#undef ROW
#undef SUM_ROW
#undef SLOPE_ROW
#undef ROW_IN

template <class R> const OracleRows<R> &elementwise_oracles() {
    static const OracleRows<R> rows = [] {
        OracleRows<R> all = forward_oracles<R>();
        all.merge(backward_oracles<R>());
        return all;
    }();
    return rows;
}

} // namespace neural_test

#endif // TESTS_CORE_ASM_ELEMENTWISE_ORACLE_H_
