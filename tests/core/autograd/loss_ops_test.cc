#include "core/autograd/loss_ops.h"

#include <cmath>

#include "core/base/memory.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;
using Real = long double;

class LossOpsTest : public testing::TestWithParam<neural_dtype> {
  protected:
    double eps() const { return GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52; }
};

// One term with its derivative by the prediction.
struct Term {
    Real value, slope;
};

Term L1(Real p, Real t) {
    return {std::fabs(p - t), Real((p > t) - (p < t))};
}
Term Huber(Real p, Real t) {
    const Real d = p - t, a = std::fabs(d), delta = 0.75;
    return a <= delta ? Term{d * d / 2, d} : Term{delta * (a - delta / 2), d > 0 ? delta : -delta};
}
Term SmoothL1(Real p, Real t) {
    const Real d = p - t, a = std::fabs(d), beta = 2;
    return a < beta ? Term{d * d / 2 / beta, d / beta} : Term{a - beta / 2, d > 0 ? 1.0L : -1.0L};
}
Term Kl(Real x, Real t) {
    return {t == 0 ? 0 : t * (std::log(t) - x), -t};
}
Term KlLog(Real x, Real t) {
    return {std::exp(t) * (t - x), -std::exp(t)};
}

struct Pointwise {
    const char *name;
    std::function<neural_status(neural_tensor *, neural_tensor *, neural_reduction,
                                neural_tensor **)>
        loss;
    Term (*term)(Real, Real);
    double low, high; // of the target
};

const Pointwise kPointwise[] = {
    {"l1", neural_l1_loss, L1, -3, 3},
    {"huber",
     [](auto *p, auto *t, auto r, auto **out) { return neural_huber_loss(p, t, 0.75, r, out); },
     Huber, -3, 3},
    {"smooth_l1",
     [](auto *p, auto *t, auto r, auto **out) { return neural_smooth_l1_loss(p, t, 2, r, out); },
     SmoothL1, -3, 3},
    {"smooth_l1 of 0",
     [](auto *p, auto *t, auto r, auto **out) { return neural_smooth_l1_loss(p, t, 0, r, out); },
     L1, -3, 3},
    {"kl", [](auto *p, auto *t, auto r, auto **out) { return neural_kl_div_loss(p, t, 0, r, out); },
     Kl, 0, 1},
    {"kl of logs",
     [](auto *p, auto *t, auto r, auto **out) { return neural_kl_div_loss(p, t, 1, r, out); },
     KlLog, -5, 0},
};

TEST_P(LossOpsTest, PointwiseValuesAndGradients) {
    std::mt19937_64 random(61);
    for (const Pointwise &test : kPointwise) {
        for (const Dims &dims : {Dims{1}, Dims{}, Dims{3, 5}, Dims{513}, Dims{3, 1031}}) {
            for (const neural_reduction reduction :
                 {NEURAL_REDUCE_MEAN, NEURAL_REDUCE_SUM, NEURAL_REDUCE_BATCH_MEAN}) {
                const Array p = random_uniform(dims, -3, 3, random);
                Array t = random_uniform(dims, test.low, test.high, random), dp = p;
                t.v[0] = test.low == 0 ? 0 : t.v[0];
                const Real divisor = reduction == NEURAL_REDUCE_SUM    ? 1
                                     : reduction == NEURAL_REDUCE_MEAN ? Real(p.len())
                                     : dims.empty()                    ? 1
                                                                       : Real(dims[0]);
                Real sum = 0, size = 0;
                for (size_t i = 0; i < p.v.size(); i++) {
                    const Term term = test.term(p.v[i], t.v[i]);
                    sum += term.value / divisor;
                    size += (std::fabs(term.value) + 4 * std::fabs(term.slope)) / divisor;
                    dp.v[i] = static_cast<double>(term.slope / divisor);
                }
                for (int layout = 0; layout < kLayouts; layout++) {
                    const Tensor x = leaf(p, GetParam(), static_cast<Layout>(layout));
                    const Tensor target = make(t, GetParam(), static_cast<Layout>(layout));
                    const Tensor loss = result(test.loss, x.get(), target.get(), reduction);
                    EXPECT_NEAR(item(loss.get()), static_cast<double>(sum),
                                8 * eps() * static_cast<double>(size))
                        << test.name << text_of(dims);
                    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
                    expect_values(neural_tensor_grad(x.get()), dp, GetParam(), 4, 8 * eps());
                }
            }
        }
    }
}

// Value and gradient of -sum_c target_c log softmax_c, or of focal loss, in long double.
struct ClassOracle {
    Real value = 0;
    std::vector<double> grad;
};

ClassOracle Classes(const Array &x, const Array &labels, const std::vector<double> &w, Real s,
                    Real gamma, bool focal, neural_reduction reduction) {
    const size_t rows = static_cast<size_t>(x.dims[0]), classes = static_cast<size_t>(x.dims[1]);
    ClassOracle out;
    Real divisor = 0;
    for (const double label : labels.v) {
        divisor += focal ? 1 : w[static_cast<size_t>(label)];
    }
    divisor = reduction == NEURAL_REDUCE_SUM          ? 1
              : reduction == NEURAL_REDUCE_BATCH_MEAN ? Real(rows)
                                                      : divisor;
    for (size_t i = 0; i < rows; i++) {
        const double *row = &x.v[i * classes];
        const size_t y = static_cast<size_t>(labels.v[i]);
        Real top = row[0], sum = 0, total = 0;
        for (size_t c = 0; c < classes; c++) {
            top = std::fmax(top, Real(row[c]));
        }
        for (size_t c = 0; c < classes; c++) {
            sum += std::exp(row[c] - top);
        }
        const Real log_y = row[y] - top - std::log(sum), p_y = std::exp(log_y);
        const Real power = std::pow(1 - p_y, gamma);
        const Real slope = gamma * std::pow(1 - p_y, gamma - 1) * p_y * log_y - power;
        for (size_t c = 0; c < classes; c++) {
            const Real t = w[c] * ((1 - s) * (c == y) + s / Real(classes));
            total += t;
            out.value -= focal ? 0 : t * (row[c] - top - std::log(sum)) / divisor;
        }
        out.value -= focal ? w[y] * power * log_y / divisor : 0;
        for (size_t c = 0; c < classes; c++) {
            const Real p = std::exp(row[c] - top) / sum;
            const Real t = w[c] * ((1 - s) * (c == y) + s / Real(classes));
            out.grad.push_back(static_cast<double>(
                (focal ? w[y] * slope * ((c == y) - p) : p * total - t) / divisor));
        }
    }
    return out;
}

TEST_P(LossOpsTest, ClassValuesAndGradients) {
    std::mt19937_64 random(67);
    for (const Dims &dims : {Dims{1, 2}, Dims{7, 3}, Dims{33, 10}, Dims{5, 1000}, Dims{700, 20}}) {
        const Array x = random_uniform(dims, -6, 6, random);
        Array labels{{dims[0]}, {}}, w = random_uniform({dims[1]}, 0.2, 3, random);
        for (int64_t i = 0; i < dims[0]; i++) {
            labels.v.push_back(static_cast<double>(random() % static_cast<uint64_t>(dims[1])));
        }
        const Tensor target = make(labels, NEURAL_DTYPE_F32), weights = make(w, GetParam());
        const std::vector<double> even(w.v.size(), 1);
        for (const double s : {0.0, 0.1, 1.0}) {
            for (const bool weighted : {false, true}) {
                for (const neural_reduction reduction : {NEURAL_REDUCE_MEAN, NEURAL_REDUCE_SUM}) {
                    for (const bool focal : {false, true}) {
                        const Tensor logits = leaf(x, GetParam());
                        neural_tensor *of_classes = weighted ? weights.get() : nullptr;
                        const Tensor loss =
                            focal
                                ? result(neural_focal_loss, logits.get(), target.get(), of_classes,
                                         2 * s, reduction)
                                : result(neural_cross_entropy_loss_with, logits.get(), target.get(),
                                         of_classes, s, NEURAL_IGNORE_NONE, reduction);
                        const ClassOracle want = Classes(x, labels, weighted ? w.v : even,
                                                         focal ? 0 : s, 2 * s, focal, reduction);
                        const double size = std::fabs(static_cast<double>(want.value)) + 1;
                        EXPECT_NEAR(item(loss.get()), static_cast<double>(want.value),
                                    64 * eps() * size);
                        ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
                        expect_values(neural_tensor_grad(logits.get()), Array{dims, want.grad},
                                      GetParam(), 0, 64 * eps() * (reduction ? 3 : 1));
                    }
                }
            }
        }
    }
}

TEST_P(LossOpsTest, NllPicksTheLabels) {
    const Tensor x = leaf(Array{{2, 3}, {-1, -2, -3, -4, -5, -6}}, GetParam());
    const Tensor t = make(Array{{2}, {2, 0}}, NEURAL_DTYPE_F32);
    const Tensor w = make(Array{{3}, {3, 7, 1}}, GetParam());
    EXPECT_EQ(item(result(neural_nll_loss, x.get(), t.get(), nullptr, NEURAL_IGNORE_NONE,
                          NEURAL_REDUCE_MEAN)
                       .get()),
              3.5);
    const Tensor loss =
        result(neural_nll_loss, x.get(), t.get(), w.get(), NEURAL_IGNORE_NONE, NEURAL_REDUCE_MEAN);
    EXPECT_EQ(item(loss.get()), (3 + 12) / 4.0);
    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (std::vector<double>{0, 0, -0.25, -0.75, 0, 0}));
}

TEST_P(LossOpsTest, ExtremeLogitsStayFinite) {
    const Tensor x = leaf(Array{{2, 2}, {1e4, -1e4, 1e4, -1e4}}, GetParam());
    const Tensor t = make(Array{{2}, {0, 1}}, NEURAL_DTYPE_F32);
    for (const double gamma : {0.0, 0.5, 2.0}) {
        const Tensor loss =
            result(neural_focal_loss, x.get(), t.get(), nullptr, gamma, NEURAL_REDUCE_SUM);
        EXPECT_EQ(item(loss.get()), 20000) << gamma;
        clear_grad(x);
        ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
        EXPECT_EQ(grad_of(x), (std::vector<double>{0, 0, 1, -1})) << gamma;
    }
    const Tensor smooth = result(neural_cross_entropy_loss_with, x.get(), t.get(), nullptr, 0.5,
                                 NEURAL_IGNORE_NONE, NEURAL_REDUCE_SUM);
    EXPECT_EQ(item(smooth.get()), 5000 + 15000);
}

TEST_P(LossOpsTest, NanGivesNan) {
    const Tensor x = leaf(Array{{1, 2}, {NAN, 1}}, GetParam());
    const Tensor t = make(Array{{1, 2}, {0.5, 1}}, GetParam());
    for (const Pointwise &test : kPointwise) {
        const Tensor loss = result(test.loss, x.get(), t.get(), NEURAL_REDUCE_MEAN);
        EXPECT_TRUE(std::isnan(item(loss.get()))) << test.name;
    }
    clear_grad(x);
    const Tensor loss = result(neural_l1_loss, x.get(), t.get(), NEURAL_REDUCE_MEAN);
    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    EXPECT_TRUE(std::isnan(grad_of(x)[0]));
    EXPECT_EQ(grad_of(x)[1], 0);
}

TEST_P(LossOpsTest, RefusesWhatDoesNotFit) {
    const Tensor x = leaf(Array{{2, 3}, {1, 2, 3, 4, 5, 6}}, GetParam());
    const Tensor t = make(Array{{2}, {2, 0}}, NEURAL_DTYPE_F32);
    const Tensor w = make(Array{{2}, {1, 1}}, GetParam());
    const neural_reduction mean = NEURAL_REDUCE_MEAN;
    EXPECT_EQ(fails(neural_focal_loss, x.get(), t.get(), w.get(), 2.0, mean),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "focal_loss: weights are [2], want [3], one per class");
    EXPECT_EQ(fails(neural_focal_loss, x.get(), t.get(), nullptr, -1.0, mean),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_cross_entropy_loss_with, x.get(), t.get(), nullptr, 1.5,
                    NEURAL_IGNORE_NONE, mean),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_huber_loss, x.get(), x.get(), 0.0, mean), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_smooth_l1_loss, x.get(), x.get(), -1.0, mean),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_l1_loss, x.get(), w.get(), mean), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_l1_loss, x.get(), x.get(), static_cast<neural_reduction>(7)),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor bad = make(Array{{2}, {2, 3}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(fails(neural_nll_loss, x.get(), bad.get(), nullptr, NEURAL_IGNORE_NONE, mean),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("label 1 is 3, want an integer in [0, 3)")) << neural_last_error();
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LossOpsTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

} // namespace
