#include "layers/pool.h"

#include <string>

#include "tests/layers/tensors.h"

namespace {

std::string Text(const Layer &layer) {
    char text[200];
    return neural_layer_describe(layer.get(), text, sizeof text);
}

template <class Create> Layer Make(Create create, const neural_pool_options &options) {
    neural_layer *made = nullptr;
    EXPECT_EQ(create(&options, &made), NEURAL_OK) << neural_last_error();
    return Own(made);
}

TEST(PoolLayers, ShapesFollowTheForwardPass) {
    const neural_pool_options options[] = {
        {{2, 2}, {0, 0}, {0, 0}, {0, 0}, 0, 0},
        {{3, 2}, {2, 3}, {1, 0}, {0, 0}, 1, 0},
    };
    for (const neural_pool_options &o : options) {
        for (auto *create : {neural_max_pool2d_create, neural_avg_pool2d_create}) {
            const Layer layer = Make(create, o);
            const neural_shape in = Shape({3, 9, 11});
            neural_shape out;
            ASSERT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_OK);
            const Tensor x = Normal({2, 3, 9, 11}, NEURAL_DTYPE_F32, 1);
            const Tensor y = Forward(layer.get(), x.get());
            const int64_t *dims = neural_tensor_dims(y.get());
            EXPECT_EQ(std::vector<int64_t>(dims + 1, dims + 4),
                      std::vector<int64_t>(out.dim, out.dim + 3));
        }
    }
    const Layer line = Make(neural_max_pool1d_create, {{3, 0}, {2, 0}, {1, 0}, {0, 0}, 0, 0});
    const neural_shape in = Shape({3, 9});
    neural_shape out;
    ASSERT_EQ(neural_layer_output_shape(line.get(), &in, &out), NEURAL_OK);
    EXPECT_EQ(out.dim[1], 5);
    const Tensor x = Normal({2, 3, 9}, NEURAL_DTYPE_F64, 1);
    EXPECT_EQ(neural_tensor_dims(Forward(line.get(), x.get()).get())[2], 5);
}

TEST(PoolLayers, TakeTheLargestAndTheMean) {
    const float image[] = {1, 5, 2, 0, 3, 4, -1, 7};
    const int64_t dims[] = {1, 1, 2, 4};
    neural_tensor *raw = nullptr;
    ASSERT_EQ(neural_tensor_from_data(image, sizeof image, 4, dims, NEURAL_DTYPE_F32, &raw),
              NEURAL_OK);
    const Tensor x = Own(raw);
    const neural_pool_options two = {{2, 2}, {0, 0}, {0, 0}, {0, 0}, 0, 0};
    EXPECT_EQ(Values(Forward(Make(neural_max_pool2d_create, two).get(), x.get()).get()),
              (std::vector<double>{5, 7}));
    EXPECT_EQ(Values(Forward(Make(neural_avg_pool2d_create, two).get(), x.get()).get()),
              (std::vector<double>{3.25, 2}));
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_adaptive_avg_pool2d_create(1, 1, &made), NEURAL_OK);
    const Layer global = Own(made);
    EXPECT_EQ(Values(Forward(global.get(), x.get()).get()), (std::vector<double>{2.625}));
}

TEST(PoolLayers, DescribeThemselvesAsInPyTorch) {
    const neural_pool_options o = {{3, 2}, {2, 2}, {1, 0}, {1, 1}, 1, 0};
    EXPECT_EQ(Text(Make(neural_max_pool2d_create, o)),
              "MaxPool2d(kernel_size=(3, 2), stride=2, padding=(1, 0), dilation=1, "
              "ceil_mode=True)");
    EXPECT_EQ(Text(Make(neural_avg_pool2d_create, {{2, 2}, {0, 0}, {0, 0}, {0, 0}, 0, 0})),
              "AvgPool2d(kernel_size=2, stride=2, padding=0)");
    EXPECT_EQ(Text(Make(neural_avg_pool1d_create, {{4, 0}, {0, 0}, {0, 0}, {0, 0}, 0, 0})),
              "AvgPool1d(kernel_size=4, stride=4, padding=0)");
    neural_layer *made = nullptr;
    ASSERT_EQ(neural_adaptive_avg_pool2d_create(2, 3, &made), NEURAL_OK);
    EXPECT_EQ(Text(Own(made)), "AdaptiveAvgPool2d(output_size=(2, 3))");
}

TEST(PoolLayers, RefuseWhatDoesNotFit) {
    const Layer layer = Make(neural_max_pool2d_create, {{3, 3}, {0, 0}, {0, 0}, {0, 0}, 0, 0});
    neural_shape in = Shape({3, 2, 9}), out;
    EXPECT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error())
                  .find("MaxPool2d: x is [3, 2, 9], padded by 0 the height is 2, but the window "
                        "spans 3"),
              std::string::npos)
        << neural_last_error();
    in = Shape({784});
    EXPECT_EQ(neural_layer_output_shape(layer.get(), &in, &out), NEURAL_ERR_SHAPE_MISMATCH);
    neural_layer *made = nullptr;
    const neural_pool_options wide = {{2, 2}, {1, 1}, {2, 0}, {0, 0}, 0, 0};
    EXPECT_EQ(neural_avg_pool2d_create(&wide, &made), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_adaptive_avg_pool2d_create(0, 1, &made), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_max_pool2d_create(nullptr, &made), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(made, nullptr);
}

} // namespace
