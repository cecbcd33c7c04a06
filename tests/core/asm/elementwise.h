// Elementwise kernels of any family, called alike.
#ifndef TESTS_CORE_ASM_ELEMENTWISE_H_
#define TESTS_CORE_ASM_ELEMENTWISE_H_

#include "tests/core/asm/elementwise_oracle.h"
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {

#define ELEMENTWISE_FAMILIES                                                                       \
    {                                                                                              \
        Family::unary, Family::param, Family::binary, Family::grad, Family::param_grad,            \
            Family::axpy, Family::fill                                                             \
    }

// Scalars handed to every kernel that takes some. hardtanh needs alpha < beta.
constexpr double kAlpha = -0.625, kBeta = 1.71875;

template <class T> struct KernelTypes;
template <> struct KernelTypes<float> {
    using wide = double;
    using unary = neural_unary_f32;
    using param = neural_param_f32;
    using binary = neural_binary_f32;
    using param_grad = neural_param_grad_f32;
    using axpy = neural_axpy_f32;
    using fill = neural_fill_f32;
};
template <> struct KernelTypes<double> {
    using wide = long double;
    using unary = neural_unary_f64;
    using param = neural_param_f64;
    using binary = neural_binary_f64;
    using param_grad = neural_param_grad_f64;
    using axpy = neural_axpy_f64;
    using fill = neural_fill_f64;
};

// Sources besides dst: 0 (fill), 1, or 2. The second one of axpy is dst itself.
inline int sources_of(const Kernel &kernel) {
    switch (kernel.slot().family) {
    case Family::fill:
        return 0;
    case Family::unary:
    case Family::param:
        return 1;
    default:
        return 2;
    }
}

// Calls `kernel` with the checks; axpy finds b in dst.
template <class T>
void run_elementwise(const Kernel &kernel, T *dst, const T *a, const T *b, int64_t len,
                     T alpha = T(kAlpha), T beta = T(kBeta)) {
    using K = KernelTypes<T>;
    switch (kernel.slot().family) {
    case Family::unary:
        return call_checked(kernel.as<typename K::unary>(), dst, a, len);
    case Family::param:
        return call_checked(kernel.as<typename K::param>(), dst, a, len, alpha, beta);
    case Family::binary:
    case Family::grad:
        return call_checked(kernel.as<typename K::binary>(), dst, a, b, len);
    case Family::param_grad:
        return call_checked(kernel.as<typename K::param_grad>(), dst, a, b, len, alpha, beta);
    case Family::axpy:
        std::memmove(dst, b, static_cast<size_t>(len) * sizeof(T));
        return call_checked(kernel.as<typename K::axpy>(), dst, a, len, alpha);
    case Family::fill:
        return call_checked(kernel.as<typename K::fill>(), dst, len, alpha);
    default:
        FAIL() << kernel.symbol << " is not elementwise";
    }
}

// What a slot should give for one element; nothing is asked outside its domain.
template <class R> struct Expected {
    Value<R> value;
    bool is_in_domain;
};

// Judges results of a slot by its oracle and its accuracy class.
template <class T, class R> struct Judge {
    const Oracle<R> &oracle;
    neural_accuracy accuracy;

    Expected<R> expect(T a, T b) const {
        const Operands<R> p = {R(a), R(b), R(T(kAlpha)), R(T(kBeta))};
        return {oracle.value(p), oracle.is_in_domain(p)};
    }

    bool accepts(T got, const Expected<R> &e) const {
        return !e.is_in_domain ||
               is_accurate(accuracy, got, e.value.value, e.value.magnitude, e.value.underflow);
    }

    // In units of the accuracy class: of the last place, or of epsilon times the magnitude.
    double error(T got, const Expected<R> &e) const {
        const Value<R> &want = e.value;
        if (!e.is_in_domain) {
            return 0;
        }
        if (accuracy.kind != NEURAL_ACCURACY_SUM || !(want.magnitude > 0) ||
            !std::isfinite(want.magnitude) || !std::isfinite(got)) {
            return ulp_error(got, want.value);
        }
        const R unit = R(std::numeric_limits<T>::epsilon()) * want.magnitude +
                       R(std::numeric_limits<T>::denorm_min()) * want.underflow;
        return static_cast<double>(std::fabs(R(got) - want.value) / unit);
    }
};

// Calls visit(judge) with the judge of the slot: in T where it is exact, wider elsewhere.
template <class T, class Visit> void with_judge(const Kernel &kernel, Visit visit) {
    using Wide = typename KernelTypes<T>::wide;
    const neural_accuracy accuracy = kernel.slot().accuracy;
    if (accuracy.kind == NEURAL_ACCURACY_EXACT) {
        ASSERT_EQ(elementwise_oracles<T>().count(kernel.op), 1u) << "no oracle for " << kernel.op;
        visit(Judge<T, T>{elementwise_oracles<T>().at(kernel.op), accuracy});
    } else {
        ASSERT_EQ(elementwise_oracles<Wide>().count(kernel.op), 1u)
            << "no oracle for " << kernel.op;
        visit(Judge<T, Wide>{elementwise_oracles<Wide>().at(kernel.op), accuracy});
    }
}

} // namespace neural_test

#endif // TESTS_CORE_ASM_ELEMENTWISE_H_
