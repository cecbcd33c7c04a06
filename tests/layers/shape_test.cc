#include "layers/shape.h"

#include <string>

#include "tests/layers/tensors.h"

namespace {

Layer Reshape(std::vector<int64_t> dims) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_reshape_create((int)dims.size(), dims.data(), &made), NEURAL_OK);
    return Own(made);
}

Layer Flatten() {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_flatten_create(&made), NEURAL_OK);
    return Own(made);
}

std::vector<int64_t> Dims(const Tensor &tensor) {
    const int64_t *dims = neural_tensor_dims(tensor.get());
    return std::vector<int64_t>(dims, dims + neural_tensor_ndim(tensor.get()));
}

TEST(ShapeLayers, KeepTheBatchAndTheElements) {
    const Tensor x = Normal({2, 3, 4, 5}, NEURAL_DTYPE_F32, 1);
    const Tensor flat = Forward(Flatten().get(), x.get());
    EXPECT_EQ(Dims(flat), (std::vector<int64_t>{2, 60}));
    EXPECT_EQ(Values(flat.get()), Values(x.get()));
    const Tensor square = Forward(Reshape({6, -1}).get(), x.get());
    EXPECT_EQ(Dims(square), (std::vector<int64_t>{2, 6, 10}));
    EXPECT_EQ(Values(square.get()), Values(x.get()));
    const Tensor none = Normal({0, 3, 4}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(Dims(Forward(Flatten().get(), none.get())), (std::vector<int64_t>{0, 12}));
    EXPECT_EQ(Dims(Forward(Reshape({2, -1}).get(), none.get())), (std::vector<int64_t>{0, 2, 6}));
    const Tensor line = Normal({4}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(Dims(Forward(Flatten().get(), line.get())), (std::vector<int64_t>{4, 1}));
}

TEST(ShapeLayers, NameTheShapesTheyMake) {
    neural_shape in = Shape({3, 4, 5}), out;
    ASSERT_EQ(neural_layer_output_shape(Flatten().get(), &in, &out), NEURAL_OK);
    EXPECT_EQ(out.ndim, 1);
    EXPECT_EQ(out.dim[0], 60);
    ASSERT_EQ(neural_layer_output_shape(Reshape({-1, 10}).get(), &in, &out), NEURAL_OK);
    EXPECT_EQ(out.dim[0], 6);
    EXPECT_EQ(neural_layer_output_shape(Reshape({7, -1}).get(), &in, &out),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("Reshape: the input is [3, 4, 5]"),
              std::string::npos)
        << neural_last_error();
    char text[100];
    EXPECT_STREQ(neural_layer_describe(Flatten().get(), text, 100),
                 "Flatten(start_dim=1, end_dim=-1)");
    EXPECT_STREQ(neural_layer_describe(Reshape({1, 28, 28}).get(), text, 100),
                 "Reshape([1, 28, 28])");
}

TEST(ShapeLayers, RefuseImpossibleSizes) {
    neural_layer *made = nullptr;
    for (const std::vector<int64_t> &dims :
         {std::vector<int64_t>{0}, {-1, -1}, {-2}, {1, 1, 1, 1, 1, 1, 1, 1}}) {
        EXPECT_EQ(neural_reshape_create((int)dims.size(), dims.data(), &made),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    const int64_t huge[] = {INT64_C(1) << 40, INT64_C(1) << 40};
    EXPECT_EQ(neural_reshape_create(2, huge, &made), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(made, nullptr);
}

} // namespace
