#include "layers/sequential.h"

#include <cstring>
#include <string>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "tests/layers/tensors.h"

namespace {

neural_layer *MakeLinear(int64_t in, int64_t out, uint64_t seed) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_linear_create(in, out, 1, NEURAL_DTYPE_F32, seed, &made), NEURAL_OK);
    return made;
}

neural_layer *MakeActivation(neural_activation kind) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_activation_create(kind, &made), NEURAL_OK);
    return made;
}

/* Linear(6, 5), activation, Linear(5, 3) */
Layer Chain(neural_activation kind) {
    neural_layer *chain = nullptr;
    EXPECT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    EXPECT_EQ(neural_sequential_add(chain, MakeLinear(6, 5, 1)), NEURAL_OK);
    EXPECT_EQ(neural_sequential_add(chain, MakeActivation(kind)), NEURAL_OK);
    EXPECT_EQ(neural_sequential_add(chain, MakeLinear(5, 3, 2)), NEURAL_OK);
    return Own(chain);
}

TEST(Sequential, RunsItsChildrenInOrder) {
    const Layer chain = Chain(NEURAL_ACTIVATION_TANH);
    const Tensor x = Normal({4, 6}, NEURAL_DTYPE_F32, 1);
    const Tensor whole = Forward(chain.get(), x.get());
    Tensor step = Forward(neural_layer_child(chain.get(), 0), x.get());
    step = Forward(neural_layer_child(chain.get(), 1), step.get());
    step = Forward(neural_layer_child(chain.get(), 2), step.get());
    EXPECT_EQ(Values(whole.get()), Values(step.get()));
}

TEST(Sequential, FusedReluHasTheBitsOfTheParts) {
    const Layer chain = Chain(NEURAL_ACTIVATION_RELU);
    const Tensor x = Normal({33, 6}, NEURAL_DTYPE_F32, 1);
    const auto gradients = [&](neural_tensor *y) {
        neural_tensor *loss = nullptr;
        EXPECT_EQ(neural_sum(y, NEURAL_ALL_AXES, 0, &loss), NEURAL_OK);
        EXPECT_EQ(neural_backward(loss, nullptr, 0), NEURAL_OK) << neural_last_error();
        neural_tensor_release(loss);
        std::vector<std::vector<double>> out = {Values(y)};
        for (int i = 0; i < 4; i++) {
            neural_tensor *grad = neural_tensor_grad(neural_layer_weight(chain.get(), i));
            out.push_back(Values(grad));
            EXPECT_EQ(neural_tensor_fill(grad, 0), NEURAL_OK);
        }
        return out;
    };
    const Tensor whole = Forward(chain.get(), x.get());
    const auto fused = gradients(whole.get());
    const Tensor a = Forward(neural_layer_child(chain.get(), 0), x.get());
    const Tensor b = Forward(neural_layer_child(chain.get(), 1), a.get());
    const Tensor c = Forward(neural_layer_child(chain.get(), 2), b.get());
    EXPECT_EQ(fused, gradients(c.get()));
}

TEST(Sequential, NamesParametersByPosition) {
    const Layer chain = Chain(NEURAL_ACTIVATION_RELU);
    const char *names[] = {"0.weight", "0.bias", "2.weight", "2.bias"};
    ASSERT_EQ(neural_layer_parameter_count(chain.get()), 4);
    for (int i = 0; i < 4; i++) {
        EXPECT_STREQ(neural_layer_weight_name(chain.get(), i), names[i]);
    }
    EXPECT_EQ(neural_layer_weight(chain.get(), 4), nullptr);
    neural_layer *outer = nullptr;
    ASSERT_EQ(neural_sequential_create(&outer), NEURAL_OK);
    const Layer own = Own(outer);
    ASSERT_EQ(neural_sequential_add(outer, Chain(NEURAL_ACTIVATION_RELU).release()), NEURAL_OK);
    EXPECT_STREQ(neural_layer_weight_name(outer, 2), "0.2.weight");
}

TEST(Sequential, PassesModeAndStepOn) {
    neural_layer *chain = nullptr, *dropout = nullptr;
    ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    const Layer own = Own(chain);
    ASSERT_EQ(neural_dropout_create(0.5, 1, &dropout), NEURAL_OK);
    ASSERT_EQ(neural_sequential_add(chain, dropout), NEURAL_OK);
    const Tensor x = Normal({64}, NEURAL_DTYPE_F32, 1);
    const std::vector<double> step0 = Values(Forward(chain, x.get()).get());
    neural_layer_set_step(chain, 1);
    EXPECT_NE(Values(Forward(chain, x.get()).get()), step0);
    neural_layer_set_training(chain, 0);
    EXPECT_EQ(neural_layer_training(dropout), 0);
    EXPECT_EQ(Values(Forward(chain, x.get()).get()), Values(x.get()));
}

TEST(Sequential, NamesTheLayerThatDoesNotFit) {
    const Layer chain = Chain(NEURAL_ACTIVATION_RELU);
    ASSERT_EQ(neural_sequential_add(chain.get(), MakeLinear(4, 2, 3)), NEURAL_OK);
    const Tensor x = Normal({4, 6}, NEURAL_DTYPE_F32, 1);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(chain.get(), x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(std::string(neural_last_error()).rfind("layer 3: ", 0), 0u) << neural_last_error();
    EXPECT_EQ(y, nullptr);
    const neural_shape in = Shape({6});
    neural_shape out;
    EXPECT_EQ(neural_layer_output_shape(chain.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_node_count(), 0);
}

TEST(Sequential, EmptyChainIsTheIdentity) {
    neural_layer *chain = nullptr;
    ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    const Layer own = Own(chain);
    const Tensor x = Normal({4, 6}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(Values(Forward(chain, x.get()).get()), Values(x.get()));
}

TEST(Sequential, RefusesToAddToAnotherKind) {
    const Layer linear = Own(MakeLinear(2, 2, 1)), child = Own(MakeLinear(2, 2, 1));
    EXPECT_EQ(neural_sequential_add(linear.get(), child.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_sequential_add(nullptr, child.get()), NEURAL_ERR_NULL_POINTER);
}

} // namespace
