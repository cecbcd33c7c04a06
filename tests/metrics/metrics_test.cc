#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace {

template <typename T>
neural_tensor *Make(const std::vector<T> &values, std::vector<int64_t> dims, neural_dtype dtype) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(), (int64_t)(values.size() * sizeof(T)),
                                      (int)dims.size(), dims.data(), dtype, &out),
              NEURAL_OK)
        << neural_last_error();
    return out;
}

neural_tensor *Labels(const std::vector<int64_t> &values) {
    return Make(values, {(int64_t)values.size()}, NEURAL_DTYPE_I64);
}

TEST(Metrics, CountsCorrectRowsAndFirstOfEquals) {
    neural_tensor *scores = Make<float>({1, 1, 0, 0, 3, 2, NAN, 1, 0}, {3, 3}, NEURAL_DTYPE_F32);
    neural_tensor *labels = Labels({0, 1, 0});
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores, labels, &correct), NEURAL_OK);
    EXPECT_EQ(correct, 2); /* the NaN row is wrong even though its index matches */
    ASSERT_EQ(neural_argmax(scores, labels), NEURAL_OK);
    const int64_t *index = (const int64_t *)neural_tensor_data(labels);
    EXPECT_EQ(index[0], 0);
    EXPECT_EQ(index[1], 1);
    EXPECT_EQ(index[2], 0);
    neural_tensor_release(scores);
    neural_tensor_release(labels);
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
    neural_tensor *scores = Make(values, {1009, 6}, NEURAL_DTYPE_F64);
    neural_tensor *labels = Labels(label);
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores, labels, &correct), NEURAL_OK);
    EXPECT_EQ(correct, expected);
    neural_tensor_release(scores);
    neural_tensor_release(labels);
}

TEST(Metrics, BinaryAccuracyUsesTheThresholdStrictly) {
    neural_tensor *scores = Make<float>({0.5f, 0.51f, -1, NAN}, {4, 1}, NEURAL_DTYPE_F32);
    neural_tensor *targets = Make<float>({0, 1, 1, 0}, {4, 1}, NEURAL_DTYPE_F32);
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct_binary(scores, targets, 0.5, &correct), NEURAL_OK);
    EXPECT_EQ(correct, 2);
    neural_tensor_release(scores);
    neural_tensor_release(targets);
}

TEST(Metrics, SumsErrors) {
    neural_tensor *prediction = Make<float>({1, 2, -3}, {3, 1}, NEURAL_DTYPE_F32);
    neural_tensor *target = Make<float>({0, 4, -3}, {3, 1}, NEURAL_DTYPE_F32);
    double squared = 0, absolute = 0;
    ASSERT_EQ(neural_sum_errors(prediction, target, &squared, &absolute), NEURAL_OK);
    EXPECT_DOUBLE_EQ(squared, 5);
    EXPECT_DOUBLE_EQ(absolute, 3);
    ASSERT_EQ(neural_sum_errors(prediction, target, nullptr, nullptr), NEURAL_OK);
    neural_tensor_release(prediction);
    neural_tensor_release(target);
}

TEST(Metrics, EmptyBatchesCountNothing) {
    neural_tensor *scores = Make<float>({}, {0, 3}, NEURAL_DTYPE_F32);
    neural_tensor *labels = Labels({});
    int64_t correct = -1;
    ASSERT_EQ(neural_count_correct(scores, labels, &correct), NEURAL_OK);
    EXPECT_EQ(correct, 0);
    neural_tensor_release(scores);
    neural_tensor_release(labels);
}

TEST(Metrics, RefusesShapesThatDoNotFitAndNamesThem) {
    neural_tensor *scores = Make<float>({1, 2, 3, 4}, {2, 2}, NEURAL_DTYPE_F32);
    neural_tensor *labels = Labels({0, 1, 0});
    int64_t correct = -1;
    EXPECT_EQ(neural_count_correct(scores, labels, &correct), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("[2, 2]"), std::string::npos);
    EXPECT_EQ(neural_count_correct(nullptr, labels, &correct), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_sum_errors(scores, labels, nullptr, nullptr), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_count_correct(scores, labels, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_count_correct_binary(scores, scores, 0.5, nullptr), NEURAL_ERR_NULL_POINTER);
    neural_tensor *turned = nullptr;
    const int order[] = {1, 0};
    ASSERT_EQ(neural_tensor_permute(scores, order, &turned), NEURAL_OK);
    EXPECT_EQ(neural_sum_errors(turned, scores, nullptr, nullptr), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(correct, -1);
    neural_tensor_release(turned);
    neural_tensor_release(scores);
    neural_tensor_release(labels);
}

} // namespace
