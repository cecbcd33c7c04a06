#include "layers/norm.h"

#include <cmath>
#include <string>

#include "core/autograd/tape.h"
#include "core/tensor/parameter.h"
#include "layers/activation.h"
#include "layers/init.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

Layer BatchNorm(int64_t channels, const neural_batch_norm_options *options = nullptr,
                neural_dtype dtype = NEURAL_DTYPE_F64) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_batch_norm_create(channels, options, dtype, &made), NEURAL_OK)
        << neural_last_error();
    return Own(made);
}

std::vector<double> Buffer(const Layer &layer, int i) {
    return Values(neural_layer_buffer_value(layer.get(), i));
}

std::string Describe(const Layer &layer) {
    char text[200];
    return neural_layer_describe(layer.get(), text, sizeof text);
}

struct Moments {
    double mean, variance, unbiased;
};

Moments Of(const std::vector<double> &x, size_t c, size_t channels) {
    double sum = 0, squares = 0, n = 0;
    for (size_t i = c; i < x.size(); i += channels, n++) {
        sum += x[i];
    }
    for (size_t i = c; i < x.size(); i += channels) {
        squares += (x[i] - sum / n) * (x[i] - sum / n);
    }
    return {sum / n, squares / n, squares / (n - 1)};
}

TEST(BatchNorm, RunningStatisticsFollowMomentum) {
    const Layer layer = BatchNorm(3);
    const Tensor a = Normal({20, 3}, NEURAL_DTYPE_F64, 1), b = Normal({11, 3}, NEURAL_DTYPE_F64, 2);
    Forward(layer.get(), a.get());
    Forward(layer.get(), b.get());
    for (size_t c = 0; c < 3; c++) {
        const Moments first = Of(Values(a.get()), c, 3), second = Of(Values(b.get()), c, 3);
        EXPECT_NEAR(Buffer(layer, 0)[c], 0.9 * 0.1 * first.mean + 0.1 * second.mean, 1e-14);
        EXPECT_NEAR(Buffer(layer, 1)[c], 0.9 * (0.9 + 0.1 * first.unbiased) + 0.1 * second.unbiased,
                    1e-14);
    }
    EXPECT_EQ(Buffer(layer, 2), std::vector<double>{2});
    EXPECT_STREQ(neural_layer_buffer_name(layer.get(), 2), "num_batches_tracked");
}

TEST(BatchNorm, CumulativeMomentumIsTheMeanOverBatches) {
    const neural_batch_norm_options options = {2, 1e-5, NEURAL_NORM_CUMULATIVE, 1, 1};
    const Layer layer = BatchNorm(2, &options);
    double mean = 0, variance = 0;
    for (uint64_t seed = 0; seed < 3; seed++) {
        const Tensor x = Normal({16, 2}, NEURAL_DTYPE_F64, seed);
        Forward(layer.get(), x.get());
        mean += Of(Values(x.get()), 1, 2).mean / 3;
        variance += Of(Values(x.get()), 1, 2).unbiased / 3;
    }
    EXPECT_NEAR(Buffer(layer, 0)[1], mean, 1e-14);
    EXPECT_NEAR(Buffer(layer, 1)[1], variance, 1e-14);
    EXPECT_EQ(Describe(layer),
              "BatchNorm2d(2, eps=1e-05, momentum=None, affine=True, track_running_stats=True)");
}

TEST(BatchNorm, EvaluationUsesAndKeepsTheRunningStatistics) {
    const Layer layer = BatchNorm(3);
    const Tensor x = Normal({20, 3}, NEURAL_DTYPE_F64, 1),
                 one = Normal({1, 3}, NEURAL_DTYPE_F64, 2);
    Forward(layer.get(), x.get());
    neural_layer_set_training(layer.get(), 0);
    const std::vector<double> mean = Buffer(layer, 0), variance = Buffer(layer, 1);
    const std::vector<double> y = Values(Forward(layer.get(), one.get()).get());
    for (size_t c = 0; c < 3; c++) {
        EXPECT_NEAR(y[c], (Values(one.get())[c] - mean[c]) / std::sqrt(variance[c] + 1e-5), 1e-13);
    }
    EXPECT_EQ(Buffer(layer, 0), mean);
    EXPECT_EQ(Buffer(layer, 1), variance);
    EXPECT_EQ(Buffer(layer, 2), std::vector<double>{1});
}

TEST(BatchNorm, WithoutTrackingEvaluationUsesTheBatch) {
    const neural_batch_norm_options options = {1, 1e-5, 0.1, 0, 0};
    const Layer layer = BatchNorm(3, &options);
    EXPECT_EQ(neural_layer_buffer_count(layer.get()), 0);
    EXPECT_EQ(neural_layer_parameter_count(layer.get()), 0);
    const Tensor x = Normal({20, 3}, NEURAL_DTYPE_F64, 1);
    const std::vector<double> training = Values(Forward(layer.get(), x.get()).get());
    neural_layer_set_training(layer.get(), 0);
    EXPECT_EQ(Values(Forward(layer.get(), x.get()).get()), training);
    double eps = 0;
    EXPECT_EQ(neural_batch_norm_is(layer.get(), &eps), 0);
    EXPECT_EQ(neural_batch_norm_is(BatchNorm(1).get(), &eps), 1);
    EXPECT_EQ(eps, 1e-5);
}

TEST(BatchNorm, OneValuePerChannelIsRefusedAndChangesNothing) {
    const Layer layer = BatchNorm(64);
    const Tensor x = Normal({1, 64}, NEURAL_DTYPE_F64, 1);
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_layer_forward(layer.get(), x.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "batch_norm: x is [1, 64], training needs more than one value per channel");
    EXPECT_EQ(y, nullptr);
    EXPECT_EQ(Buffer(layer, 2), std::vector<double>{0});
    EXPECT_EQ(Buffer(layer, 0), std::vector<double>(64));
}

TEST(BatchNorm, WithReluBehindItHasTheBitsOfBoth) {
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const std::vector<int64_t> &dims :
             {std::vector<int64_t>{8, 5}, {3, 5, 7, 7}, {4, 5, 24, 24}}) {
            neural_layer *chain = nullptr, *relu = nullptr, *norm = nullptr;
            ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
            const Layer net = Own(chain), alone = BatchNorm(5, nullptr, dtype);
            ASSERT_EQ(neural_batch_norm_create(5, nullptr, dtype, &norm), NEURAL_OK);
            ASSERT_EQ(neural_sequential_add(chain, norm), NEURAL_OK);
            ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_RELU, &relu), NEURAL_OK);
            ASSERT_EQ(neural_sequential_add(chain, relu), NEURAL_OK);
            neural_activation_create(NEURAL_ACTIVATION_RELU, &relu);
            const Layer behind = Own(relu);
            const Tensor x = Normal(dims, dtype, 3), dy = Normal(dims, dtype, 4);
            std::vector<double> results[2];
            for (int fused = 0; fused < 2; fused++) {
                neural_tensor_set_grad(x.get(), nullptr);
                neural_tensor_set_requires_grad(x.get(), 1);
                const Tensor middle = Forward(fused ? chain : alone.get(), x.get());
                const Tensor y = fused ? Own(neural_tensor_retain(middle.get()))
                                       : Forward(behind.get(), middle.get());
                ASSERT_EQ(neural_backward(y.get(), dy.get(), 0), NEURAL_OK) << neural_last_error();
                const neural_layer *layer = fused ? chain : alone.get();
                for (const neural_tensor *tensor :
                     {(const neural_tensor *)y.get(),
                      (const neural_tensor *)neural_tensor_grad(x.get()),
                      (const neural_tensor *)neural_tensor_grad(neural_layer_weight(layer, 0)),
                      (const neural_tensor *)neural_tensor_grad(neural_layer_weight(layer, 1))}) {
                    const std::vector<double> values = Values(tensor);
                    results[fused].insert(results[fused].end(), values.begin(), values.end());
                }
            }
            EXPECT_EQ(results[0], results[1]);
        }
    }
}

TEST(BatchNorm, StartsAtOneAndZeroAndKeepsThatStart) {
    const Layer layer = BatchNorm(4);
    ASSERT_EQ(neural_init_layer(layer.get(), NEURAL_INIT_KAIMING_NORMAL, NEURAL_INIT_DEFAULT, 1),
              NEURAL_OK);
    EXPECT_EQ(Values(neural_layer_weight(layer.get(), 0)), std::vector<double>(4, 1));
    EXPECT_EQ(Values(neural_layer_weight(layer.get(), 1)), std::vector<double>(4, 0));
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(neural_layer_parameter(layer.get(), i)->flags & NEURAL_PARAMETER_NO_DECAY);
    }
    EXPECT_EQ(Describe(layer),
              "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
}

TEST(BatchNorm, RefusesWrongOptions) {
    neural_layer *made = nullptr;
    const neural_batch_norm_options wrong[] = {
        {3, 1e-5, 0.1, 1, 1}, {1, -1, 0.1, 1, 1}, {1, NAN, 0.1, 1, 1}, {1, 1e-5, 1.5, 1, 1}};
    for (const neural_batch_norm_options &options : wrong) {
        EXPECT_EQ(neural_batch_norm_create(4, &options, NEURAL_DTYPE_F32, &made),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    EXPECT_EQ(neural_batch_norm_create(0, nullptr, NEURAL_DTYPE_F32, &made),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_batch_norm_create(4, nullptr, NEURAL_DTYPE_I32, &made),
              NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(made, nullptr);
    neural_shape out;
    const neural_shape in = Shape({5, 2, 2});
    EXPECT_EQ(neural_layer_output_shape(BatchNorm(4).get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "BatchNorm1d: the input is [5, 2, 2], expected [4, *]");
}

TEST(LayerNorm, NormalizesTheLastDimensions) {
    neural_layer *made = nullptr;
    const int64_t dims[] = {3, 4};
    ASSERT_EQ(neural_layer_norm_create(2, dims, 1e-5, 1, 1, NEURAL_DTYPE_F64, &made), NEURAL_OK);
    const Layer layer = Own(made);
    const Tensor x = Normal({5, 3, 4}, NEURAL_DTYPE_F64, 1);
    const std::vector<double> y = Values(Forward(made, x.get()).get());
    for (size_t r = 0; r < 5; r++) {
        const Moments of = Of({y.begin() + (long)r * 12, y.begin() + (long)(r + 1) * 12}, 0, 1);
        EXPECT_NEAR(of.mean, 0, 1e-14);
        EXPECT_NEAR(of.variance, 1, 1e-4);
    }
    EXPECT_EQ(Describe(layer), "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)");
    neural_shape out;
    const neural_shape in = Shape({3, 5});
    EXPECT_EQ(neural_layer_output_shape(made, &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "LayerNorm: the input is [3, 5], expected one that ends with [3, 4]");
}

TEST(RmsNorm, DividesByTheRoot) {
    neural_layer *made = nullptr;
    const int64_t dims[] = {6};
    ASSERT_EQ(neural_rms_norm_create(1, dims, 0, 1, NEURAL_DTYPE_F64, &made), NEURAL_OK);
    const Layer layer = Own(made);
    EXPECT_EQ(Describe(layer), "RMSNorm((6,), eps=None, elementwise_affine=True)");
    EXPECT_EQ(neural_layer_parameter_count(made), 1);
    const Tensor x = Normal({4, 6}, NEURAL_DTYPE_F64, 1);
    const std::vector<double> in = Values(x.get()), y = Values(Forward(made, x.get()).get());
    for (size_t r = 0; r < 4; r++) {
        double squares = 0;
        for (size_t i = 0; i < 6; i++) {
            squares += in[r * 6 + i] * in[r * 6 + i] / 6;
        }
        EXPECT_NEAR(y[r * 6 + 2], in[r * 6 + 2] / std::sqrt(squares), 1e-13);
    }
}

TEST(GroupNorm, OneGroupIsTheSampleAndDivisorsAreAsked) {
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_group_norm_create(1, 6, 1e-5, 1, NEURAL_DTYPE_F64, &made), NEURAL_OK);
    const Layer layer = Own(made);
    EXPECT_EQ(Describe(layer), "GroupNorm(1, 6, eps=1e-05, affine=True)");
    const Tensor x = Normal({4, 6, 5}, NEURAL_DTYPE_F64, 1);
    const std::vector<double> y = Values(Forward(made, x.get()).get());
    for (size_t r = 0; r < 4; r++) {
        const Moments of = Of({y.begin() + (long)r * 30, y.begin() + (long)(r + 1) * 30}, 0, 1);
        EXPECT_NEAR(of.mean, 0, 1e-14);
        EXPECT_NEAR(of.variance, 1, 1e-4);
    }
    neural_layer *none = nullptr;
    EXPECT_EQ(neural_group_norm_create(4, 6, 1e-5, 1, NEURAL_DTYPE_F64, &none),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "group_norm_create: 4 groups of 6 channels, expected a divisor of them");
    EXPECT_EQ(none, nullptr);
}

} // namespace
