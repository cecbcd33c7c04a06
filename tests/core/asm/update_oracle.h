// The optimizer steps of update_test in long double, and how each kernel is called: one struct per
// op, which is its arguments.
#ifndef TESTS_CORE_ASM_UPDATE_ORACLE_H_
#define TESTS_CORE_ASM_UPDATE_ORACLE_H_

#include "tests/core/asm/kernel_harness.h"

namespace neural_test {

// One parameter: param, grad, a mean, a mean square (at least the square of the mean) and a third
// state; and what the error of each is proportional to.
struct Element {
    enum { kParam, kGrad, kFirst, kSecond, kThird, kVectors };
    long double x[kVectors], magnitude[kVectors] = {};

    long double &param() { return x[kParam]; }
    long double &first() { return x[kFirst]; }
    long double &second() { return x[kSecond]; }
    long double &third() { return x[kThird]; }

    // The gradient with L2 decay, its magnitude in that of the gradient.
    long double decayed_grad(double weight_decay) {
        magnitude[kGrad] = std::fabs(x[kGrad]) + std::fabs(weight_decay * param());
        return x[kGrad] + weight_decay * param();
    }
    // mean = keep * mean + rest * value
    void average(int which, long double keep, long double rest, long double value,
                 long double value_magnitude) {
        magnitude[which] = std::fabs(keep * x[which]) + std::fabs(rest) * value_magnitude +
                           (which == kFirst ? std::fabs(x[which]) + value_magnitude : 0);
        x[which] = keep * x[which] + rest * value;
    }
};

#define KERNEL_TYPE(op)                                                                            \
    std::conditional_t<std::is_same_v<T, float>, neural_##op##_f32, neural_##op##_f64>

// torch.optim.SGD; first is the velocity.
struct SgdCase : neural_sgd_args {
    void step(Element *e) const {
        long double g = e->decayed_grad(weight_decay), size = e->magnitude[Element::kGrad];
        if (momentum != 0) {
            if (first) {
                e->first() = 0;
            }
            e->average(Element::kFirst, first ? 0 : momentum, first ? 1 : 1 - dampening, g, size);
            g = nesterov ? g + momentum * e->first() : e->first();
            size += e->magnitude[Element::kFirst];
        }
        e->magnitude[Element::kParam] = std::fabs(e->param()) + 2 * lr * size;
        e->param() -= lr * g;
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        call_checked(k.as<KERNEL_TYPE(sgd)>(), x[0], x[1], momentum != 0 ? x[2] : nullptr, len,
                     static_cast<const neural_sgd_args *>(this));
    }
};

// Kingma & Ba 2015, Loshchilov & Hutter 2019.
struct AdamCase : neural_adam_args {
    void moments(Element *e) const {
        long double g = decoupled ? e->decayed_grad(0) : e->decayed_grad(weight_decay);
        const long double size = e->magnitude[Element::kGrad];
        e->magnitude[Element::kParam] = std::fabs(e->param());
        e->param() *= decoupled ? 1 - lr * weight_decay : 1;
        e->average(Element::kFirst, beta1, 1 - beta1, g, size);
        e->average(Element::kSecond, beta2, 1 - beta2, g * g, 2 * size * size);
    }
    void move(Element *e, long double second) const {
        const long double root = std::sqrt(second) * inv_sqrt_bias2 + epsilon;
        e->magnitude[Element::kParam] += 2 * step_size * e->magnitude[Element::kFirst] / root;
        e->param() -= step_size * e->first() / root;
    }
    void step(Element *e) const {
        moments(e);
        move(e, e->second());
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        call_checked(k.as<KERNEL_TYPE(adam)>(), x[0], x[1], x[2], x[3], len,
                     static_cast<const neural_adam_args *>(this));
    }
};

// Reddi et al. 2018; third is the largest second moment.
struct AmsgradCase : AdamCase {
    void step(Element *e) const {
        moments(e);
        e->third() = std::max(e->third(), e->second());
        e->magnitude[Element::kThird] = e->third() + e->magnitude[Element::kSecond];
        move(e, e->third());
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        T *const state[] = {x[2], x[3], x[4]};
        call_checked(k.as<KERNEL_TYPE(amsgrad)>(), x[0], x[1], state, len,
                     static_cast<const neural_adam_args *>(this));
    }
};

// torch.optim.RMSprop; first is grad_avg, second square_avg, third momentum_buffer.
struct RmspropCase : neural_rmsprop_args {
    void step(Element *e) const {
        const long double g = e->decayed_grad(weight_decay), size = e->magnitude[Element::kGrad];
        e->average(Element::kSecond, alpha, 1 - alpha, g * g, 2 * size * size);
        long double variance = e->second(), lost = e->magnitude[Element::kSecond];
        if (centered) {
            e->average(Element::kFirst, alpha, 1 - alpha, g, size);
            variance -= e->first() * e->first();
            lost += 4 * e->magnitude[Element::kFirst] * e->magnitude[Element::kFirst];
        }
        const long double root = std::sqrt(variance) + epsilon;
        long double move = g / root, error = 2 * size / root * (1 + lost / variance);
        if (momentum != 0) {
            error += std::fabs(momentum * e->third());
            e->third() = move = momentum * e->third() + move;
            e->magnitude[Element::kThird] = error;
        }
        e->magnitude[Element::kParam] = std::fabs(e->param()) + lr * error;
        e->param() -= lr * move;
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        T *const state[] = {x[3], centered ? x[2] : nullptr, momentum != 0 ? x[4] : nullptr};
        call_checked(k.as<KERNEL_TYPE(rmsprop)>(), x[0], x[1], state, len,
                     static_cast<const neural_rmsprop_args *>(this));
    }
};

// torch.optim.Adagrad; second is the sum of squares.
struct AdagradCase : neural_adagrad_args {
    void step(Element *e) const {
        const long double g = e->decayed_grad(weight_decay), size = e->magnitude[Element::kGrad];
        e->average(Element::kSecond, 1, 1, g * g, 2 * size * size);
        const long double root = std::sqrt(e->second()) + epsilon;
        e->magnitude[Element::kParam] =
            std::fabs(e->param()) + 2 * step_size * size / root * (1 + size * size / root / root);
        e->param() -= step_size * g / root;
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        call_checked(k.as<KERNEL_TYPE(adagrad)>(), x[0], x[1], x[3], len,
                     static_cast<const neural_adagrad_args *>(this));
    }
};

// Chen et al. 2023, algorithm 2; first is the momentum. Where the mixture is as small as its
// rounding error, either sign is right.
struct LionCase : neural_lion_args {
    void step(Element *e) const {
        const long double kept = beta1 * e->first(), added = (1 - beta1) * e->x[Element::kGrad];
        const long double c = kept + added;
        const bool unsure = std::fabs(c) < 1e-6L * (std::fabs(kept) + std::fabs(added));
        e->magnitude[Element::kParam] = 2 * std::fabs(e->param()) + lr * (unsure ? 1e20 : 1);
        e->param() -= lr * weight_decay * e->param();
        e->param() -= c > 0 ? lr : c < 0 ? -lr : 0;
        e->average(Element::kFirst, beta2, 1 - beta2, e->x[Element::kGrad],
                   std::fabs(e->x[Element::kGrad]));
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        call_checked(k.as<KERNEL_TYPE(lion)>(), x[0], x[1], x[2], len,
                     static_cast<const neural_lion_args *>(this));
    }
};

// param is the average, grad the parameter.
struct EmaCase {
    double decay;

    void step(Element *e) const {
        e->average(Element::kParam, decay, 1 - decay, e->x[Element::kGrad],
                   std::fabs(e->x[Element::kGrad]));
    }
    template <class T> void call(const Kernel &k, T *const *x, int64_t len) const {
        call_checked(k.as<KERNEL_TYPE(ema)>(), x[0], x[1], len, decay);
    }
};
#undef KERNEL_TYPE

} // namespace neural_test

#endif // TESTS_CORE_ASM_UPDATE_ORACLE_H_
