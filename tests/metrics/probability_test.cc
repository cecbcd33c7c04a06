#include "metrics/probability.h"

#include "core/base/allocations.h"
#include "tests/metrics/metric_testing.h"

namespace {

using namespace metric_testing;

TEST(Brier, OfClassesSumsOverThem) {
    double got = -1;
    const Tensor p = floats({0.5, 0.25, 0.25, 0, 1, 0}, {2, 3});
    ASSERT_EQ(neural_brier_score(p.get(), labels({0, 1}).get(), &got), NEURAL_OK);
    EXPECT_DOUBLE_EQ(got, (0.25 + 0.0625 + 0.0625) / 2);
}

TEST(CalibrationError, ByHand) {
    // Four rows of two bins: 0.25 | 0.5 are right with 1 and 0, 0.75 | 1 with 0 and 1.
    double got = -1;
    const Tensor p = floats({0.5, 0.5, 0.5, 0.5, 0.75, 0.25, 1, 0}, {4, 2});
    ASSERT_EQ(neural_calibration_error(p.get(), labels({0, 1, 1, 0}).get(), 2, &got), NEURAL_OK);
    EXPECT_DOUBLE_EQ(got, (std::fabs(1 - 1.0) + std::fabs(1 - 1.75)) / 4);
}

TEST(CalibrationError, OneProbabilityCountsAsTwoClasses) {
    double one = -1, two = -2;
    const Tensor p = floats({0.125, 0.625, 0.875, 0.25}, {4, 1});
    const Tensor both =
        floats({0.875, 0.125, 0.375, 0.625, 0.125, 0.875, 0.75, 0.25}, {4, 2}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_calibration_error(p.get(), floats({0, 1, 0, 1}).get(), 15, &one), NEURAL_OK);
    ASSERT_EQ(neural_calibration_error(both.get(), labels({0, 1, 0, 1}).get(), 15, &two),
              NEURAL_OK);
    EXPECT_EQ(one, two);
    EXPECT_GT(one, 0);
}

TEST(CalibrationError, SureAndRightIsNone) {
    double got = -1;
    ASSERT_EQ(neural_calibration_error(floats({0, 1, 1, 0}, {2, 2}).get(), labels({1, 0}).get(), 15,
                                       &got),
              NEURAL_OK);
    EXPECT_EQ(got, 0);
}

TEST(Probability, RefusesWhatIsNoProbability) {
    double got = -1;
    for (const double bad : {-0.001, 1.001, (double)NAN, (double)INFINITY}) {
        const Tensor p = floats({0.5, bad});
        const Tensor target = floats({0, 1});
        EXPECT_EQ(neural_log_loss(p.get(), target.get(), &got), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_TRUE(last_error_has("probability 1 is")) << neural_last_error();
        EXPECT_EQ(neural_brier_score(p.get(), target.get(), &got), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_EQ(neural_calibration_error(p.get(), target.get(), 15, &got),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    const Tensor p = floats({0.5, 0.5}, {1, 2});
    EXPECT_EQ(neural_log_loss(p.get(), labels({2}).get(), &got), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(last_error_has("targets[0] is 2, expected 0 ... 1")) << neural_last_error();
    EXPECT_EQ(neural_log_loss(p.get(), labels({0, 1}).get(), &got), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_log_loss(floats({}, {0, 2}).get(), labels({}).get(), &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_log_loss(p.get(), nullptr, &got), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_brier_score(p.get(), labels({0}).get(), nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_calibration_error(p.get(), labels({0}).get(), 0, &got),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor label = labels({0});
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_calibration_error(p.get(), label.get(), 15, &got), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(got, -1);
}

} // namespace
