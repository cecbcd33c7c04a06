#include "optim/optimizer.h"

#include <cstring>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "tests/optim/optim_testing.h"

namespace {

using optim_testing::Fixture;

double Tolerance(neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 ? 4e-6 : 1e-14;
}

class OptimizerOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, OptimizerOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(OptimizerOf, SgdFollowsTheRecurrence) {
    const neural_sgd_options cases[] = {
        {0.1, 0, 0, 0, 0},        {0.1, 0, 0, 0.01, 0},    {0.05, 0.9, 0, 0, 0},
        {0.05, 0.9, 0.5, 0.1, 0}, {0.05, 0.9, 0, 0.01, 1},
    };
    for (const neural_sgd_options &o : cases) {
        Fixture f(GetParam());
        neural_optimizer *optimizer = nullptr;
        ASSERT_EQ(neural_sgd_create(f.all(), &o, &optimizer), NEURAL_OK) << neural_last_error();
        std::vector<double> velocity(f.value().size());
        for (int step = 0; step < 20; step++) {
            const std::vector<double> grad = f.Gradients();
            for (size_t i = 0; i < grad.size(); i++) {
                double g = grad[i] + o.weight_decay * f.value()[i];
                if (o.momentum > 0) {
                    velocity[i] = step == 0 ? g : o.momentum * velocity[i] + (1 - o.dampening) * g;
                    g = o.nesterov ? g + o.momentum * velocity[i] : velocity[i];
                }
                f.value()[i] -= o.lr * g;
            }
            ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
        }
        f.ExpectValues(Tolerance(GetParam()));
        EXPECT_EQ(neural_optimizer_steps(optimizer), 20);
        neural_optimizer_destroy(optimizer);
    }
}

TEST_P(OptimizerOf, AdamAndAdamWFollowTheRecurrence) {
    for (const int decoupled : {0, 1}) {
        for (const double decay : {0.0, 0.05}) {
            Fixture f(GetParam());
            const neural_adam_options o = {0.01, 0.9, 0.999, 1e-8, decay, decoupled, 0};
            neural_optimizer *optimizer = nullptr;
            ASSERT_EQ(neural_adam_create(f.all(), &o, &optimizer), NEURAL_OK);
            EXPECT_STREQ(neural_optimizer_name(optimizer), decoupled ? "adamw" : "adam");
            std::vector<double> m(f.value().size()), v(f.value().size());
            for (int t = 1; t <= 20; t++) {
                const std::vector<double> grad = f.Gradients();
                for (size_t i = 0; i < grad.size(); i++) {
                    double &w = f.value()[i];
                    double g = grad[i];
                    if (decoupled) {
                        w *= 1 - o.lr * decay;
                    } else {
                        g += decay * w;
                    }
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.999 * v[i] + 0.001 * g * g;
                    const double m_hat = m[i] / (1 - std::pow(0.9, t));
                    const double v_hat = v[i] / (1 - std::pow(0.999, t));
                    w -= o.lr * m_hat / (std::sqrt(v_hat) + o.epsilon);
                }
                ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
            }
            f.ExpectValues(GetParam() == NEURAL_DTYPE_F32 ? 2e-5 : 1e-13);
            neural_optimizer_destroy(optimizer);
        }
    }
}

TEST_P(OptimizerOf, RestoredStateContinuesWithTheSameBits) {
    const neural_adam_options o = {0.01, 0.9, 0.999, 1e-8, 0, 0, 0};
    Fixture whole(GetParam()), first(GetParam());
    neural_optimizer *a = nullptr, *b = nullptr, *c = nullptr;
    ASSERT_EQ(neural_adam_create(whole.all(), &o, &a), NEURAL_OK);
    ASSERT_EQ(neural_adam_create(first.all(), &o, &b), NEURAL_OK);
    for (int step = 0; step < 10; step++) {
        whole.Gradients();
        ASSERT_EQ(neural_optimizer_step(a), NEURAL_OK);
        first.Gradients();
        if (step == 5) { /* go on with a fresh optimizer and the old one's state */
            ASSERT_EQ(neural_adam_create(first.all(), &o, &c), NEURAL_OK);
            const char *name, *name_c;
            for (int i = 0; neural_optimizer_state(b, i, &name); i++) {
                ASSERT_EQ(neural_tensor_copy(neural_optimizer_state(c, i, &name_c),
                                             neural_optimizer_state(b, i, &name)),
                          NEURAL_OK);
                EXPECT_STREQ(name, name_c);
            }
            ASSERT_EQ(neural_optimizer_set_steps(c, neural_optimizer_steps(b)), NEURAL_OK);
        }
        ASSERT_EQ(neural_optimizer_step(c ? c : b), NEURAL_OK);
    }
    EXPECT_EQ(memcmp(neural_tensor_data(whole.all()->values),
                     neural_tensor_data(first.all()->values),
                     (size_t)neural_tensor_bytes(whole.all()->values)),
              0);
    neural_optimizer_destroy(a);
    neural_optimizer_destroy(b);
    neural_optimizer_destroy(c);
}

TEST(Optimizer, LeavesFrozenParametersAndKeepsMaskedElementsAtZero) {
    Fixture f(NEURAL_DTYPE_F32, NEURAL_PARAMETER_FROZEN);
    const std::vector<double> before = f.value();
    const int64_t len = 13;
    ASSERT_EQ(neural_tensor_ones(1, &len, NEURAL_DTYPE_U8, &f.item(1)->mask), NEURAL_OK);
    ((uint8_t *)neural_tensor_data(f.item(1)->mask))[4] = 0;
    const neural_sgd_options o = {0.1, 0, 0, 0, 0};
    neural_optimizer *optimizer = nullptr;
    ASSERT_EQ(neural_sgd_create(f.all(), &o, &optimizer), NEURAL_OK);
    f.Gradients();
    ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
    for (int64_t i = 0; i < 35; i++) {
        EXPECT_EQ(f.Get(f.item(0)->value, i), before[(size_t)i]);
    }
    EXPECT_EQ(f.Get(f.item(1)->value, 4), 0);
    EXPECT_NE(f.Get(f.item(1)->value, 5), before[40]);
    neural_optimizer_destroy(optimizer);
}

/* Kinds with momentum, of whatever rule. */
neural_status CreateWithMomentum(int kind, neural_parameters *all, neural_optimizer **out) {
    const neural_sgd_options sgd = {0.1, 0.9, 0, 0.01, 1};
    const neural_adam_options adam = {0.01, 0.9, 0.999, 1e-8, 0.1, 1, 1};
    const neural_rmsprop_options rmsprop = {0.01, 0.99, 1e-8, 0.1, 0.9, 1};
    const neural_lion_options lion = {0.01, 0.9, 0.99, 0.1};
    return kind == 0   ? neural_sgd_create(all, &sgd, out)
           : kind == 1 ? neural_adam_create(all, &adam, out)
           : kind == 2 ? neural_rmsprop_create(all, &rmsprop, out)
                       : neural_lion_create(all, &lion, out);
}

/* A mask set in the middle of a run, when there is momentum: pruned weights are +0 from the next
 * step on, the others have the bits of a run without a mask. */
TEST_P(OptimizerOf, MomentumDoesNotRevivePrunedWeights) {
    for (int kind = 0; kind < 4; kind++) {
        Fixture free(GetParam()), pruned(GetParam());
        neural_optimizer *a = nullptr, *b = nullptr;
        ASSERT_EQ(CreateWithMomentum(kind, free.all(), &a), NEURAL_OK);
        ASSERT_EQ(CreateWithMomentum(kind, pruned.all(), &b), NEURAL_OK);
        const auto keeps = [](int64_t i) { return i % 3 == 1; };
        for (int step = 0; step < 12; step++) {
            free.Gradients();
            pruned.Gradients();
            if (step == 5) {
                const int64_t dims[] = {7, 5};
                neural_tensor *mask = nullptr;
                ASSERT_EQ(neural_tensor_zeros(2, dims, NEURAL_DTYPE_U8, &mask), NEURAL_OK);
                for (int64_t i = 0; i < 35; i++) {
                    ((uint8_t *)neural_tensor_data(mask))[i] = keeps(i);
                }
                ASSERT_EQ(neural_parameter_set_mask(pruned.item(0), mask), NEURAL_OK);
                neural_tensor_release(mask);
            }
            ASSERT_EQ(neural_optimizer_step(a), NEURAL_OK);
            ASSERT_EQ(neural_optimizer_step(b), NEURAL_OK);
            for (int64_t i = 0; i < 35; i++) {
                const double value = pruned.Get(pruned.item(0)->value, i);
                if (step < 5 || keeps(i)) {
                    ASSERT_EQ(value, free.Get(free.item(0)->value, i)) << kind << " " << step;
                } else {
                    ASSERT_TRUE(value == 0 && !std::signbit(value)) << kind << " " << step;
                }
            }
        }
        neural_optimizer_destroy(a);
        neural_optimizer_destroy(b);
    }
}

TEST(Optimizer, StepsDoNotAllocateAndDoNotDependOnThreads) {
    const int64_t len = 100003;
    std::vector<float> result[2];
    for (const int threads : {1, 3}) {
        ASSERT_EQ(neural_set_num_threads(threads), NEURAL_OK);
        neural_parameter *p = nullptr;
        neural_parameters *all = nullptr;
        ASSERT_EQ(neural_parameter_create("w", 1, &len, NEURAL_DTYPE_F32, 0, &p), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill_normal(p->value, 1, 0, 1), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill_normal(p->grad, 2, 0, 1), NEURAL_OK);
        ASSERT_EQ(neural_parameters_create(&p, 1, &all), NEURAL_OK);
        const neural_adam_options o = {0.01, 0.9, 0.999, 1e-8, 0.01, 1, 0};
        neural_optimizer *optimizer = nullptr;
        ASSERT_EQ(neural_adam_create(all, &o, &optimizer), NEURAL_OK);
        ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
        const int64_t allocations = neural_alloc_count();
        for (int i = 0; i < 5; i++) {
            ASSERT_EQ(neural_optimizer_step(optimizer), NEURAL_OK);
        }
        EXPECT_EQ(neural_alloc_count(), allocations);
        const float *value = (const float *)neural_tensor_data(p->value);
        result[threads == 3].assign(value, value + len);
        neural_optimizer_destroy(optimizer);
        neural_parameters_destroy(all);
        neural_parameter_destroy(p);
    }
    EXPECT_EQ(memcmp(result[0].data(), result[1].data(), (size_t)len * sizeof(float)), 0);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Optimizer, RefusesNumbersOutsideTheirRange) {
    Fixture f(NEURAL_DTYPE_F32);
    neural_optimizer *optimizer = nullptr;
    const neural_sgd_options bad_sgd[] = {
        {-1, 0, 0, 0, 0},   {NAN, 0, 0, 0, 0}, {0.1, -0.1, 0, 0, 0},
        {0.1, 0, 0, -1, 0}, {0.1, 0, 0, 0, 1}, {0.1, 0.9, 0.1, 0, 1},
    };
    for (const neural_sgd_options &o : bad_sgd) {
        EXPECT_EQ(neural_sgd_create(f.all(), &o, &optimizer), NEURAL_ERR_INVALID_ARGUMENT);
    }
    const neural_adam_options bad_adam[] = {
        {0.1, 1, 0.9, 1e-8, 0, 0, 0},  {0.1, 0.9, -0.1, 1e-8, 0, 0, 0},
        {0.1, 0.9, 0.9, 0, 0, 0, 0},   {0.1, 0.9, 0.9, 1e-8, -1, 0, 0},
        {-1, 0.9, 0.9, 1e-8, 0, 0, 0},
    };
    for (const neural_adam_options &o : bad_adam) {
        EXPECT_EQ(neural_adam_create(f.all(), &o, &optimizer), NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(optimizer, nullptr);
    EXPECT_EQ(neural_sgd_create(nullptr, &bad_sgd[0], &optimizer), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_optimizer_set_steps(nullptr, 1), NEURAL_ERR_NULL_POINTER);
    neural_optimizer_destroy(nullptr);
}

TEST(Optimizer, FailedAllocationsLeaveNothingBehind) {
    Fixture f(NEURAL_DTYPE_F32);
    const neural_adam_options o = {0.1, 0.9, 0.999, 1e-8, 0, 0, 0};
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    for (int n = 1; status != NEURAL_OK; n++) {
        ASSERT_LT(n, 100);
        neural_pool_trim();
        neural_optimizer *optimizer = nullptr;
        neural_alloc_fail_at(n);
        status = neural_adam_create(f.all(), &o, &optimizer);
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(optimizer == nullptr, status != NEURAL_OK);
        neural_optimizer_destroy(optimizer);
    }
}

} // namespace
