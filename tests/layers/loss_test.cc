#include "layers/loss.h"

#include <cmath>
#include <string>

#include "tests/layers/tensors.h"

namespace {

double Item(neural_tensor *out) {
    const Tensor own = Own(out);
    double value = NAN;
    EXPECT_EQ(neural_tensor_item(out, &value), NEURAL_OK);
    return value;
}

double Apply(neural_loss loss, neural_tensor *prediction, neural_tensor *target) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_loss_apply(loss, prediction, target, &out), NEURAL_OK) << neural_last_error();
    return Item(out);
}

double Criterion(const neural_criterion &criterion, neural_tensor *prediction,
                 neural_tensor *target) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_criterion_apply(&criterion, prediction, target, &out), NEURAL_OK)
        << neural_last_error();
    return Item(out);
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

TEST(Loss, TheLossesOfValues) {
    const Tensor x = From({0.2, -1.5, 0.7, 3}, {2, 2}), t = From({0, 1, 1, 0}, {2, 2});
    EXPECT_NEAR(Apply(NEURAL_LOSS_L1, x.get(), t.get()), (0.2 + 2.5 + 0.3 + 3) / 4, 1e-14);
    neural_criterion criterion = neural_criterion_default(NEURAL_LOSS_HUBER);
    const double square = (0.04 + 0.09) / 2;
    EXPECT_NEAR(Criterion(criterion, x.get(), t.get()), (square + 2 + 2.5) / 4, 1e-14);
    criterion.huber_delta = 2;
    EXPECT_NEAR(Criterion(criterion, x.get(), t.get()), (square + 2 * 1.5 + 2 * 2) / 4, 1e-14);
    criterion.loss = NEURAL_LOSS_SMOOTH_L1;
    criterion.smooth_l1_beta = 2;
    EXPECT_NEAR(Criterion(criterion, x.get(), t.get()), (square / 2 + 1.5 + 2) / 4, 1e-14);
    const double third = std::log(1 / 3.0), half = std::log(0.5);
    const Tensor logs = From({third, third, third, half, half, -40}, {2, 3});
    const Tensor target = From({1, 0, 0, 0.5, 0.5, 0}, {2, 3});
    EXPECT_NEAR(Apply(NEURAL_LOSS_KL_DIV, logs.get(), target.get()), -third / 2, 1e-14);
}

TEST(Loss, TheLossesOfClasses) {
    const Tensor x = From({1, 2, 3, -1, 0, 5}, {2, 3}), labels = From({2, 0}, {2});
    const Tensor weights = From({2, 7, 0.5}, {3});
    const double sums[] = {std::log(std::exp(1) + std::exp(2) + std::exp(3)),
                           std::log(std::exp(-1) + 1 + std::exp(5))};
    const double first = 3 - sums[0], second = -1 - sums[1];
    const Tensor logs =
        From({1 - sums[0], 2 - sums[0], first, second, -sums[1], 5 - sums[1]}, {2, 3});
    neural_criterion criterion = neural_criterion_default(NEURAL_LOSS_NLL);
    EXPECT_NEAR(Criterion(criterion, logs.get(), labels.get()), -(first + second) / 2, 1e-14);
    criterion.class_weights = weights.get();
    const double weighted = -(0.5 * first + 2 * second) / 2.5;
    EXPECT_NEAR(Criterion(criterion, logs.get(), labels.get()), weighted, 1e-14);
    criterion.loss = NEURAL_LOSS_CROSS_ENTROPY;
    EXPECT_NEAR(Criterion(criterion, x.get(), labels.get()), weighted, 1e-14);
    criterion.class_weights = nullptr;
    criterion.label_smoothing = 0.3;
    const double all = first + (1 + 2 - 2 * sums[0]) + second + (0 + 5 - 2 * sums[1]);
    EXPECT_NEAR(Criterion(criterion, x.get(), labels.get()),
                -(0.7 * (first + second) + 0.1 * all) / 2, 1e-14);
    const auto focal = [](double log_p, double gamma) {
        return -std::pow(1 - std::exp(log_p), gamma) * log_p;
    };
    EXPECT_NEAR(Apply(NEURAL_LOSS_FOCAL, x.get(), labels.get()),
                (focal(first, 2) + focal(second, 2)) / 2, 1e-14);
    criterion.loss = NEURAL_LOSS_FOCAL;
    criterion.focal_gamma = 0.5;
    criterion.class_weights = weights.get();
    EXPECT_NEAR(Criterion(criterion, x.get(), labels.get()),
                (0.5 * focal(first, 0.5) + 2 * focal(second, 0.5)) / 2, 1e-14);
}

/* The mean over two batches is theirs by this weight. */
TEST(Loss, WeightOfABatch) {
    const Tensor labels = From({2, 0, 0}, {3}), values = From({1, 2, 3, 4}, {2, 2});
    const Tensor weights = From({2, 7, 0.5}, {3});
    double weight = 0;
    neural_criterion criterion = neural_criterion_default(NEURAL_LOSS_CROSS_ENTROPY);
    ASSERT_EQ(neural_criterion_weight(&criterion, labels.get(), &weight), NEURAL_OK);
    EXPECT_EQ(weight, 3);
    criterion.class_weights = weights.get();
    ASSERT_EQ(neural_criterion_weight(&criterion, labels.get(), &weight), NEURAL_OK);
    EXPECT_EQ(weight, 4.5);
    criterion.loss = NEURAL_LOSS_FOCAL;
    ASSERT_EQ(neural_criterion_weight(&criterion, labels.get(), &weight), NEURAL_OK);
    EXPECT_EQ(weight, 3);
    criterion.loss = NEURAL_LOSS_MSE;
    ASSERT_EQ(neural_criterion_weight(&criterion, values.get(), &weight), NEURAL_OK);
    EXPECT_EQ(weight, 2);
    EXPECT_EQ(neural_criterion_weight(nullptr, values.get(), &weight), NEURAL_ERR_NULL_POINTER);
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
