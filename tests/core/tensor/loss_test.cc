#include "tests/core/autograd/autograd_testing.h"

#include <cmath>

#include "core/base/threads.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;
using LossFunction = neural_status (*)(neural_tensor *, neural_tensor *, neural_tensor **);

// One term of the mean with its derivatives, in long double.
struct Term {
    long double value, d_prediction, d_target;
};

Term mse(long double p, long double t) {
    return {(p - t) * (p - t), 2 * (p - t), -2 * (p - t)};
}

Term bce(long double p, long double t) {
    const long double log_p = std::fmax(std::log(p), -100.0L);
    const long double log_q = std::fmax(std::log1p(-p), -100.0L);
    const long double spread = std::fmax(p * (1 - p), 1e-12L);
    return {-(t * log_p + (1 - t) * log_q), (p - t) / spread, log_q - log_p};
}

Term logits(long double x, long double t) {
    const long double soft = std::fmax(x, 0.0L) + std::log1p(std::exp(-std::fabs(x)));
    return {soft - t * x, 1 / (1 + std::exp(-x)) - t, -x};
}

struct Pointwise {
    const char *name;
    LossFunction loss;
    Term (*term)(long double, long double);
    double low, high;
};

const Pointwise kPointwise[] = {
    {"mse", neural_mse_loss, mse, -3, 3},
    {"bce", neural_bce_loss, bce, 0, 1},
    {"bce_with_logits", neural_bce_with_logits_loss, logits, -20, 20},
};

class LossTest : public testing::TestWithParam<neural_dtype> {
  protected:
    double eps() const { return GetParam() == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-52; }
};

TEST_P(LossTest, PointwiseValuesAndGradients) {
    std::mt19937_64 random(51);
    for (const Pointwise &test : kPointwise) {
        for (const Dims &dims :
             {Dims{1}, Dims{}, Dims{3, 5}, Dims{4, 1}, Dims{2, 3, 4}, Dims{513}, Dims{3, 1031}}) {
            const Array p = random_uniform(dims, test.low, test.high, random);
            const Array t = random_uniform(dims, 0, 1, random);
            long double sum = 0;
            Array dp = p, dt = t;
            const double n = static_cast<double>(p.len()), weight = 1.5;
            for (size_t i = 0; i < p.v.size(); i++) {
                const Term term = test.term(p.v[i], t.v[i]);
                sum += term.value;
                dp.v[i] = static_cast<double>(term.d_prediction * weight / n);
                dt.v[i] = static_cast<double>(term.d_target * weight / n);
            }
            for (int layout = 0; layout < kLayouts; layout++) {
                SCOPED_TRACE(std::string(test.name) + " " + text_of(dims) + " layout " +
                             std::to_string(layout));
                const Tensor x = leaf(p, GetParam(), static_cast<Layout>(layout));
                const Tensor y = leaf(t, GetParam(), static_cast<Layout>(layout));
                const Tensor loss = result(test.loss, x.get(), y.get());
                ASSERT_TRUE(loss);
                EXPECT_EQ(neural_tensor_ndim(loss.get()), 0);
                const double want = static_cast<double>(sum) / n;
                EXPECT_NEAR(item(loss.get()), want, 8 * eps() * std::fabs(want) + 4 * eps());
                const Tensor grad = make(Array{{}, {weight}}, GetParam());
                ASSERT_EQ(neural_backward(loss.get(), grad.get(), 0), NEURAL_OK);
                // p - t and sigmoid - t cancel: an error of eps in one factor.
                expect_values(neural_tensor_grad(x.get()), dp, GetParam(), 16, 8 * eps() / n);
                expect_values(neural_tensor_grad(y.get()), dt, GetParam(), 16, 8 * eps() / n);
            }
        }
    }
}

TEST_P(LossTest, ExtremesOfBce) {
    const Tensor p = leaf(Array{{4}, {0, 1, 0, 1}}, GetParam());
    const Tensor t = make(Array{{4}, {0, 1, 1, 0}}, GetParam());
    const Tensor loss = result(neural_bce_loss, p.get(), t.get());
    EXPECT_EQ(item(loss.get()), 50); // (0 + 0 + 100 + 100) / 4
    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    expect_values(neural_tensor_grad(p.get()), Array{{4}, {0, 0, -0.25e12, 0.25e12}}, GetParam(),
                  1);
}

TEST_P(LossTest, ExtremesOfBceWithLogits) {
    const Tensor x = leaf(Array{{4}, {1000, -1000, 1000, -1000}}, GetParam());
    const Tensor t = make(Array{{4}, {1, 0, 0, 1}}, GetParam());
    const Tensor loss = result(neural_bce_with_logits_loss, x.get(), t.get());
    EXPECT_EQ(item(loss.get()), 500);
    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (Values{0, 0, 0.25, -0.25}));
    // Far out on the right side the loss is log(1 + e^-|x|), not 0.
    const Tensor far = make(Array{{1}, {20}}, GetParam()), one = make(Array{{1}, {1}}, GetParam());
    const Tensor tiny = result(neural_bce_with_logits_loss, far.get(), one.get());
    EXPECT_NEAR(item(tiny.get()) / std::log1p(std::exp(-20.0)), 1, 8 * eps());
}

TEST_P(LossTest, CrossEntropy) {
    std::mt19937_64 random(52);
    for (const auto &[rows, classes] :
         {std::pair<int64_t, int64_t>{1, 1}, {1, 2}, {7, 3}, {32, 6}, {5, 10}, {3, 1031}}) {
        const Array x = random_uniform({rows, classes}, -9, 9, random);
        Array labels{{rows}, {}}, dx = x;
        long double sum = 0;
        for (int64_t i = 0; i < rows; i++) {
            const int64_t label = i * 5 % classes;
            labels.v.push_back(static_cast<double>(label));
            long double total = 0;
            const auto at = [&](int64_t j) { return static_cast<size_t>(i * classes + j); };
            for (int64_t j = 0; j < classes; j++) {
                total += std::exp(static_cast<long double>(x.v[at(j)]));
            }
            sum += std::log(total) - x.v[at(label)];
            for (int64_t j = 0; j < classes; j++) {
                const long double y = std::exp(static_cast<long double>(x.v[at(j)])) / total;
                dx.v[at(j)] = static_cast<double>((y - (j == label)) / rows);
            }
        }
        const double want = static_cast<double>(sum / rows);
        for (neural_dtype dtype :
             {NEURAL_DTYPE_I32, NEURAL_DTYPE_I64, NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
            for (Layout layout : {kContiguous, kReversed, kSliced}) {
                SCOPED_TRACE(text_of(x.dims) + " labels " + neural_dtype_name(dtype));
                const Tensor floats = make(labels, NEURAL_DTYPE_F64, layout);
                const Tensor t = dtype == NEURAL_DTYPE_F64
                                     ? Tensor(neural_tensor_retain(floats.get()))
                                     : result(neural_tensor_cast, floats.get(), dtype);
                const Tensor logit = leaf(x, GetParam(), layout);
                const Tensor loss = result(neural_cross_entropy_loss, logit.get(), t.get());
                ASSERT_TRUE(loss);
                EXPECT_NEAR(item(loss.get()), want, 16 * eps() * (std::fabs(want) + 10));
                ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
                expect_values(neural_tensor_grad(logit.get()), dx, GetParam(), 64, 32 * eps());
            }
        }
    }
}

TEST_P(LossTest, CrossEntropyOfLargeLogits) {
    const Tensor x = leaf(Array{{2, 2}, {1e4, 0, 0, 1e4}}, GetParam());
    const Tensor t = make(Array{{2}, {0, 0}}, NEURAL_DTYPE_F32);
    const Tensor loss = result(neural_cross_entropy_loss, x.get(), t.get());
    EXPECT_EQ(item(loss.get()), 5000);
    ASSERT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (Values{0, 0, -0.5, 0.5}));
}

TEST_P(LossTest, CrossEntropyNamesTheBadLabel) {
    const Tensor x = leaf(Array{{3, 4}, Values(12, 0.5)}, GetParam());
    const auto refused = [&](double label, neural_dtype dtype) {
        const Tensor floats = make(Array{{3}, {0, label, 3}}, NEURAL_DTYPE_F64);
        const Tensor t = result(neural_tensor_cast, floats.get(), dtype);
        return fails(neural_cross_entropy_loss, x.get(), t.get());
    };
    EXPECT_EQ(refused(4, NEURAL_DTYPE_I64), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "cross_entropy_loss: label 1 is 4, want an integer in [0, 4)");
    EXPECT_EQ(refused(-1, NEURAL_DTYPE_I32), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(refused(1.5, NEURAL_DTYPE_F32), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("1.5")) << neural_last_error();
    EXPECT_EQ(refused(NAN, NEURAL_DTYPE_F64), NEURAL_ERR_NAN_DETECTED);
    EXPECT_EQ(refused(INFINITY, NEURAL_DTYPE_F64), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(refused(1, NEURAL_DTYPE_U8), NEURAL_ERR_INVALID_DTYPE);
}

TEST_P(LossTest, ALabelThatChangesBehindTheScenesIsCaught) {
    int64_t labels[] = {0, 1};
    const int64_t dims[] = {2};
    neural_tensor *raw = nullptr;
    ASSERT_EQ(
        neural_tensor_wrap(labels, 1, dims, nullptr, NEURAL_DTYPE_I64, nullptr, nullptr, &raw),
        NEURAL_OK);
    const Tensor t(raw), x = leaf(Array{{2, 2}, {1, 2, 3, 4}}, GetParam());
    const Tensor loss = result(neural_cross_entropy_loss, x.get(), t.get());
    labels[1] = 1 << 30;
    EXPECT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);
}

TEST_P(LossTest, RefusesWhatDoesNotFit) {
    const Tensor a = make(Array{{2, 2}, {0, 0, 0, 0}}, GetParam());
    const Tensor b = make(Array{{2}, {0, 0}}, GetParam());
    const Tensor other = make(Array{{2, 2}, {0, 0, 0, 0}},
                              GetParam() == NEURAL_DTYPE_F32 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32);
    for (const Pointwise &test : kPointwise) {
        EXPECT_EQ(fails(test.loss, a.get(), b.get()), NEURAL_ERR_SHAPE_MISMATCH);
        EXPECT_TRUE(error_has("[2, 2]") && error_has("is [2]")) << neural_last_error();
        EXPECT_EQ(fails(test.loss, a.get(), other.get()), NEURAL_ERR_DTYPE_MISMATCH);
    }
    EXPECT_EQ(fails(neural_cross_entropy_loss, a.get(), a.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_cross_entropy_loss, b.get(), b.get()), NEURAL_ERR_SHAPE_MISMATCH);
    for (const auto &[value, status] :
         {std::pair<double, neural_status>{-0.01, NEURAL_ERR_INVALID_ARGUMENT},
          {1.01, NEURAL_ERR_INVALID_ARGUMENT},
          {NAN, NEURAL_ERR_NAN_DETECTED}}) {
        const Tensor p = make(Array{{2}, {0.5, value}}, GetParam());
        EXPECT_EQ(fails(neural_bce_loss, p.get(), b.get()), status);
        EXPECT_TRUE(error_has("bce_loss: prediction 1 is ")) << neural_last_error();
    }
}

TEST_P(LossTest, NothingToAverageIsNan) {
    const Tensor empty = leaf(Array{{0, 3}, {}}, GetParam());
    const Tensor none = make(Array{{0}, {}}, GetParam());
    for (const Pointwise &test : kPointwise) {
        const Tensor loss = result(test.loss, empty.get(), empty.get());
        EXPECT_TRUE(std::isnan(item(loss.get()))) << test.name;
        EXPECT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
    }
    const Tensor loss = result(neural_cross_entropy_loss, empty.get(), none.get());
    EXPECT_TRUE(std::isnan(item(loss.get())));
    EXPECT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_OK);
}

TEST_P(LossTest, NanInTheLogitsGivesNan) {
    const Tensor x = make(Array{{2, 2}, {1, NAN, 3, 4}}, GetParam());
    const Tensor t = make(Array{{2}, {0, 1}}, NEURAL_DTYPE_F32);
    const Tensor zeros = make(Array{{2, 2}, {0, 0, 0, 0}}, GetParam());
    EXPECT_TRUE(std::isnan(item(result(neural_cross_entropy_loss, x.get(), t.get()).get())));
    EXPECT_TRUE(std::isnan(item(result(neural_mse_loss, x.get(), zeros.get()).get())));
    EXPECT_TRUE(std::isnan(item(result(neural_bce_with_logits_loss, x.get(), zeros.get()).get())));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LossTest, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST(Loss, TheTargetOfCrossEntropyHasNoGradient) {
    const Tensor x = leaf(Array{{1, 2}, {1, 2}}, NEURAL_DTYPE_F32);
    const Tensor t = leaf(Array{{1}, {1}}, NEURAL_DTYPE_F32);
    const Tensor loss = result(neural_cross_entropy_loss, x.get(), t.get());
    EXPECT_EQ(neural_backward(loss.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("target")) << neural_last_error();
}

TEST(Loss, ThreadsDoNotChangeABit) {
    std::mt19937_64 random(53);
    const Array array = random_uniform({3001, 40}, -8, 8, random);
    const Tensor t = make(Array{{3001}, Values(3001, 7)}, NEURAL_DTYPE_F32);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, NEURAL_DTYPE_F32);
        std::vector<Tensor> all;
        all.push_back(result(neural_cross_entropy_loss, x.get(), t.get()));
        EXPECT_EQ(neural_backward(all[0].get(), nullptr, 0), NEURAL_OK);
        all.push_back(shared_grad(x));
        return all;
    });
}

TEST(Loss, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    for (LossFunction function : {neural_mse_loss, neural_bce_loss, neural_cross_entropy_loss}) {
        sweep_failed_allocations([&] {
            const int64_t dims[] = {3, 2};
            const int labels = function == neural_cross_entropy_loss;
            neural_tensor *x = nullptr, *t = nullptr, *turned = nullptr, *loss = nullptr;
            neural_status status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &x);
            status = status ? status : neural_tensor_set_requires_grad(x, 1);
            status = status ? status
                            : neural_tensor_zeros(labels ? 1 : 2, labels ? dims + 1 : dims,
                                                  NEURAL_DTYPE_F32, &t);
            status = status ? status : neural_transpose(x, 0, labels ? 1 : 0, &turned);
            status = status ? status : function(turned, t, &loss);
            status = status ? status : neural_backward(loss, nullptr, 0);
            for (neural_tensor *tensor : {loss, turned, t, x}) {
                neural_tensor_release(tensor);
            }
            return status;
        });
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
