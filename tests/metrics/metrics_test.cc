#include "metrics/metrics.h"

#include <random>

#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;

TEST(Metrics, CountsCorrectRowsAndFirstOfEquals) {
    const Tensor scores = floats({1, 1, 0, 0, 3, 2, NAN, 1, 0}, {3, 3}, NEURAL_DTYPE_F32);
    const Tensor label = labels({0, 1, 0});
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores.get(), label.get(), &correct), NEURAL_OK);
    EXPECT_EQ(correct, 2); /* the NaN row is wrong even though its index matches */
    ASSERT_EQ(neural_argmax(scores.get(), label.get()), NEURAL_OK);
    const int64_t *index = (const int64_t *)neural_tensor_data(label.get());
    EXPECT_EQ(index[0], 0);
    EXPECT_EQ(index[1], 1);
    EXPECT_EQ(index[2], 0);
}

TEST(Metrics, AgreesWithCountingByHandOnRandomRows) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    std::vector<double> values(1009 * 6);
    std::vector<int64_t> label(1009);
    int64_t expected = 0;
    for (size_t i = 0; i < label.size(); i++) {
        size_t best = 0;
        for (size_t j = 0; j < 6; j++) {
            values[i * 6 + j] = normal(random);
            if (values[i * 6 + j] > values[i * 6 + best]) {
                best = j;
            }
        }
        label[i] = (int64_t)(random() % 6);
        expected += label[i] == (int64_t)best;
    }
    const Tensor scores = floats(values, {1009, 6});
    const Tensor target = labels(label);
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores.get(), target.get(), &correct), NEURAL_OK);
    EXPECT_EQ(correct, expected);
}

TEST(Metrics, BinaryAccuracyUsesTheThresholdStrictly) {
    const Tensor scores = floats({0.5f, 0.51f, -1, NAN}, {4, 1}, NEURAL_DTYPE_F32);
    const Tensor targets = floats({0, 1, 1, 0}, {4, 1}, NEURAL_DTYPE_F32);
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct_binary(scores.get(), targets.get(), 0.5, &correct), NEURAL_OK);
    EXPECT_EQ(correct, 2);
}

TEST(Metrics, SumsErrors) {
    const Tensor prediction = floats({1, 2, -3}, {3, 1}, NEURAL_DTYPE_F32);
    const Tensor target = floats({0, 4, -3}, {3, 1}, NEURAL_DTYPE_F32);
    double squared = 0, absolute = 0;
    ASSERT_EQ(neural_sum_errors(prediction.get(), target.get(), &squared, &absolute), NEURAL_OK);
    EXPECT_DOUBLE_EQ(squared, 5);
    EXPECT_DOUBLE_EQ(absolute, 3);
    ASSERT_EQ(neural_sum_errors(prediction.get(), target.get(), nullptr, nullptr), NEURAL_OK);
}

TEST(Metrics, EmptyBatchesCountNothing) {
    const Tensor scores = floats({}, {0, 3}, NEURAL_DTYPE_F32);
    const Tensor label = labels({});
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores.get(), label.get(), &correct), NEURAL_OK);
    EXPECT_EQ(correct, 0);
}

TEST(Metrics, RefusesShapesThatDoNotFitAndNamesThem) {
    const Tensor scores = floats({1, 2, 3, 4}, {2, 2}, NEURAL_DTYPE_F32);
    const Tensor label = labels({0, 1, 0});
    int64_t correct = -1;
    EXPECT_EQ(neural_count_correct(scores.get(), label.get(), &correct), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("[2, 2]"), std::string::npos);
    EXPECT_EQ(neural_count_correct(nullptr, label.get(), &correct), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_sum_errors(scores.get(), label.get(), nullptr, nullptr),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_count_correct(scores.get(), label.get(), nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_count_correct_binary(scores.get(), scores.get(), 0.5, nullptr),
              NEURAL_ERR_NULL_POINTER);
    neural_tensor *turned = nullptr;
    const int order[] = {1, 0};
    ASSERT_EQ(neural_tensor_permute(scores.get(), order, &turned), NEURAL_OK);
    EXPECT_EQ(neural_sum_errors(turned, scores.get(), nullptr, nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(correct, -1);
    neural_tensor_release(turned);
}

} // namespace
