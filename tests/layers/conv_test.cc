#include "layers/conv.h"

#include <cmath>
#include <string>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "layers/activation.h"
#include "layers/sequential.h"
#include "tests/layers/tensors.h"

namespace {

using Options = neural_conv_layer_options;
using Create = neural_status(const Options *, neural_dtype, uint64_t, neural_layer **);

Layer Make(Create *create, const Options &options, neural_dtype dtype = NEURAL_DTYPE_F64) {
    neural_layer *made = nullptr;
    EXPECT_EQ(create(&options, dtype, 3, &made), NEURAL_OK) << neural_last_error();
    return Own(made);
}

std::vector<int64_t> Dims(const neural_tensor *tensor) {
    const int64_t *dims = neural_tensor_dims(tensor);
    return std::vector<int64_t>(dims, dims + neural_tensor_ndim(tensor));
}

class ConvOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, ConvOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(ConvOf, OneAxisIsTheSumOverTaps) {
    const Options o = {4, 6, {0, 3}, {0, 2}, {0, 2, 0, 1}, {0, 2}, 2, {0, 0}, 1};
    const Layer layer = Make(neural_conv1d_create, o, GetParam());
    const Tensor x = Normal({2, 4, 11}, GetParam(), 1);
    const Tensor y = Forward(layer.get(), x.get());
    ASSERT_EQ(Dims(y.get()), (std::vector<int64_t>{2, 6, 5}));
    const std::vector<double> xs = Values(x.get()), ys = Values(y.get());
    const std::vector<double> w = Values(neural_layer_weight(layer.get(), 0));
    const std::vector<double> b = Values(neural_layer_weight(layer.get(), 1));
    for (int n = 0; n < 2; n++)
        for (int f = 0; f < 6; f++)
            for (int i = 0; i < 5; i++) {
                double sum = b[f];
                for (int c = 0; c < 2; c++)
                    for (int k = 0; k < 3; k++) {
                        const int at = i * 2 + k * 2 - 2;
                        if (at >= 0 && at < 11)
                            sum += w[(f * 2 + c) * 3 + k] * xs[(n * 4 + f / 3 * 2 + c) * 11 + at];
                    }
                EXPECT_NEAR(ys[(n * 6 + f) * 5 + i], sum,
                            GetParam() == NEURAL_DTYPE_F32 ? 1e-5 : 1e-13);
            }
}

// 24 of 32 filters are 0, so that evaluation goes through the filters that are left: stride 2 keeps
// the dense convolution one chain too.
TEST_P(ConvOf, EvaluatesSparseWeightsWithTheBitsOfTraining) {
    const Options o = {16, 32, {3, 3}, {2, 2}, {1, 1, 1, 1}, {}, 0, {}, 1};
    const Layer layer = Make(neural_conv2d_create, o, GetParam());
    neural_tensor *weight = neural_layer_weight(layer.get(), 0);
    for (int64_t f = 8; f < 32; f++)
        for (int64_t k = 0; k < 144; k++) {
            const int64_t at[] = {f, k / 9, k / 3 % 3, k % 3};
            ASSERT_EQ(neural_tensor_set(weight, at, 0), NEURAL_OK);
        }
    const Tensor x = Normal({3, 16, 13, 13}, GetParam(), 1);
    const std::vector<double> want = Values(Forward(layer.get(), x.get()).get());
    neural_layer_set_training(layer.get(), 0);
    neural_set_grad_enabled(0);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(Values(Forward(layer.get(), x.get()).get()), want) << i;
    }
    const int64_t at[] = {0, 0, 1, 1};
    ASSERT_EQ(neural_tensor_set(weight, at, 5), NEURAL_OK);
    const Tensor changed = Forward(layer.get(), x.get());
    EXPECT_NE(Values(changed.get()), want);
    EXPECT_EQ(Values(Forward(layer.get(), x.get()).get()), Values(changed.get()));
    neural_set_grad_enabled(1);
}

TEST(Conv, DescribesItselfAsPyTorchDoes) {
    char text[160];
    const auto describe = [&](const Layer &layer) {
        return std::string(neural_layer_describe(layer.get(), text, sizeof text));
    };
    EXPECT_EQ(describe(Make(neural_conv2d_create, {3, 16, {3, 3}, {}, {}, {}, 0, {}, 1})),
              "Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1))");
    EXPECT_EQ(describe(Make(neural_conv2d_create,
                            {16, 32, {3, 5}, {2, 1}, {1, 2, 1, 2}, {2, 2}, 4, {}, 0})),
              "Conv2d(16, 32, kernel_size=(3, 5), stride=(2, 1), padding=(1, 2), dilation=(2, 2), "
              "groups=4, bias=False)");
    EXPECT_EQ(
        describe(Make(neural_conv1d_create, {4, 6, {0, 3}, {0, 2}, {0, 1, 0, 1}, {}, 0, {}, 1})),
        "Conv1d(4, 6, kernel_size=(3,), stride=(2,), padding=(1,))");
    EXPECT_EQ(describe(Make(neural_conv_transpose2d_create,
                            {16, 8, {3, 3}, {2, 2}, {1, 1, 1, 1}, {}, 0, {1, 1}, 1})),
              "ConvTranspose2d(16, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), "
              "output_padding=(1, 1))");
}

TEST(Conv, StartsWithinPyTorchsBounds) {
    const Layer layer = Make(neural_conv2d_create, {8, 32, {3, 3}, {}, {}, {}, 2, {}, 1});
    for (int i = 0; i < 2; i++) {
        double largest = 0;
        for (const double v : Values(neural_layer_weight(layer.get(), i))) {
            largest = std::max(largest, std::fabs(v));
        }
        EXPECT_LE(largest, 1 / std::sqrt(4 * 9));
        EXPECT_GT(largest, 0.9 / std::sqrt(4 * 9));
    }
}

TEST(Conv, FusedReluHasTheBitsOfTheParts) {
    for (Create *create : {neural_conv2d_create, neural_conv_transpose2d_create}) {
        neural_layer *chain = nullptr, *relu = nullptr;
        ASSERT_EQ(neural_sequential_create(&chain), NEURAL_OK);
        const Layer own = Own(chain);
        ASSERT_EQ(
            neural_sequential_add(
                chain, Make(create, {3, 5, {3, 3}, {}, {1, 1, 1, 1}, {}, 0, {}, 1}).release()),
            NEURAL_OK);
        ASSERT_EQ(neural_activation_create(NEURAL_ACTIVATION_RELU, &relu), NEURAL_OK);
        ASSERT_EQ(neural_sequential_add(chain, relu), NEURAL_OK);
        const Tensor x = Normal({2, 3, 9, 7}, NEURAL_DTYPE_F64, 1);
        const Tensor whole = Forward(chain, x.get());
        const Tensor plain = Forward(neural_layer_child(chain, 0), x.get());
        EXPECT_EQ(Values(whole.get()), Values(Forward(relu, plain.get()).get()));
    }
}

TEST(Conv, NamesShapesThatDoNotFit) {
    const auto refused = [](const Layer &layer, std::initializer_list<int64_t> dims) {
        const neural_shape in = Shape(dims);
        neural_shape out;
        EXPECT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
        return std::string(neural_last_error());
    };
    const Layer conv = Make(neural_conv2d_create, {3, 8, {5, 7}, {}, {1, 1, 1, 1}, {}, 0, {}, 1});
    EXPECT_EQ(refused(conv, {784}), "Conv2d: the input is [784], expected [3, height, width]");
    EXPECT_EQ(refused(conv, {1, 28, 28}),
              "Conv2d: the input is [1, 28, 28], expected [3, height, width]");
    EXPECT_EQ(refused(conv, {3, 8, 4}),
              "Conv2d: the kernel covers 7 elements, but the padded width is 4 + 1 + 1");
    const Layer turned =
        Make(neural_conv_transpose2d_create, {3, 8, {1, 1}, {}, {1, 1, 1, 1}, {}, 0, {}, 1});
    EXPECT_EQ(refused(turned, {3, 2, 9}),
              "ConvTranspose2d: padding 1 + 1 leaves nothing of a height of 2");
}

TEST(Conv, RefusesImpossibleOptions) {
    const auto refused = [](Create *create, const Options &options) {
        neural_layer *made = nullptr;
        EXPECT_EQ(create(&options, NEURAL_DTYPE_F32, 0, &made), NEURAL_ERR_INVALID_ARGUMENT);
        EXPECT_EQ(made, nullptr);
        return std::string(neural_last_error());
    };
    EXPECT_NE(refused(neural_conv2d_create, {3, 8, {0, 3}}).find("kernel_size is 0"),
              std::string::npos);
    EXPECT_NE(
        refused(neural_conv2d_create, {3, 8, {3, 3}, {}, {0, -1, 0, 0}}).find("padding is -1"),
        std::string::npos);
    EXPECT_NE(refused(neural_conv2d_create, {3, 8, {3, 3}, {-2, 1}}).find("stride is -2"),
              std::string::npos);
    EXPECT_NE(refused(neural_conv2d_create, {3, 8, {3, 3}, {}, {}, {}, 2}).find("groups is 2"),
              std::string::npos);
    EXPECT_NE(refused(neural_conv_transpose2d_create, {3, 8, {3, 3}, {2, 2}, {}, {}, 0, {2, 0}})
                  .find("output_padding is 2"),
              std::string::npos);
    neural_layer *made = nullptr;
    const Options huge = {1 << 30, 1 << 30, {1 << 20, 1 << 20}};
    EXPECT_EQ(neural_conv2d_create(&huge, NEURAL_DTYPE_F32, 0, &made), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(neural_conv2d_create(&huge, NEURAL_DTYPE_I64, 0, &made), NEURAL_ERR_INVALID_DTYPE);
    EXPECT_EQ(neural_conv2d_create(nullptr, NEURAL_DTYPE_F32, 0, &made), NEURAL_ERR_NULL_POINTER);
}

TEST(Conv, FailedAllocationsLeaveNothingBehind) {
    const Options options = {3, 4, {3, 3}, {}, {}, {}, 0, {}, 1};
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    for (int n = 1; status != NEURAL_OK; n++) {
        ASSERT_LT(n, 100);
        neural_pool_trim();
        neural_layer *made = nullptr;
        neural_alloc_fail_at(n);
        status = neural_conv2d_create(&options, NEURAL_DTYPE_F32, 0, &made);
        neural_alloc_fail_at(0);
        EXPECT_EQ(made == nullptr, status != NEURAL_OK);
        neural_layer_destroy(made);
    }
}

} // namespace
