#include "layers/embedding.h"

#include <cmath>
#include <string>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "tests/layers/tensors.h"

namespace {

Layer Make(int64_t rows, int64_t cols, int64_t padding, neural_dtype dtype) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_embedding_create(rows, cols, padding, dtype, 7, &made), NEURAL_OK);
    return Own(made);
}

Tensor Floats(const std::vector<float> &values, const std::vector<int64_t> &dims) {
    neural_tensor *raw = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(), (int64_t)(values.size() * sizeof(float)),
                                      (int)dims.size(), dims.data(), NEURAL_DTYPE_F32, &raw),
              NEURAL_OK);
    return Own(raw);
}

TEST(Embedding, LooksUpRowsOfATableBetweenTheXavierBounds) {
    const Layer layer = Make(40, 60, -1, NEURAL_DTYPE_F64);
    const std::vector<double> table = Values(neural_layer_weight(layer.get(), 0));
    double largest = 0, sum = 0;
    for (const double v : table) {
        largest = std::max(largest, std::fabs(v));
        sum += v * v;
    }
    const double bound = std::sqrt(6.0 / 100);
    EXPECT_LE(largest, bound);
    EXPECT_NEAR(sum / (double)table.size(), bound * bound / 3, 0.1 * bound * bound / 3);
    const Tensor x = Floats({3, 39, 3, 0}, {2, 2});
    const Tensor y = Forward(layer.get(), x.get());
    const std::vector<double> out = Values(y.get());
    ASSERT_EQ(out.size(), 240u);
    const int64_t rows[] = {3, 39, 3, 0};
    for (int i = 0; i < 240; i++) {
        EXPECT_EQ(out[i], table[rows[i / 60] * 60 + i % 60]);
    }
    neural_shape in = Shape({5}), shape;
    ASSERT_EQ(neural_layer_output_shape(layer.get(), &in, &shape), NEURAL_OK);
    EXPECT_EQ(shape.ndim, 2);
    EXPECT_EQ(shape.dim[1], 60);
}

TEST(Embedding, ThePaddingRowIsZeroAndStaysSo) {
    const Layer layer = Make(4, 3, 2, NEURAL_DTYPE_F32);
    neural_tensor *weight = neural_layer_weight(layer.get(), 0);
    const std::vector<double> table = Values(weight);
    EXPECT_EQ(std::vector<double>(table.begin() + 6, table.begin() + 9), std::vector<double>(3));
    const Tensor x = Floats({2, 1, 2}, {3});
    const Tensor y = Forward(layer.get(), x.get());
    neural_tensor *sum = nullptr;
    ASSERT_EQ(neural_sum(y.get(), NEURAL_ALL_AXES, 0, &sum), NEURAL_OK);
    ASSERT_EQ(neural_backward(sum, nullptr, 0), NEURAL_OK);
    neural_tensor_release(sum);
    EXPECT_EQ(Values(neural_tensor_grad(weight)),
              (std::vector<double>{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Embedding, DescribesItselfAndRefusesNonsense) {
    char text[100];
    EXPECT_STREQ(neural_layer_describe(Make(10, 3, -1, NEURAL_DTYPE_F32).get(), text, 100),
                 "Embedding(10, 3)");
    EXPECT_STREQ(neural_layer_describe(Make(10, 3, 0, NEURAL_DTYPE_F32).get(), text, 100),
                 "Embedding(10, 3, padding_idx=0)");
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_embedding_create(0, 3, -1, NEURAL_DTYPE_F32, 0, &made),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_embedding_create(3, 3, 3, NEURAL_DTYPE_F32, 0, &made),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_embedding_create(3, 3, -1, NEURAL_DTYPE_I64, 0, &made),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(
        neural_embedding_create(INT64_C(1) << 40, INT64_C(1) << 40, -1, NEURAL_DTYPE_F32, 0, &made),
        NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(made, nullptr);
    const Layer layer = Make(4, 3, -1, NEURAL_DTYPE_F32);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(layer.get(), Floats({0, 1, 2, 4}, {2, 2}).get(), &y),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("the index at [1, 1] is 4, the table has 4"),
              std::string::npos)
        << neural_last_error();
}

} // namespace
