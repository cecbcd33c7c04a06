#include "optim/clip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

class ClipOf : public testing::TestWithParam<neural_dtype> {
  protected:
    void SetUp() override {
        const int64_t len = 50021;
        ASSERT_EQ(neural_parameter_create("w", 1, &len, GetParam(), 0, &parameter_), NEURAL_OK);
        ASSERT_EQ(neural_tensor_fill_normal(parameter_->grad, 5, 0, 1), NEURAL_OK);
        ASSERT_EQ(neural_parameters_create(&parameter_, 1, &all_), NEURAL_OK);
        grad_ = parameter_->grad;
    }
    void TearDown() override {
        neural_parameters_destroy(all_);
        neural_parameter_destroy(parameter_);
    }
    double Get(int64_t i) {
        double out = NAN;
        EXPECT_EQ(neural_tensor_get(grad_, &i, &out), NEURAL_OK);
        return out;
    }
    double Norm() {
        long double sum = 0;
        for (int64_t i = 0; i < neural_tensor_len(grad_); i++) {
            sum += (long double)Get(i) * Get(i);
        }
        return (double)std::sqrt(sum);
    }
    neural_parameter *parameter_ = nullptr;
    neural_parameters *all_ = nullptr;
    neural_tensor *grad_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Dtypes, ClipOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(ClipOf, PrunedWeightsDoNotCount) {
    const int64_t len = 50021, third = 3;
    neural_tensor *mask = nullptr;
    ASSERT_EQ(neural_tensor_ones(1, &len, NEURAL_DTYPE_U8, &mask), NEURAL_OK);
    ((uint8_t *)neural_tensor_data(mask))[third] = 0;
    ASSERT_EQ(neural_parameter_set_mask(parameter_, mask), NEURAL_OK);
    neural_tensor_release(mask);
    ASSERT_EQ(neural_tensor_set(grad_, &third, NAN), NEURAL_OK);
    double norm = 0;
    ASSERT_EQ(neural_clip_grad_norm(all_, 1e9, &norm), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(Get(third), 0);
    EXPECT_NEAR(norm, Norm(), 1e-4 * Norm());
}

TEST_P(ClipOf, ScalesDownToTheNorm) {
    const double before = Norm();
    const double first = Get(0);
    double norm = 0;
    ASSERT_EQ(neural_clip_grad_norm(all_, 5, &norm), NEURAL_OK);
    EXPECT_NEAR(norm, before, 1e-5 * before);
    EXPECT_NEAR(Norm(), 5, 1e-4);
    EXPECT_NEAR(Get(0), first * 5 / before, 1e-6 * std::fabs(first));
}

TEST_P(ClipOf, LeavesSmallGradientsAlone) {
    const double first = Get(0);
    ASSERT_EQ(neural_clip_grad_norm(all_, 1e9, nullptr), NEURAL_OK);
    EXPECT_EQ(Get(0), first);
}

TEST_P(ClipOf, ClipsGradientsWhoseSquaresOverflowF32) {
    ASSERT_EQ(neural_tensor_fill(grad_, 1e25), NEURAL_OK);
    const double before = Norm();
    double norm = 0;
    ASSERT_EQ(neural_clip_grad_norm(all_, 5, &norm), NEURAL_OK) << neural_last_error();
    EXPECT_NEAR(norm, before, 1e-5 * before);
    EXPECT_NEAR(Norm(), 5, 1e-4);
}

TEST_P(ClipOf, ByValueClampsEveryElement) {
    std::vector<double> before;
    for (int64_t i = 0; i < neural_tensor_len(grad_); i++) {
        before.push_back(Get(i));
    }
    ASSERT_EQ(neural_clip_grad_value(all_, 0.5), NEURAL_OK);
    for (size_t i = 0; i < before.size(); i++) {
        ASSERT_EQ(Get((int64_t)i), std::fmin(std::fmax(before[i], -0.5), 0.5)) << i;
    }
    EXPECT_EQ(neural_clip_grad_value(all_, -1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_clip_grad_value(nullptr, 1), NEURAL_ERR_NULL_POINTER);
}

TEST_P(ClipOf, NamesTheParameterThatIsNotFinite) {
    const int64_t index = 4711;
    double norm = -1;
    ASSERT_EQ(neural_tensor_set(grad_, &index, NAN), NEURAL_OK);
    EXPECT_EQ(neural_clip_grad_norm(all_, 1, &norm), NEURAL_ERR_NAN_DETECTED);
    EXPECT_NE(std::string(neural_last_error()).find("gradient of w is not finite at element 4711"),
              std::string::npos)
        << neural_last_error();
    ASSERT_EQ(neural_tensor_set(grad_, &index, INFINITY), NEURAL_OK);
    EXPECT_EQ(neural_clip_grad_norm(all_, 1, &norm), NEURAL_ERR_INF_DETECTED);
    EXPECT_EQ(norm, -1);
    EXPECT_EQ(neural_clip_grad_norm(all_, -1, &norm), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_clip_grad_norm(nullptr, 1, &norm), NEURAL_ERR_NULL_POINTER);
}

} // namespace
