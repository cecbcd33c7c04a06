#include "layers/fold.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/base/allocations.h"
#include "core/base/memory.h"
#include "layers/activation.h"
#include "layers/concat.h"
#include "layers/conv.h"
#include "layers/linear.h"
#include "layers/norm.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

neural_layer *Conv(int64_t in, int64_t out, int64_t kernel, int bias, neural_dtype dtype,
                   int64_t groups = 1, uint64_t seed = 1) {
    const neural_conv_layer_options options = {.in_channels = in,
                                               .out_channels = out,
                                               .kernel = {kernel, kernel},
                                               .stride = {1, 1},
                                               .pad = {1, 1, 1, 1},
                                               .dilation = {1, 1},
                                               .groups = groups,
                                               .output_padding = {0, 0},
                                               .bias = bias};
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_conv2d_create(&options, dtype, seed, &made), NEURAL_OK) << neural_last_error();
    return made;
}

neural_layer *Transpose(int64_t in, int64_t out, int64_t groups, neural_dtype dtype) {
    const neural_conv_layer_options options = {.in_channels = in,
                                               .out_channels = out,
                                               .kernel = {3, 2},
                                               .stride = {2, 1},
                                               .pad = {1, 0, 1, 0},
                                               .dilation = {1, 1},
                                               .groups = groups,
                                               .output_padding = {1, 0},
                                               .bias = 1};
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_conv_transpose2d_create(&options, dtype, 4, &made), NEURAL_OK);
    return made;
}

neural_layer *Conv1d(int64_t in, int64_t out, neural_dtype dtype) {
    neural_conv_layer_options options = {};
    options.in_channels = in;
    options.out_channels = out;
    options.kernel[1] = 3;
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_conv1d_create(&options, dtype, 5, &made), NEURAL_OK) << neural_last_error();
    return made;
}

neural_layer *Linear(int64_t in, int64_t out, neural_dtype dtype) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_linear_create(in, out, 1, dtype, 3, &made), NEURAL_OK);
    return made;
}

neural_layer *Relu() {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_activation_create(NEURAL_ACTIVATION_RELU, &made), NEURAL_OK);
    return made;
}

/* Statistics, gamma and beta far from their start: variances from 1e-3 to 1e3, negative gammas. */
neural_layer *Norm(int64_t channels, neural_dtype dtype, int affine = 1, int track = 1) {
    const neural_batch_norm_options options = {2, 1e-5, 0.1, affine, track};
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_batch_norm_create(channels, &options, dtype, &made), NEURAL_OK);
    for (int64_t c = 0; c < channels; c++) {
        if (affine) {
            neural_tensor_set(neural_layer_weight(made, 0), &c, 0.3 * (double)(c % 5) - 0.5);
            neural_tensor_set(neural_layer_weight(made, 1), &c, 0.25 * (double)(c % 7) - 0.6);
        }
        if (track) {
            neural_tensor_set(neural_layer_buffer_value(made, 0), &c, std::sin(3.0 * (double)c));
            neural_tensor_set(neural_layer_buffer_value(made, 1), &c,
                              std::pow(10.0, (double)(c % 7) - 3));
        }
    }
    return made;
}

neural_layer *Chain(const std::vector<neural_layer *> &layers) {
    neural_layer *made = nullptr;
    EXPECT_EQ(neural_sequential_create(&made), NEURAL_OK);
    for (neural_layer *layer : layers) {
        EXPECT_EQ(neural_sequential_add(made, layer), NEURAL_OK) << neural_last_error();
    }
    return made;
}

int Fold(neural_layer *layer, const neural_shape &in) {
    int folded = -1;
    EXPECT_EQ(neural_layer_fold_batch_norm(layer, &in, &folded), NEURAL_OK) << neural_last_error();
    return folded;
}

/* W' and b' of one output channel, in long double from what stands in the layers. */
struct Channel {
    long double scale, bias;
};

Channel ChannelOf(const neural_layer *layer, const neural_layer *norm, size_t c) {
    const bool affine = neural_layer_parameter_count(norm) > 0;
    const auto number = [c](neural_tensor *tensor) { return (long double)Values(tensor)[c]; };
    const long double gamma = affine ? number(neural_layer_weight(norm, 0)) : 1;
    const long double beta = affine ? number(neural_layer_weight(norm, 1)) : 0;
    const long double mean = number(neural_layer_buffer_value(norm, 0));
    const long double variance = number(neural_layer_buffer_value(norm, 1));
    const long double b =
        neural_layer_parameter_count(layer) > 1 ? number(neural_layer_weight(layer, 1)) : 0;
    const long double scale = gamma / sqrtl(variance + 1e-5L);
    return {scale, scale * (b - mean) + beta};
}

/* Folds [layer, norm] and compares what the layer then holds with the formula. */
void CheckWeights(neural_layer *layer, neural_layer *norm, const neural_shape &in,
                  const std::function<size_t(size_t)> &channel_of, double eps) {
    const std::vector<double> before = Values(neural_layer_weight(layer, 0));
    const size_t channels = Values(neural_layer_buffer_value(norm, 0)).size();
    std::vector<Channel> want;
    for (size_t c = 0; c < channels; c++) {
        want.push_back(ChannelOf(layer, norm, c));
    }
    const Layer chain = Own(Chain({layer, norm}));
    ASSERT_EQ(Fold(chain.get(), in), 1);
    const std::vector<double> weight = Values(neural_layer_weight(layer, 0));
    ASSERT_EQ(neural_layer_parameter_count(chain.get()), 2);
    EXPECT_EQ(neural_layer_buffer_count(chain.get()), 0);
    EXPECT_STREQ(neural_layer_weight_name(chain.get(), 1), "0.bias");
    const std::vector<double> bias = Values(neural_layer_weight(layer, 1));
    ASSERT_EQ(bias.size(), channels);
    for (size_t i = 0; i < weight.size(); i++) {
        const double expected = (double)(want[channel_of(i)].scale * (long double)before[i]);
        EXPECT_NEAR(weight[i], expected, eps * std::fabs(expected)) << i;
    }
    for (size_t c = 0; c < channels; c++) {
        EXPECT_NEAR(bias[c], (double)want[c].bias, eps * (1 + std::fabs((double)want[c].bias)));
    }
}

constexpr neural_dtype kDtypes[] = {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64};

/* Rounded once from f64: within a unit in the last place. */
double EpsilonOf(neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 ? 0x1p-23 : 0x1p-50;
}

TEST(Fold, PutsScaleAndShiftIntoEveryKind) {
    for (const neural_dtype dtype : kDtypes) {
        const double eps = EpsilonOf(dtype);
        CheckWeights(
            Conv(3, 7, 3, 1, dtype), Norm(7, dtype), Shape({3, 5, 6}),
            [](size_t i) { return i / 27; }, eps);
        CheckWeights(
            Conv(3, 7, 3, 0, dtype), Norm(7, dtype, 0), Shape({3, 5, 6}),
            [](size_t i) { return i / 27; }, eps);
        CheckWeights(
            Conv(6, 9, 1, 0, dtype, 3), Norm(9, dtype), Shape({6, 2, 2}),
            [](size_t i) { return i / 2; }, eps);
        CheckWeights(
            Conv1d(2, 5, dtype), Norm(5, dtype), Shape({2, 9}), [](size_t i) { return i / 6; },
            eps);
        CheckWeights(
            Linear(4, 11, dtype), Norm(11, dtype), Shape({4}), [](size_t i) { return i / 4; }, eps);
        /* [6, 4/2, 3, 2]: channel = group * 2 + second index */
        CheckWeights(
            Transpose(6, 4, 2, dtype), Norm(4, dtype), Shape({6, 4, 5}),
            [](size_t i) { return i / 12 / 3 * 2 + i / 6 % 2; }, eps);
    }
}

/* Results of a chain in evaluation mode before and after; the bound is `bound` times the largest
 * result. */
void CheckResults(neural_layer *layer, const std::vector<int64_t> &dims, neural_dtype dtype,
                  int folds, double bound) {
    const Layer own = Own(layer);
    neural_layer_set_training(layer, 0);
    const Tensor x = Normal(dims, dtype, 9);
    const std::vector<double> want = Values(Forward(layer, x.get()).get());
    neural_shape in;
    ASSERT_EQ(neural_shape_make((int)dims.size() - 1, &dims[1], &in), NEURAL_OK);
    EXPECT_EQ(Fold(layer, in), folds);
    const std::vector<double> found = Values(Forward(layer, x.get()).get());
    ASSERT_EQ(found.size(), want.size());
    double largest = 1;
    for (const double value : want) {
        largest = std::fmax(largest, std::fabs(value));
    }
    for (size_t i = 0; i < want.size(); i++) {
        ASSERT_NEAR(found[i], want[i], bound * largest) << i;
    }
    EXPECT_EQ(Fold(layer, in), 0); /* nothing is left to fold */
}

double BoundOf(neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 ? 1e-5 : 1e-14;
}

TEST(Fold, KeepsResultsInChains) {
    for (const neural_dtype dtype : kDtypes) {
        CheckResults(Chain({Conv(3, 7, 3, 0, dtype), Norm(7, dtype), Relu(),
                            Conv(7, 5, 3, 1, dtype), Norm(5, dtype)}),
                     {2, 3, 5, 6}, dtype, 2, BoundOf(dtype));
        CheckResults(Chain({Linear(4, 11, dtype), Norm(11, dtype), Relu(), Linear(11, 3, dtype)}),
                     {7, 4}, dtype, 1, BoundOf(dtype));
        CheckResults(Chain({Transpose(6, 4, 2, dtype), Norm(4, dtype), Relu()}), {2, 6, 4, 5},
                     dtype, 1, BoundOf(dtype));
        /* two in a row go into the same layer */
        CheckResults(Chain({Linear(4, 5, dtype), Norm(5, dtype), Norm(5, dtype)}), {3, 4}, dtype, 2,
                     BoundOf(dtype));
    }
}

TEST(Fold, ReachesNestedBlocks) {
    const neural_dtype dtype = NEURAL_DTYPE_F64;
    neural_layer *inner = nullptr, *residual = nullptr, *concat = nullptr;
    ASSERT_EQ(neural_residual_create(Chain({Conv(4, 4, 3, 0, dtype), Norm(4, dtype), Relu()}),
                                     Chain({Conv(4, 4, 3, 1, dtype), Norm(4, dtype)}), &inner),
              NEURAL_OK);
    ASSERT_EQ(
        neural_residual_create(Chain({inner, Relu(), Conv(4, 4, 3, 0, dtype), Norm(4, dtype)}),
                               nullptr, &residual),
        NEURAL_OK);
    neural_layer *const blocks[] = {Chain({Conv(4, 3, 3, 0, dtype), Norm(3, dtype)}),
                                    Chain({Norm(4, dtype), Conv(4, 2, 3, 0, dtype)})};
    ASSERT_EQ(neural_concat_create(blocks, 2, &concat), NEURAL_OK);
    /* the last norm stands behind a block: it stays */
    CheckResults(Chain({residual, Norm(4, dtype), concat, Norm(5, dtype), Relu()}), {2, 4, 5, 5},
                 dtype, 4, BoundOf(dtype));
}

TEST(Fold, LeavesWhatCannotBeFolded) {
    const neural_dtype dtype = NEURAL_DTYPE_F64;
    /* no running statistics; first in its chain; behind an activation */
    CheckResults(Chain({Conv(3, 7, 3, 0, dtype), Norm(7, dtype, 1, 0)}), {2, 3, 5, 6}, dtype, 0, 0);
    CheckResults(Chain({Norm(3, dtype), Conv(3, 7, 3, 0, dtype)}), {2, 3, 5, 6}, dtype, 0, 0);
    CheckResults(Chain({Linear(4, 5, dtype), Relu(), Norm(5, dtype)}), {3, 4}, dtype, 0, 0);
    /* rows [T, features]: the channels of the norm are the T, though there are as many features */
    CheckResults(Chain({Linear(4, 5, dtype), Norm(5, dtype)}), {3, 5, 4}, dtype, 0, 0);
}

TEST(Fold, KeepsPositionsNamesAndFusedRelu) {
    neural_layer *chain = Chain({Conv(3, 7, 3, 0, NEURAL_DTYPE_F32), Norm(7, NEURAL_DTYPE_F32),
                                 Relu(), Conv(7, 5, 3, 1, NEURAL_DTYPE_F32)});
    const Layer own = Own(chain);
    ASSERT_EQ(Fold(chain, Shape({3, 5, 6})), 1);
    const char *names[] = {"0.weight", "0.bias", "3.weight", "3.bias"};
    ASSERT_EQ(neural_layer_parameter_count(chain), 4);
    for (int i = 0; i < 4; i++) {
        EXPECT_STREQ(neural_layer_weight_name(chain, i), names[i]);
    }
    char text[64];
    EXPECT_STREQ(neural_layer_describe(neural_layer_child(chain, 1), text, sizeof text),
                 "Identity()");
    EXPECT_STREQ(neural_layer_name(neural_layer_child(chain, 1)), "1");
    /* the same bits as convolution and ReLU one by one */
    const Tensor x = Normal({2, 3, 5, 6}, NEURAL_DTYPE_F32, 2);
    Tensor step = Forward(neural_layer_child(chain, 0), x.get());
    step = Forward(neural_layer_child(chain, 2), step.get());
    step = Forward(neural_layer_child(chain, 3), step.get());
    EXPECT_EQ(Values(Forward(chain, x.get()).get()), Values(step.get()));
}

TEST(Fold, VectorsFlattenedBeforeStayValid) {
    neural_layer *chain = Chain({Linear(4, 5, NEURAL_DTYPE_F32), Norm(5, NEURAL_DTYPE_F32)});
    const Layer own = Own(chain);
    neural_parameters *before = nullptr, *after = nullptr;
    ASSERT_EQ(neural_layer_flatten(chain, &before), NEURAL_OK);
    ASSERT_EQ(Fold(chain, Shape({4})), 1);
    EXPECT_EQ(neural_parameters_zero_grad(before), NEURAL_OK);
    EXPECT_EQ(before->count, 4);
    EXPECT_STREQ(before->item[2]->name, "1.weight");
    ASSERT_EQ(neural_layer_flatten(chain, &after), NEURAL_OK);
    EXPECT_EQ(after->count, 2);
    neural_parameters_destroy(before);
    neural_parameters_destroy(after);
}

TEST(Fold, FailedAllocationsLeaveACorrectNetwork) {
    for (int64_t n = 1;; n++) {
        neural_layer *chain =
            Chain({Conv(3, 7, 3, 0, NEURAL_DTYPE_F32), Norm(7, NEURAL_DTYPE_F32), Relu(),
                   Conv(7, 5, 3, 1, NEURAL_DTYPE_F32), Norm(5, NEURAL_DTYPE_F32)});
        const Layer own = Own(chain);
        neural_layer_set_training(chain, 0);
        const Tensor x = Normal({2, 3, 5, 6}, NEURAL_DTYPE_F32, 2);
        const std::vector<double> want = Values(Forward(chain, x.get()).get());
        const neural_shape in = Shape({3, 5, 6});
        neural_alloc_fail_at(n);
        const neural_status status = neural_layer_fold_batch_norm(chain, &in, nullptr);
        neural_alloc_fail_at(0);
        const std::vector<double> found = Values(Forward(chain, x.get()).get());
        for (size_t i = 0; i < want.size(); i++) {
            ASSERT_NEAR(found[i], want[i], 1e-3 * (1 + std::fabs(want[i]))) << n;
        }
        if (!status) {
            EXPECT_GT(n, 1);
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
    }
}

TEST(Fold, RefusesWhatDoesNotFit) {
    const Layer chain = Own(Chain({Linear(4, 5, NEURAL_DTYPE_F32), Norm(5, NEURAL_DTYPE_F32)}));
    const neural_shape in = Shape({3});
    int folded = 7;
    EXPECT_EQ(neural_layer_fold_batch_norm(chain.get(), &in, &folded), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(folded, 7);
    EXPECT_EQ(neural_layer_fold_batch_norm(nullptr, &in, &folded), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_layer_fold_batch_norm(chain.get(), nullptr, &folded), NEURAL_ERR_NULL_POINTER);
}

} // namespace
