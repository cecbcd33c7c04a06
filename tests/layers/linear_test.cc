#include "layers/linear.h"

#include <cmath>
#include <cstring>
#include <string>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "tests/layers/tensors.h"

namespace {

class LinearOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, LinearOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(LinearOf, IsXTimesWTransposedPlusB) {
    for (const int with_bias : {0, 1}) {
        neural_layer *made = nullptr;
        ASSERT_EQ(neural_linear_create(13, 7, with_bias, GetParam(), 3, &made), NEURAL_OK);
        const Layer layer = Own(made);
        ASSERT_EQ(neural_layer_parameter_count(made), 1 + with_bias);
        const Tensor x = Normal({5, 13}, GetParam(), 1);
        const std::vector<double> y = Values(Forward(made, x.get()).get());
        const std::vector<double> in = Values(x.get()), w = Values(neural_layer_weight(made, 0));
        const std::vector<double> b =
            with_bias ? Values(neural_layer_weight(made, 1)) : std::vector<double>(7);
        ASSERT_EQ(y.size(), 35u);
        for (size_t i = 0; i < 5; i++) {
            for (size_t j = 0; j < 7; j++) {
                double sum = b[j];
                for (size_t k = 0; k < 13; k++) {
                    sum += in[i * 13 + k] * w[j * 13 + k];
                }
                EXPECT_NEAR(y[i * 7 + j], sum, GetParam() == NEURAL_DTYPE_F32 ? 1e-5 : 1e-13);
            }
        }
    }
}

TEST_P(LinearOf, StartsWithinPyTorchsBoundsAndDependsOnTheSeedAlone) {
    neural_layer *a = nullptr, *b = nullptr, *c = nullptr;
    ASSERT_EQ(neural_linear_create(100, 50, 1, GetParam(), 3, &a), NEURAL_OK);
    ASSERT_EQ(neural_linear_create(100, 50, 1, GetParam(), 3, &b), NEURAL_OK);
    ASSERT_EQ(neural_linear_create(100, 50, 1, GetParam(), 4, &c), NEURAL_OK);
    const Layer own_a = Own(a), own_b = Own(b), own_c = Own(c);
    for (int i = 0; i < 2; i++) {
        const std::vector<double> w = Values(neural_layer_weight(a, i));
        double largest = 0, sum = 0;
        for (const double v : w) {
            largest = std::max(largest, std::fabs(v));
            sum += v;
        }
        EXPECT_LE(largest, 0.1);
        EXPECT_GT(largest, 0.09);
        EXPECT_LT(std::fabs(sum / (double)w.size()), 0.03);
        EXPECT_EQ(w, Values(neural_layer_weight(b, i)));
        EXPECT_NE(w, Values(neural_layer_weight(c, i)));
    }
}

TEST_P(LinearOf, EvaluatesFewRowsWithTheSameBitsWhateverIsWritten) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_linear_create(200, 90, 1, GetParam(), 3, &made), NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({3, 200}, GetParam(), 1);
    const int was_recording = neural_set_grad_enabled(0);
    for (int round = 0; round < 3; round++) {
        neural_layer_set_training(made, 1);
        const std::vector<double> want = Values(Forward(made, x.get()).get());
        neural_layer_set_training(made, 0);
        for (int i = 0; i < 3; i++)
            EXPECT_EQ(Values(Forward(made, x.get()).get()), want) << round << " " << i;
        const int64_t allocations = neural_alloc_count();
        Forward(made, x.get());
        EXPECT_EQ(neural_alloc_count(), allocations);
        neural_tensor *weight = neural_layer_weight(made, 0);
        if (round == 1) {
            memset(neural_tensor_data(weight), 0, 64);
            neural_layer_weights_written(made);
        } else {
            const int64_t index[] = {round, 7};
            ASSERT_EQ(neural_tensor_set(weight, index, 3.0 + round), NEURAL_OK);
        }
        EXPECT_NE(Values(Forward(made, x.get()).get()), want) << round;
        EXPECT_NE(Values(Forward(made, x.get()).get()), want) << round;
    }
    neural_set_grad_enabled(was_recording);
}

TEST(Linear, NamesShapesThatDoNotFit) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_linear_create(784, 10, 1, NEURAL_DTYPE_F32, 0, &made), NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({32, 10}, NEURAL_DTYPE_F32, 1);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(made, x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("[32, 10]"), std::string::npos);
    EXPECT_NE(std::string(neural_last_error()).find("784"), std::string::npos);
    EXPECT_EQ(y, nullptr);
    const neural_shape in = Shape({10}), fits = Shape({784});
    neural_shape out;
    EXPECT_EQ(neural_layer_output_shape(made, &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    ASSERT_EQ(neural_layer_output_shape(made, &fits, &out), NEURAL_OK);
    EXPECT_EQ(out.dim[0], 10);
    char text[128];
    EXPECT_STREQ(neural_layer_describe(made, text, sizeof text),
                 "Linear(in_features=784, out_features=10, bias=True)");
}

TEST(Linear, RefusesBadArguments) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_linear_create(0, 1, 1, NEURAL_DTYPE_F32, 0, &made),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_linear_create(1, -1, 1, NEURAL_DTYPE_F32, 0, &made),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_linear_create(1, 1, 1, NEURAL_DTYPE_I64, 0, &made), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_linear_create(INT64_MAX / 2, INT64_MAX / 2, 1, NEURAL_DTYPE_F32, 0, &made),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_linear_create(1, 1, 1, NEURAL_DTYPE_F32, 0, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(made, nullptr);
}

TEST(Linear, FailedAllocationsLeaveNothingBehind) {
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    for (int n = 1; status != NEURAL_OK; n++) {
        ASSERT_LT(n, 100);
        neural_pool_trim();
        neural_layer *made = nullptr;
        neural_alloc_fail_at(n);
        status = neural_linear_create(3, 4, 1, NEURAL_DTYPE_F32, 0, &made);
        neural_alloc_fail_at(0);
        EXPECT_EQ(made == nullptr, status != NEURAL_OK);
        neural_layer_destroy(made);
    }
}

} // namespace
