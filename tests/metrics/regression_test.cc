#include "metrics/regression.h"

#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;

TEST(Regression, ByHand) {
    neural_regression_scores scores;
    ASSERT_EQ(neural_regression(floats({1, 2, 6}, {3, 1}, NEURAL_DTYPE_F32).get(),
                                floats({1, 3, 5}, {3, 1}, NEURAL_DTYPE_F32).get(), &scores),
              NEURAL_OK);
    EXPECT_DOUBLE_EQ(scores.mae, 2.0 / 3);
    EXPECT_DOUBLE_EQ(scores.mse, 2.0 / 3);
    EXPECT_DOUBLE_EQ(scores.rmse, std::sqrt(2.0 / 3));
    EXPECT_DOUBLE_EQ(scores.r2, 1 - 2.0 / 8);
}

TEST(Regression, NanStaysNanAndASingleRowHasNoR2) {
    neural_regression_scores scores;
    ASSERT_EQ(neural_regression(floats({NAN, 1}).get(), floats({0, 1}).get(), &scores), NEURAL_OK);
    EXPECT_TRUE(std::isnan(scores.mse));
    EXPECT_TRUE(std::isnan(scores.r2));
    ASSERT_EQ(neural_regression(floats({2}).get(), floats({1}).get(), &scores), NEURAL_OK);
    EXPECT_EQ(scores.mae, 1);
    EXPECT_TRUE(std::isnan(scores.r2));
}

TEST(Regression, RefusesWhatDoesNotFit) {
    neural_regression_scores scores;
    EXPECT_EQ(neural_regression(floats({1, 2}).get(), floats({1}).get(), &scores),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(last_error_has("2 scores and 1 targets")) << neural_last_error();
    EXPECT_EQ(neural_regression(floats({}).get(), floats({}).get(), &scores),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_regression(floats({1}).get(), labels({1}).get(), &scores),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_regression(nullptr, floats({1}).get(), &scores), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_regression(floats({1}).get(), floats({1}).get(), nullptr),
              NEURAL_ERR_NULL_POINTER);
}

} // namespace
