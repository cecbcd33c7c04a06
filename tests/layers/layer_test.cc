#include "layers/layer.h"

#include "layers/layer_type.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

/* A kind of its own: doubles nothing, counts its destruction. */
int destroyed = 0;

neural_status Pass(neural_layer *, neural_tensor *x, neural_tensor **out) {
    *out = neural_tensor_retain(x);
    return NEURAL_OK;
}
void CountDestroy(neural_layer *) {
    destroyed++;
}

TEST(Layer, AKindNeedsOnlyANameAndForward) {
    const neural_layer_type type = {"Pass", Pass, nullptr, nullptr, CountDestroy};
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_layer_create(&type, sizeof(neural_layer), &made), NEURAL_OK);
    const int64_t dims[2] = {3, 2};
    ASSERT_EQ(neural_layer_add_parameter(made, "w", 2, dims, NEURAL_DTYPE_F64, 0), NEURAL_OK);
    char text[32];
    EXPECT_STREQ(neural_layer_describe(made, text, sizeof text), "Pass()");
    const neural_shape in = Shape({3, 2});
    neural_shape out;
    ASSERT_EQ(neural_layer_output_shape(made, &in, &out), NEURAL_OK);
    EXPECT_TRUE(neural_shape_equal(&in, &out));
    const Tensor x = Normal({2, 3, 2}, NEURAL_DTYPE_F64, 1);
    EXPECT_EQ(Values(Forward(made, x.get()).get()), Values(x.get()));
    EXPECT_EQ(Values(neural_layer_weight(made, 0)), std::vector<double>(6));
    EXPECT_EQ(neural_layer_training(made), 1);
    EXPECT_EQ(neural_layer_child_count(made), 0);
    EXPECT_EQ(neural_layer_child(made, 0), nullptr);
    EXPECT_EQ(neural_layer_parameter(made, -1), nullptr);
    neural_layer_destroy(made);
    EXPECT_EQ(destroyed, 1);
    neural_layer_destroy(nullptr);
}

TEST(Layer, RefusesMoreParametersThanItHolds) {
    const neural_layer_type type = {"Pass", Pass, nullptr, nullptr, nullptr};
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_layer_create(&type, sizeof(neural_layer), &made), NEURAL_OK);
    const Layer own = Own(made);
    const int64_t len = 1;
    for (int i = 0; i < NEURAL_LAYER_MAX_PARAMETERS; i++) {
        ASSERT_EQ(neural_layer_add_parameter(made, "w", 1, &len, NEURAL_DTYPE_F32, 0), NEURAL_OK);
    }
    EXPECT_EQ(neural_layer_add_parameter(made, "w", 1, &len, NEURAL_DTYPE_F32, 0),
              NEURAL_ERR_INTERNAL);
}

TEST(Layer, NullArgumentsAreErrors) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_layer_forward(nullptr, nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_layer_output_shape(nullptr, nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
}

} // namespace
