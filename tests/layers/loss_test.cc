#include "layers/loss.h"

#include <cmath>
#include <string>

#include "tests/layers/tensors.h"

namespace {

double Apply(neural_loss loss, neural_tensor *prediction, neural_tensor *target) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_loss_apply(loss, prediction, target, &out), NEURAL_OK) << neural_last_error();
    const Tensor own = Own(out);
    double value = NAN;
    EXPECT_EQ(neural_tensor_item(out, &value), NEURAL_OK);
    return value;
}

Tensor From(const std::vector<double> &values, std::vector<int64_t> dims) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(), (int64_t)(values.size() * sizeof(double)),
                                      (int)dims.size(), dims.data(), NEURAL_DTYPE_F64, &out),
              NEURAL_OK);
    return Own(out);
}

TEST(Loss, EveryWordComputesItsFormula) {
    const Tensor x = From({0.2, -1.5, 0.7, 3}, {4, 1}), t = From({0, 1, 1, 0}, {4, 1});
    const Tensor p = From({0.2, 0.9, 0.5, 0.01}, {4, 1});
    const std::vector<double> xs = Values(x.get()), ts = Values(t.get()), ps = Values(p.get());
    double mse = 0, logits = 0, bce = 0;
    for (size_t i = 0; i < 4; i++) {
        mse += (xs[i] - ts[i]) * (xs[i] - ts[i]) / 4;
        logits += (std::log1p(std::exp(xs[i])) - ts[i] * xs[i]) / 4;
        bce -= (ts[i] * std::log(ps[i]) + (1 - ts[i]) * std::log(1 - ps[i])) / 4;
    }
    EXPECT_NEAR(Apply(NEURAL_LOSS_MSE, x.get(), t.get()), mse, 1e-14);
    EXPECT_NEAR(Apply(NEURAL_LOSS_BCE_WITH_LOGITS, x.get(), t.get()), logits, 1e-14);
    EXPECT_NEAR(Apply(NEURAL_LOSS_BCE, p.get(), t.get()), bce, 1e-14);
    const Tensor rows = From({1, 2, 3, -1, 0, 5}, {2, 3}), labels = From({2, 0}, {2});
    const double first = 3 - std::log(std::exp(1) + std::exp(2) + std::exp(3));
    const double second = -1 - std::log(std::exp(-1) + 1 + std::exp(5));
    EXPECT_NEAR(Apply(NEURAL_LOSS_CROSS_ENTROPY, rows.get(), labels.get()), -(first + second) / 2,
                1e-14);
}

TEST(Loss, WordsParseAndMisspellingsGetASuggestion) {
    neural_loss loss;
    for (int i = 0; i < NEURAL_LOSS_COUNT; i++) {
        ASSERT_EQ(neural_loss_parse(neural_loss_name((neural_loss)i), &loss), NEURAL_OK);
        EXPECT_EQ((int)loss, i);
    }
    ASSERT_EQ(neural_loss_parse("CrossEntropy", &loss), NEURAL_OK);
    EXPECT_EQ(loss, NEURAL_LOSS_CROSS_ENTROPY);
    EXPECT_EQ(neural_loss_parse("cros_entropy", &loss), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(), "unknown loss cros_entropy; did you mean cross_entropy?");
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_loss_apply((neural_loss)99, nullptr, nullptr, &out),
              NEURAL_ERR_INVALID_ARGUMENT);
}

} // namespace
