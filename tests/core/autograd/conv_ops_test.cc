#include "core/autograd/conv_ops.h"

#include "core/base/allocations.h"
#include "core/base/threads.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

Tensor ones(const Dims &dims, neural_dtype dtype = NEURAL_DTYPE_F32) {
    return make(Array{dims, std::vector<double>(static_cast<size_t>(len_of(dims)), 1)}, dtype);
}

neural_tensor *const kNone = nullptr;

TEST(ConvOps, DefaultsAreThePlainConvolution) {
    const Tensor x = ones({1, 1, 3, 3}), w = ones({1, 1, 2, 2});
    const Tensor y = result(neural_conv2d, x.get(), w.get(), kNone,
                            static_cast<const neural_conv_options *>(nullptr));
    EXPECT_EQ(values(y.get()), std::vector<double>({4, 4, 4, 4}));
}

neural_status refused(const Tensor &x, const Tensor &w, neural_tensor *bias,
                      const neural_conv_options &options) {
    return fails(neural_conv2d, x.get(), w.get(), bias, &options);
}

TEST(ConvOps, RefusesWithTheSizes) {
    const neural_conv_options plain = {{1, 1}, {0, 0, 0, 0}, {1, 1}, 1, 0};
    const Tensor x = ones({2, 3, 4, 6}), w = ones({6, 3, 3, 3}), few = ones({6, 2, 3, 3}),
                 large = ones({6, 3, 5, 3}), bias = ones({5}), flat = ones({3, 4, 6}),
                 wide = ones({6}, NEURAL_DTYPE_F64), none = ones({6, 3, 0, 3}),
                 filters = ones({5, 1, 1, 1});
    EXPECT_EQ(refused(x, few, nullptr, plain), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "conv2d: x is [2, 3, 4, 6], weight [6, 2, 3, 3] with groups 1 wants [*, 2, *, *]");
    EXPECT_EQ(refused(x, large, nullptr, plain), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "conv2d: the height is 4 + 0 + 0 of padding, a kernel of 5 "
                                      "with dilation 1 needs 5");
    EXPECT_EQ(refused(x, w, bias.get(), plain), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "conv2d: bias is [5], weight [6, 3, 3, 3] wants [6]");
    EXPECT_EQ(refused(flat, w, nullptr, plain), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "conv2d: x is [3, 4, 6], want [N, C, H, W]");
    EXPECT_EQ(refused(x, flat, nullptr, plain), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(refused(x, w, wide.get(), plain), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(refused(x, none, nullptr, plain), NEURAL_ERR_SHAPE_MISMATCH);
    neural_conv_options grouped = plain;
    grouped.groups = 3;
    EXPECT_EQ(refused(x, filters, nullptr, grouped), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(error_has("weight is [5, 1, 1, 1], want a multiple of groups 3 in front"));
}

TEST(ConvOps, RefusesOptionsOutOfRange) {
    const Tensor x = ones({1, 1, 4, 4}), w = ones({1, 1, 3, 3});
    const neural_conv_options plain = {{1, 1}, {0, 0, 0, 0}, {1, 1}, 1, 0};
    for (int field = 0; field < 4; field++) {
        for (const int64_t value : {int64_t(-1), int64_t(0), INT64_MAX, INT64_MIN}) {
            neural_conv_options options = plain;
            int64_t *const fields[] = {&options.stride[1], &options.dilation[0], &options.groups,
                                       &options.pad[2]};
            *fields[field] = value;
            if (field < 3 || value != 0) {
                EXPECT_EQ(refused(x, w, nullptr, options), NEURAL_ERR_INVALID_ARGUMENT);
            }
        }
    }
    neural_conv_options reach = plain;
    reach.dilation[0] = INT32_MAX;
    EXPECT_EQ(refused(x, w, nullptr, reach), NEURAL_ERR_SHAPE_MISMATCH);
    neural_conv_options huge = plain;
    huge.pad[0] = huge.pad[1] = huge.pad[2] = huge.pad[3] = INT32_MAX;
    EXPECT_EQ(refused(x, w, nullptr, huge), NEURAL_ERR_TENSOR_TOO_LARGE);
}

neural_status train_step(neural_tensor *x, neural_tensor *w, neural_tensor *b,
                         const neural_conv_options *options) {
    neural_tensor *y = nullptr, *sum = nullptr;
    neural_status status = neural_conv2d(x, w, b, options, &y);
    status = status ? status : neural_sum(y, NEURAL_ALL_AXES, 0, &sum);
    status = status ? status : neural_backward(sum, nullptr, 0);
    neural_tensor_release(sum);
    neural_tensor_release(y);
    return status;
}

// Every driver: in place, gathered, strided; gradients by convolution and by scattering.
const neural_conv_options kDrivers[] = {{{1, 1}, {0, 0, 0, 0}, {1, 1}, 1, 0},
                                        {{1, 1}, {1, 1, 1, 1}, {1, 1}, 1, 1},
                                        {{2, 2}, {1, 1, 1, 1}, {1, 1}, 2, 0}};

TEST(ConvOps, ASteadyStepAllocatesNothing) {
    for (const neural_conv_options &options : kDrivers) {
        const Dims weight = {8, 4 / options.groups, 3, 3};
        const Tensor x = leaf(Dims{2, 4, 9, 9}, std::vector<double>(648, 1), NEURAL_DTYPE_F32),
                     w = leaf(weight, std::vector<double>(size_t(len_of(weight)), 1),
                              NEURAL_DTYPE_F32),
                     b = leaf(Dims{8}, std::vector<double>(8, 1), NEURAL_DTYPE_F32);
        int64_t before = 0;
        for (int step = 0; step < 6; step++) {
            before = step == 3 ? neural_alloc_count() : before;
            ASSERT_EQ(train_step(x.get(), w.get(), b.get(), &options), NEURAL_OK);
        }
        EXPECT_EQ(neural_alloc_count(), before);
    }
}

TEST(ConvOps, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    for (const neural_conv_options &options : kDrivers) {
        sweep_failed_allocations([&options] {
            const int64_t wide[] = {2, 8, 9, 9}, dims[] = {6, 4 / options.groups, 3, 3};
            neural_tensor *all = nullptr, *x = nullptr, *w = nullptr;
            neural_status status = neural_tensor_ones(4, wide, NEURAL_DTYPE_F32, &all);
            status = status ? status : neural_tensor_slice(all, 1, 0, 4, 2, &x); // needs a copy
            status = status ? status : neural_tensor_ones(4, dims, NEURAL_DTYPE_F32, &w);
            status = status ? status : neural_tensor_set_requires_grad(w, 1);
            status = status ? status : train_step(x, w, nullptr, &options);
            for (neural_tensor *tensor : {w, x, all}) {
                neural_tensor_release(tensor);
            }
            return status;
        });
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
