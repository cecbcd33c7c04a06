#include "layers/concat.h"

#include <string>

#include "layers/activation.h"
#include "layers/linear.h"
#include "tests/layers/tensors.h"

namespace {

neural_layer *MakeLinear(int64_t in, int64_t out, uint64_t seed) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_linear_create(in, out, 1, NEURAL_DTYPE_F32, seed, &made), NEURAL_OK);
    return made;
}

Layer Make(const std::vector<neural_layer *> &blocks) {
    neural_layer *out = nullptr;
    EXPECT_EQ(neural_concat_create(blocks.data(), (int)blocks.size(), &out), NEURAL_OK)
        << neural_last_error();
    return Own(out);
}

TEST(Concat, JoinsAlongTheChannels) {
    const Layer layer = Make({MakeLinear(4, 3, 1), MakeLinear(4, 2, 2)});
    const Tensor x = Normal({5, 4}, NEURAL_DTYPE_F32, 3);
    const std::vector<double> y = Values(Forward(layer.get(), x.get()).get());
    const std::vector<double> a =
        Values(Forward(neural_layer_child(layer.get(), 0), x.get()).get());
    const std::vector<double> b =
        Values(Forward(neural_layer_child(layer.get(), 1), x.get()).get());
    for (size_t n = 0; n < 5; n++) {
        for (size_t c = 0; c < 5; c++) {
            EXPECT_EQ(y[n * 5 + c], c < 3 ? a[n * 3 + c] : b[n * 2 + c - 3]);
        }
    }
    EXPECT_STREQ(neural_layer_weight_name(layer.get(), 3), "1.bias");
}

TEST(Concat, ImagesKeepTheirPlanes) {
    neural_layer *relu = nullptr, *tanh = nullptr;
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_RELU, &relu), NEURAL_OK);
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_TANH, &tanh), NEURAL_OK);
    const Layer layer = Make({relu, tanh});
    const neural_shape in = Shape({3, 2, 5});
    neural_shape out;
    ASSERT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_OK);
    EXPECT_EQ(out.ndim, 3);
    EXPECT_EQ(out.dim[0], 6);
    const Tensor x = Normal({2, 3, 2, 5}, NEURAL_DTYPE_F32, 3);
    const Tensor y = Forward(layer.get(), x.get());
    EXPECT_EQ(neural_tensor_dims(y.get())[1], 6);
    const std::vector<double> ys = Values(y.get()), xs = Values(x.get());
    for (size_t i = 0; i < 30; i++) {
        EXPECT_EQ(ys[i], xs[i] > 0 ? xs[i] : 0); /* the first half of sample 0 */
    }
}

TEST(Concat, NamesTheBlockThatDoesNotFit) {
    const Layer layer = Make({MakeLinear(4, 3, 1), MakeLinear(5, 2, 2)});
    const Tensor x = Normal({5, 4}, NEURAL_DTYPE_F32, 3);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(layer.get(), x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(std::string(neural_last_error()).rfind("block 1: ", 0), 0u) << neural_last_error();
    EXPECT_EQ(y, nullptr);
    const neural_shape in = Shape({4});
    neural_shape out;
    EXPECT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    const Layer wide = Make({MakeLinear(4, 4, 1), MakeLinear(4, 2, 2)});
    const neural_shape rows = Shape({6, 4});
    EXPECT_EQ(neural_layer_output_shape(wide.get(), &rows, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "Concat: block 0 gives [6, 4], block 1 [6, 2], expected equal "
                 "sizes behind the channels");
}

TEST(Concat, RefusedBlocksStayTheCallers) {
    const Layer a = Own(MakeLinear(2, 2, 1));
    neural_layer *out = nullptr, *const twice[] = {a.get(), a.get()}, *const none[] = {nullptr};
    EXPECT_EQ(neural_concat_create(twice, 2, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_concat_create(none, 1, &out), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_concat_create(twice, 0, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_concat_create(twice, 9, &out), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(out, nullptr);
}

} // namespace
