#include "layers/layer.h"

#include "core/autograd/tape.h"
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

/* A kind with buffers: a count, and a mean of as many elements as it was made for. */
neural_layer *MakeCounter(const neural_layer_type *type, int64_t len) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_layer_create(type, sizeof(neural_layer), &made), NEURAL_OK);
    EXPECT_EQ(neural_layer_add_buffer(made, "count", 0, nullptr, NEURAL_DTYPE_F32, 0), NEURAL_OK);
    EXPECT_EQ(neural_layer_add_buffer(made, "mean", 1, &len, NEURAL_DTYPE_F32, 0.5), NEURAL_OK);
    return made;
}

TEST(Layer, BuffersAreKeptButNotTrained) {
    const neural_layer_type type = {"Counter", Pass, nullptr, nullptr, nullptr};
    neural_layer *chain = nullptr;
    ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    const Layer own = Own(chain);
    for (const int64_t len : {3, 17}) {
        ASSERT_EQ(neural_sequential_add(chain, MakeCounter(&type, len)), NEURAL_OK);
    }
    EXPECT_EQ(neural_layer_parameter_count(chain), 0);
    ASSERT_EQ(neural_layer_buffer_count(chain), 4);
    const char *const names[] = {"0.count", "0.mean", "1.count", "1.mean"};
    for (int i = 0; i < 4; i++) {
        EXPECT_STREQ(neural_layer_buffer_name(chain, i), names[i]);
        EXPECT_EQ(neural_tensor_grad(neural_layer_buffer_value(chain, i)), nullptr);
    }
    EXPECT_EQ(neural_layer_buffer_name(chain, 4), nullptr);
    EXPECT_EQ(neural_layer_buffer_value(chain, -1), nullptr);
    neural_parameters *flat = nullptr;
    ASSERT_EQ(neural_layer_flatten_buffers(chain, &flat), NEURAL_OK);
    EXPECT_EQ(Values(neural_layer_buffer_value(chain, 3)), std::vector<double>(17, 0.5));
    EXPECT_EQ(neural_tensor_len(flat->grads), 0);
    ASSERT_EQ(neural_tensor_fill(flat->values, 2), NEURAL_OK);
    EXPECT_EQ(Values(neural_layer_buffer_value(chain, 1)), std::vector<double>(3, 2));
    neural_parameters_destroy(flat);
}

TEST(Layer, RefusesMoreBuffersThanItHolds) {
    const neural_layer_type type = {"Counter", Pass, nullptr, nullptr, nullptr};
    const Layer own = Own(MakeCounter(&type, 1));
    for (int i = 2; i < NEURAL_LAYER_MAX_BUFFERS; i++) {
        ASSERT_EQ(neural_layer_add_buffer(own.get(), "b", 0, nullptr, NEURAL_DTYPE_F32, 0),
                  NEURAL_OK);
    }
    EXPECT_EQ(neural_layer_add_buffer(own.get(), "b", 0, nullptr, NEURAL_DTYPE_F32, 0),
              NEURAL_ERR_INTERNAL);
}

TEST(Layer, NullArgumentsAreErrors) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_layer_forward(nullptr, nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_layer_output_shape(nullptr, nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
}

} // namespace
