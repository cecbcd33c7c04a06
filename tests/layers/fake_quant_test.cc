// Quantization-aware layers against sums of the integers that an 8-bit layer adds up.
#include "layers/fake_quant.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "layers/activation.h"
#include "layers/conv.h"
#include "layers/fold.h"
#include "layers/linear.h"
#include "layers/norm.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

constexpr int kIn = 13, kOut = 7;

neural_layer *AwareLinear(neural_dtype dtype) {
    neural_layer *layer = nullptr;
    EXPECT_EQ(neural_linear_create(kIn, kOut, 1, dtype, 3, &layer), NEURAL_OK);
    EXPECT_EQ(neural_layer_make_quantization_aware(layer), NEURAL_OK);
    return layer;
}

struct Grid {
    double scale = 1, zero = 0;
};

// 0 ... 255 for [min, max].
Grid GridOfInput(double min, double max) {
    min = std::min(min, 0.0), max = std::max(max, 0.0);
    const double scale = static_cast<double>(static_cast<float>((max - min) / 255));
    return {scale, std::nearbyint(-min / scale)};
}

double QuantizedInput(double x, const Grid &grid) {
    return std::clamp(std::nearbyint(x / grid.scale) + grid.zero, 0.0, 255.0) - grid.zero;
}

// Integers of each row of a weight, and the row's scale.
std::vector<double> QuantizedWeight(const std::vector<double> &w, size_t rows,
                                    std::vector<double> *scales) {
    const size_t cols = w.size() / rows;
    std::vector<double> q(w.size());
    for (size_t i = 0; i < rows; i++) {
        double most = 0;
        for (size_t j = 0; j < cols; j++)
            most = std::max(most, std::fabs(w[i * cols + j]));
        scales->push_back(static_cast<double>(static_cast<float>(most / 127)));
        for (size_t j = 0; j < cols; j++)
            q[i * cols + j] = std::nearbyint(w[i * cols + j] / scales->back());
    }
    return q;
}

std::vector<double> RangeOf(const neural_layer *layer) {
    double min = -1, max = -1;
    EXPECT_EQ(neural_layer_input_range(layer, &min, &max), 1);
    return {min, max};
}

TEST(FakeQuantLayer, LinearComputesWhatIntegersGive) {
    const Layer layer = Own(AwareLinear(NEURAL_DTYPE_F64));
    const Tensor x = Normal({5, kIn}, NEURAL_DTYPE_F64, 1);
    const std::vector<double> y = Values(Forward(layer.get(), x.get()).get());
    const std::vector<double> in = Values(x.get()), b = Values(neural_layer_weight(layer.get(), 1));
    const auto [min, max] = std::minmax_element(in.begin(), in.end());
    EXPECT_EQ(RangeOf(layer.get()), (std::vector<double>{*min, *max}));
    std::vector<double> scales;
    const std::vector<double> w =
        QuantizedWeight(Values(neural_layer_weight(layer.get(), 0)), kOut, &scales);
    const Grid grid = GridOfInput(*min, *max);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < kOut; j++) {
            double sum = 0; // an integer
            for (size_t k = 0; k < kIn; k++)
                sum += QuantizedInput(in[i * kIn + k], grid) * w[j * kIn + k];
            EXPECT_NEAR(y[i * kOut + j], sum * grid.scale * scales[j] + b[j], 1e-12);
        }
    }
}

TEST(FakeQuantLayer, ConvComputesWhatIntegersGive) {
    neural_conv_layer_options options = {};
    options.in_channels = 3, options.out_channels = 4;
    options.kernel[0] = options.kernel[1] = 1, options.bias = 0;
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_conv2d_create(&options, NEURAL_DTYPE_F32, 5, &made), NEURAL_OK);
    const Layer layer = Own(made);
    ASSERT_EQ(neural_layer_make_quantization_aware(made), NEURAL_OK);
    const Tensor x = Normal({2, 3, 5, 5}, NEURAL_DTYPE_F32, 1);
    const std::vector<double> y = Values(Forward(made, x.get()).get()), in = Values(x.get());
    const std::vector<double> range = RangeOf(made);
    const Grid grid = GridOfInput(range[0], range[1]);
    std::vector<double> scales;
    const std::vector<double> w = QuantizedWeight(Values(neural_layer_weight(made, 0)), 4, &scales);
    for (size_t i = 0; i < y.size(); i++) {
        const size_t n = i / 100, out = i / 25 % 4, pixel = i % 25;
        double sum = 0;
        for (size_t c = 0; c < 3; c++)
            sum += QuantizedInput(in[(n * 3 + c) * 25 + pixel], grid) * w[out * 3 + c];
        EXPECT_NEAR(y[i], sum * grid.scale * scales[out], 1e-5);
    }
}

TEST(FakeQuantLayer, RangeFollowsTrainingBatchesOnly) {
    const Layer layer = Own(AwareLinear(NEURAL_DTYPE_F64));
    double min = 7, max = 7;
    EXPECT_EQ(neural_layer_input_range(layer.get(), &min, &max), 0);
    neural_layer_set_training(layer.get(), 0);
    const Tensor x = Normal({50, kIn}, NEURAL_DTYPE_F64, 1),
                 z = Normal({90, kIn}, NEURAL_DTYPE_F64, 2);
    Forward(layer.get(), x.get()); // nothing seen: the input as it is
    EXPECT_EQ(neural_layer_input_range(layer.get(), &min, &max), 0);
    neural_layer_set_training(layer.get(), 1);
    Forward(layer.get(), x.get());
    const std::vector<double> first = RangeOf(layer.get()), in = Values(z.get());
    Forward(layer.get(), z.get());
    const std::vector<double> second = RangeOf(layer.get());
    const auto [low, high] = std::minmax_element(in.begin(), in.end());
    EXPECT_DOUBLE_EQ(second[0], first[0] + 0.01 * (*low - first[0]));
    EXPECT_DOUBLE_EQ(second[1], first[1] + 0.01 * (*high - first[1]));
    neural_layer_set_training(layer.get(), 0);
    Forward(layer.get(), x.get());
    EXPECT_EQ(RangeOf(layer.get()), second);
}

// dW = dy^T quantized(x); dx = dy quantized(W), but 0 where x is beyond the range.
TEST(FakeQuantLayer, GradientsGoStraightThrough) {
    const Layer layer = Own(AwareLinear(NEURAL_DTYPE_F64));
    const Tensor small = Normal({5, kIn}, NEURAL_DTYPE_F64, 1);
    Forward(layer.get(), small.get()); // sets the range
    neural_layer_set_training(layer.get(), 0);
    const Tensor x = Normal({5, kIn}, NEURAL_DTYPE_F64, 9);
    neural_tensor_f64(x.get())[3] = 100;
    ASSERT_EQ(neural_tensor_set_requires_grad(x.get(), 1), NEURAL_OK);
    const Tensor y = Forward(layer.get(), x.get()), dy = Normal({5, kOut}, NEURAL_DTYPE_F64, 8);
    ASSERT_EQ(neural_backward(y.get(), dy.get(), 0), NEURAL_OK);
    const std::vector<double> range = RangeOf(layer.get()), in = Values(x.get()),
                              g = Values(dy.get());
    const Grid grid = GridOfInput(range[0], range[1]);
    std::vector<double> scales;
    const std::vector<double> w =
        QuantizedWeight(Values(neural_layer_weight(layer.get(), 0)), kOut, &scales);
    const std::vector<double> dx = Values(neural_tensor_grad(x.get()));
    const std::vector<double> dw = Values(neural_layer_parameter(layer.get(), 0)->grad);
    for (size_t k = 0; k < kIn; k++) {
        for (size_t i = 0; i < 5; i++) {
            double sum = 0;
            for (size_t j = 0; j < kOut; j++)
                sum += g[i * kOut + j] * w[j * kIn + k] * scales[j];
            const double place = std::nearbyint(in[i * kIn + k] / grid.scale) + grid.zero;
            EXPECT_NEAR(dx[i * kIn + k], place >= 0 && place <= 255 ? sum : 0, 1e-12);
        }
        for (size_t j = 0; j < kOut; j++) {
            double sum = 0;
            for (size_t i = 0; i < 5; i++)
                sum += g[i * kOut + j] * QuantizedInput(in[i * kIn + k], grid) * grid.scale;
            EXPECT_NEAR(dw[j * kIn + k], sum, 1e-12);
        }
    }
    EXPECT_EQ(dx[3], 0);
}

// A chain: the buffer has the child's name, moves into a flat vector and stays what is used.
TEST(FakeQuantLayer, RangeIsABufferOfTheChain) {
    neural_layer *chain = nullptr, *relu = nullptr;
    ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    const Layer own = Own(chain);
    ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_RELU, &relu), NEURAL_OK);
    ASSERT_EQ(neural_layer_make_quantization_aware(relu), NEURAL_OK);
    EXPECT_EQ(neural_layer_buffer_count(relu), 0);
    ASSERT_EQ(neural_sequential_add(chain, AwareLinear(NEURAL_DTYPE_F32)), NEURAL_OK);
    ASSERT_EQ(neural_sequential_add(chain, relu), NEURAL_OK);
    ASSERT_EQ(neural_layer_buffer_count(chain), 1);
    EXPECT_STREQ(neural_layer_buffer_name(chain, 0), "0.input_range");
    neural_parameters *buffers = nullptr;
    ASSERT_EQ(neural_layer_flatten_buffers(chain, &buffers), NEURAL_OK);
    const Tensor x = Normal({5, kIn}, NEURAL_DTYPE_F32, 1);
    const std::vector<double> y = Values(Forward(chain, x.get()).get());
    EXPECT_GE(*std::min_element(y.begin(), y.end()), 0);
    EXPECT_EQ(RangeOf(neural_layer_child(chain, 0))[1],
              static_cast<double>(neural_tensor_f32(buffers->values)[1]));
    neural_parameters_destroy(buffers);
}

// s * quantized(W) is quantized(s * W): a batch norm scales channels and their grids alike.
TEST(FakeQuantLayer, FoldedBatchNormKeepsTheGrids) {
    neural_layer *chain = nullptr, *norm = nullptr;
    ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
    const Layer own = Own(chain);
    ASSERT_EQ(neural_batch_norm_create(kOut, nullptr, NEURAL_DTYPE_F64, &norm), NEURAL_OK);
    ASSERT_EQ(neural_sequential_add(chain, AwareLinear(NEURAL_DTYPE_F64)), NEURAL_OK);
    ASSERT_EQ(neural_sequential_add(chain, norm), NEURAL_OK);
    const Tensor x = Normal({60, kIn}, NEURAL_DTYPE_F64, 1);
    for (int i = 0; i < 5; i++)
        Forward(chain, x.get());
    neural_layer_set_training(chain, 0);
    const std::vector<double> before = Values(Forward(chain, x.get()).get());
    const neural_shape in = Shape({kIn});
    int folded = 0;
    ASSERT_EQ(neural_layer_fold_batch_norm(chain, &in, &folded), NEURAL_OK);
    ASSERT_EQ(folded, 1);
    const std::vector<double> after = Values(Forward(chain, x.get()).get());
    for (size_t i = 0; i < before.size(); i++)
        EXPECT_NEAR(after[i], before[i], 1e-5); // scales are numbers of f32
}

TEST(FakeQuantLayer, SteadyForwardAllocatesNothing) {
    const Layer layer = Own(AwareLinear(NEURAL_DTYPE_F32));
    const Tensor x = Normal({5, kIn}, NEURAL_DTYPE_F32, 1);
    for (int i = 0; i < 3; i++)
        Forward(layer.get(), x.get());
    const int64_t before = neural_alloc_count();
    Forward(layer.get(), x.get());
    EXPECT_EQ(neural_alloc_count(), before);
}

TEST(FakeQuantLayer, FailuresAreReported) {
    EXPECT_EQ(neural_layer_make_quantization_aware(nullptr), NEURAL_ERR_NULL_POINTER);
    const Layer layer = Own(AwareLinear(NEURAL_DTYPE_F32));
    EXPECT_EQ(neural_layer_make_quantization_aware(layer.get()), NEURAL_OK); // once is enough
    EXPECT_EQ(neural_layer_buffer_count(layer.get()), 1);
    const Tensor wrong = Normal({5, kIn}, NEURAL_DTYPE_F64, 1);
    neural_tensor *y = nullptr;
    EXPECT_NE(neural_layer_forward(layer.get(), wrong.get(), &y), NEURAL_OK);
    EXPECT_EQ(y, nullptr);
}

} // namespace
