// The kinds beside SGD and Adam against their recurrences in double precision; groups, momentum.
#include <functional>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "optim/optimizer.h"
#include "tests/optim/optim_testing.h"

namespace {

using optim_testing::Fixture;

enum { kSteps = 20 };

class Kinds : public testing::TestWithParam<neural_dtype> {
  protected:
    double tolerance() const { return GetParam() == NEURAL_DTYPE_F32 ? 2e-5 : 1e-13; }

    // Steps an optimizer beside recurrence(t, gradient, weight, a, b, c) of each element, whose
    // a, b, c are kept from step to step, a from `start` on.
    using Recurrence = std::function<void(int, double, double &, double &, double &, double &)>;
    template <class Create>
    void follow(const char *name, int states, double start, Create create, Recurrence recurrence) {
        Fixture f(GetParam());
        neural_optimizer *optimizer = nullptr;
        ASSERT_EQ(create(f.all(), &optimizer), NEURAL_OK) << neural_last_error();
        EXPECT_STREQ(neural_optimizer_name(optimizer), name);
        EXPECT_NE(states ? neural_optimizer_state(optimizer, states - 1, nullptr)
                         : f.item(0)->value,
                  nullptr);
        EXPECT_EQ(neural_optimizer_state(optimizer, states, nullptr), nullptr);
        const size_t len = f.value().size();
        std::vector<double> a(len, start), b(len), c(len);
        for (int t = 1; t <= kSteps; t++) {
            const std::vector<double> grad = f.Gradients();
            for (size_t i = 0; i < len; i++) {
                recurrence(t, grad[i], f.value()[i], a[i], b[i], c[i]);
            }
            ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
        }
        f.ExpectValues(tolerance());
        neural_optimizer_destroy(optimizer);
    }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, Kinds, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(Kinds, AmsgradDividesByTheLargestMoment) {
    const neural_adam_options o = {0.01, 0.9, 0.9, 1e-8, 0.05, 0, 1};
    follow(
        "adam", 3, 0, [&](auto *all, auto **out) { return neural_adam_create(all, &o, out); },
        [&](int t, double g, double &w, double &m, double &v, double &top) {
            g += o.weight_decay * w;
            m = o.beta1 * m + (1 - o.beta1) * g;
            v = o.beta2 * v + (1 - o.beta2) * g * g;
            top = std::fmax(top, v);
            const double bias = std::sqrt(1 - std::pow(o.beta2, t));
            w -= o.lr / (1 - std::pow(o.beta1, t)) * m / (std::sqrt(top) / bias + o.epsilon);
        });
}

TEST_P(Kinds, RmspropWithAndWithoutMomentumAndCentering) {
    for (const double momentum : {0.0, 0.8}) {
        for (const int centered : {0, 1}) {
            const neural_rmsprop_options o = {0.01, 0.9, 1e-6, 0.02, momentum, centered};
            follow(
                "rmsprop", 1 + centered + (momentum > 0), 0,
                [&](auto *all, auto **out) { return neural_rmsprop_create(all, &o, out); },
                [&](int, double g, double &w, double &s, double &mean, double &buffer) {
                    g += o.weight_decay * w;
                    s = o.alpha * s + (1 - o.alpha) * g * g;
                    mean = centered ? o.alpha * mean + (1 - o.alpha) * g : 0;
                    buffer = momentum * buffer + g / (std::sqrt(s - mean * mean) + o.epsilon);
                    w -= o.lr * buffer;
                });
        }
    }
}

TEST_P(Kinds, AdagradSumsSquaresFromItsStart) {
    const neural_adagrad_options o = {0.05, 0.1, 1e-10, 0.03, 0.5};
    follow(
        "adagrad", 1, o.initial_sum,
        [&](auto *all, auto **out) { return neural_adagrad_create(all, &o, out); },
        [&](int t, double g, double &w, double &sum, double &, double &) {
            g += o.weight_decay * w;
            sum += g * g;
            w -= o.lr / (1 + (t - 1) * o.lr_decay) * g / (std::sqrt(sum) + o.epsilon);
        });
}

TEST_P(Kinds, LionStepsByTheSign) {
    const neural_lion_options o = {0.01, 0.9, 0.99, 0.1};
    follow(
        "lion", 1, 0, [&](auto *all, auto **out) { return neural_lion_create(all, &o, out); },
        [&](int, double g, double &w, double &m, double &, double &) {
            const double c = o.beta1 * m + (1 - o.beta1) * g;
            w = (1 - o.lr * o.weight_decay) * w - o.lr * ((c > 0) - (c < 0));
            m = o.beta2 * m + (1 - o.beta2) * g;
        });
}

TEST_P(Kinds, ScalesOfAParameterAreItsOwnRateAndDecay) {
    Fixture f(GetParam());
    const neural_sgd_options o = {0.1, 0, 0, 0.5, 0};
    neural_optimizer *optimizer = nullptr;
    ASSERT_EQ(neural_sgd_create(f.all(), &o, &optimizer), NEURAL_OK);
    ASSERT_EQ(neural_optimizer_set_scale(optimizer, 1, 0.25, 0), NEURAL_OK);
    for (int step = 0; step < kSteps; step++) {
        const std::vector<double> grad = f.Gradients();
        for (size_t i = 0; i < grad.size(); i++) {
            double &w = f.value()[i];
            w -= i < 35 ? o.lr * (grad[i] + o.weight_decay * w) : 0.25 * o.lr * grad[i];
        }
        ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
    }
    f.ExpectValues(tolerance());
    EXPECT_EQ(neural_optimizer_set_scale(optimizer, 2, 1, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_optimizer_set_scale(optimizer, 0, -1, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_optimizer_set_scale(optimizer, 0, 1, NAN), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_optimizer_set_scale(nullptr, 0, 1, 1), NEURAL_ERR_NULL_POINTER);
    neural_optimizer_destroy(optimizer);
}

TEST_P(Kinds, MomentumMayChangeFromStepToStep) {
    const neural_sgd_options o = {0.1, 0.9, 0, 0, 0};
    Fixture f(GetParam());
    neural_optimizer *optimizer = nullptr;
    ASSERT_EQ(neural_sgd_create(f.all(), &o, &optimizer), NEURAL_OK);
    std::vector<double> velocity(f.value().size());
    for (int step = 0; step < kSteps; step++) {
        const double momentum = 0.95 - 0.04 * step;
        ASSERT_EQ(neural_optimizer_set_momentum(optimizer, momentum), NEURAL_OK);
        EXPECT_EQ(neural_optimizer_momentum(optimizer), momentum);
        const std::vector<double> grad = f.Gradients();
        for (size_t i = 0; i < grad.size(); i++) {
            velocity[i] = momentum * velocity[i] + grad[i];
            f.value()[i] -= o.lr * velocity[i];
        }
        ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
    }
    f.ExpectValues(tolerance());
    EXPECT_EQ(neural_optimizer_set_momentum(optimizer, 1), NEURAL_ERR_INVALID_ARGUMENT);
    neural_optimizer_destroy(optimizer);
}

TEST(Kinds, RefuseNumbersOutsideTheirRange) {
    Fixture f(NEURAL_DTYPE_F32);
    neural_optimizer *out = nullptr;
    const neural_rmsprop_options rmsprop[] = {
        {-1, 0.9, 1e-8, 0, 0, 0},   {0.1, -0.1, 1e-8, 0, 0, 0}, {0.1, 0.9, -1, 0, 0, 0},
        {0.1, 0.9, 1e-8, -1, 0, 0}, {0.1, 0.9, 1e-8, 0, -1, 0},
    };
    for (const auto &o : rmsprop) {
        EXPECT_EQ(neural_rmsprop_create(f.all(), &o, &out), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const neural_adagrad_options adagrad[] = {
        {NAN, 0, 0, 0, 0}, {0.1, -1, 0, 0, 0}, {0.1, 0, -1, 0, 0}, {0.1, 0, 0, 0, -1}};
    for (const auto &o : adagrad) {
        EXPECT_EQ(neural_adagrad_create(f.all(), &o, &out), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const neural_lion_options lion[] = {{0.1, 1, 0.9, 0}, {0.1, 0.9, 1, 0}, {0.1, 0.9, 0.9, -1}};
    for (const auto &o : lion) {
        EXPECT_EQ(neural_lion_create(f.all(), &o, &out), NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(neural_lion_create(f.all(), nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_adagrad_create(nullptr, &adagrad[0], &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(out, nullptr);
}

} // namespace
