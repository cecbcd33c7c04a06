#include "layers/residual.h"

#include <string>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

neural_layer *Chain(std::initializer_list<int64_t> sizes, uint64_t seed) {
    neural_layer *chain = nullptr;
    EXPECT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    for (auto in = sizes.begin(); in + 1 != sizes.end(); in++) {
        neural_layer *linear = nullptr;
        EXPECT_EQ(neural_linear_create(in[0], in[1], 1, NEURAL_DTYPE_F64, seed++, &linear),
                  NEURAL_OK);
        EXPECT_EQ(neural_sequential_add(chain, linear), NEURAL_OK);
    }
    return chain;
}

Layer Make(neural_layer *branch, neural_layer *shortcut) {
    neural_layer *out = nullptr;
    EXPECT_EQ(neural_residual_create(branch, shortcut, &out), NEURAL_OK) << neural_last_error();
    return Own(out);
}

TEST(Residual, AddsTheInput) {
    const Layer block = Make(Chain({4, 6, 4}, 1), nullptr);
    const Tensor x = Normal({3, 4}, NEURAL_DTYPE_F64, 9);
    const Tensor y = Forward(block.get(), x.get());
    const Tensor branch = Forward(neural_layer_child(block.get(), 0), x.get());
    const std::vector<double> xs = Values(x.get()), bs = Values(branch.get());
    std::vector<double> want;
    for (size_t i = 0; i < xs.size(); i++) {
        want.push_back(xs[i] + bs[i]);
    }
    EXPECT_EQ(Values(y.get()), want);
}

// d sum / dx of x + x W1^T W2^T is 1 + the column sums of W2 W1.
TEST(Residual, TheGradientPassesBothWays) {
    const Layer block = Make(Chain({2, 3, 2}, 1), nullptr);
    const Tensor x = Normal({1, 2}, NEURAL_DTYPE_F64, 9);
    ASSERT_EQ(neural_tensor_set_requires_grad(x.get(), 1), NEURAL_OK);
    neural_tensor *sum = nullptr;
    const Tensor y = Forward(block.get(), x.get());
    ASSERT_EQ(neural_sum(y.get(), NEURAL_ALL_AXES, 0, &sum), NEURAL_OK);
    ASSERT_EQ(neural_backward(sum, nullptr, 0), NEURAL_OK);
    const Tensor own = Own(sum);
    const std::vector<double> w1 = Values(neural_layer_weight(block.get(), 0));
    const std::vector<double> w2 = Values(neural_layer_weight(block.get(), 2));
    const std::vector<double> dx = Values(neural_tensor_grad(x.get()));
    for (size_t i = 0; i < 2; i++) {
        double want = 1;
        for (size_t k = 0; k < 3; k++) {
            want += (w2[k] + w2[3 + k]) * w1[k * 2 + i];
        }
        EXPECT_NEAR(dx[i], want, 1e-14);
    }
}

TEST(Residual, AProjectionNamesItsParameters) {
    const Layer block = Make(Chain({4, 6, 5}, 1), Chain({4, 5}, 7));
    const char *names[] = {"0.weight",          "0.bias",         "1.weight", "1.bias",
                           "shortcut.0.weight", "shortcut.0.bias"};
    ASSERT_EQ(neural_layer_parameter_count(block.get()), 6);
    for (int i = 0; i < 6; i++) {
        EXPECT_STREQ(neural_layer_weight_name(block.get(), i), names[i]);
    }
    const neural_shape in = Shape({4});
    neural_shape out;
    ASSERT_EQ(neural_layer_output_shape(block.get(), &in, &out), NEURAL_OK);
    EXPECT_EQ(out.dim[0], 5);
    const Tensor x = Normal({3, 4}, NEURAL_DTYPE_F64, 9);
    EXPECT_EQ(neural_tensor_dims(Forward(block.get(), x.get()).get())[1], 5);
    EXPECT_TRUE(neural_layer_is_side_by_side(block.get()));
    EXPECT_STREQ(neural_layer_name(neural_layer_child(block.get(), 1)), "shortcut");
    char text[40];
    EXPECT_STREQ(neural_layer_describe(block.get(), text, sizeof text), "Residual()");
}

// [3, 1] + [3, 4] would broadcast.
TEST(Residual, ShapesThatDifferAreRefused) {
    const Layer narrow = Make(Chain({4, 1}, 1), nullptr);
    const Tensor x = Normal({3, 4}, NEURAL_DTYPE_F64, 9);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(narrow.get(), x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "Residual: the branch gives [3, 1], the input is [3, 4], expected one shape; a "
                 "second block can give the input the branch's shape");
    const neural_shape in = Shape({4});
    neural_shape out;
    EXPECT_EQ(neural_layer_output_shape(narrow.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    const Layer both = Make(Chain({4, 3}, 1), Chain({4, 2}, 2));
    EXPECT_EQ(neural_layer_output_shape(both.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "Residual: the branch gives [3], the shortcut [2], expected one shape");
    const Layer wrong = Make(Chain({4, 4}, 1), Chain({5, 4}, 2));
    EXPECT_EQ(neural_layer_forward(wrong.get(), x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(std::string(neural_last_error()).rfind("shortcut: layer 0: ", 0), 0u);
    EXPECT_EQ(y, nullptr);
}

TEST(Residual, ModeAndStepReachTheBranch) {
    neural_layer *dropout = nullptr;
    ASSERT_EQ(neural_dropout_create(0.5, 1, &dropout), NEURAL_OK);
    const Layer block = Make(dropout, nullptr);
    neural_layer_set_training(block.get(), 0);
    EXPECT_EQ(neural_layer_training(dropout), 0);
}

TEST(Residual, RefusedLayersStayTheCallers) {
    neural_layer *out = nullptr;
    const Layer chain = Own(Chain({2, 2}, 1));
    EXPECT_EQ(neural_residual_create(nullptr, nullptr, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_residual_create(chain.get(), chain.get(), &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(out, nullptr);
}

} // namespace
