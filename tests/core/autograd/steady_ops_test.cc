// From the second step on, the ops of image networks allocate nothing.
#include <functional>

#include "core/autograd/conv_ops.h"
#include "core/autograd/norm_ops.h"
#include "core/autograd/pool_ops.h"
#include "core/base/memory.h"
#include "core/base/thread_count.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;
using Forward = std::function<neural_status(neural_tensor *, neural_tensor **)>;

class SteadyOps : public testing::TestWithParam<neural_dtype> {
  protected:
    SteadyOps() { EXPECT_EQ(neural_set_num_threads(1), NEURAL_OK); }
    ~SteadyOps() override { EXPECT_EQ(neural_set_num_threads(0), NEURAL_OK); }

    Tensor ramp(const Dims &dims) {
        Array array{dims, std::vector<double>(static_cast<size_t>(len_of(dims)))};
        for (size_t i = 0; i < array.v.size(); i++) {
            array.v[i] = 0.25 + static_cast<double>(i * 37 % 101) / 64;
        }
        return leaf(array, GetParam());
    }

    // Forward, sum, backward, four times over.
    void expect_steady(const Dims &dims, const Forward &forward) {
        const Tensor x = ramp(dims);
        int64_t before = 0;
        for (int step = 0; step < 4; step++) {
            neural_tensor *out = nullptr;
            ASSERT_EQ(forward(x.get(), &out), NEURAL_OK) << neural_last_error();
            const Tensor y(out), sum = result(neural_sum, out, NEURAL_ALL_AXES, 0);
            ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
            before = step == 1 ? neural_alloc_count() : before;
        }
        EXPECT_EQ(neural_alloc_count(), before);
    }
};
INSTANTIATE_TEST_SUITE_P(Dtypes, SteadyOps, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(SteadyOps, BatchNorm) {
    for (const Dims &dims : {Dims{4, 6, 9, 9}, Dims{3, 6, 20, 20}, Dims{33, 70}}) {
        const Tensor gamma = ramp({dims[1]}), beta = ramp({dims[1]});
        const Tensor mean = ramp({dims[1]}), variance = ramp({dims[1]});
        ASSERT_EQ(neural_tensor_set_requires_grad(mean.get(), 0), NEURAL_OK);
        ASSERT_EQ(neural_tensor_set_requires_grad(variance.get(), 0), NEURAL_OK);
        for (auto *op : {neural_batch_norm, neural_batch_norm_relu}) {
            for (int training : {0, 1}) {
                expect_steady(dims, [&](neural_tensor *x, neural_tensor **out) {
                    return op(x, gamma.get(), beta.get(), mean.get(), variance.get(), training, 0.1,
                              1e-5, out);
                });
            }
        }
    }
}

TEST_P(SteadyOps, RowAndGroupNorms) {
    const Tensor gamma = ramp({40}), beta = ramp({40});
    expect_steady({9, 40}, [&](neural_tensor *x, neural_tensor **out) {
        return neural_layer_norm(x, gamma.get(), beta.get(), 1, 1e-5, out);
    });
    expect_steady({9, 40}, [&](neural_tensor *x, neural_tensor **out) {
        return neural_rms_norm(x, gamma.get(), 1, 1e-5, out);
    });
    expect_steady({3, 40, 5, 5}, [&](neural_tensor *x, neural_tensor **out) {
        return neural_group_norm(x, gamma.get(), beta.get(), 8, 1e-5, out);
    });
}

TEST_P(SteadyOps, OverlappingAndAdaptivePools) {
    const neural_pool_options any = {{5, 4}, {1, 1}, {2, 2}, {0, 0}, 0, 0};
    for (auto *op : {neural_max_pool2d, neural_avg_pool2d}) {
        expect_steady({2, 3, 12, 13},
                      [&](neural_tensor *x, neural_tensor **out) { return op(x, &any, out); });
    }
    expect_steady({2, 3, 12, 13}, [](neural_tensor *x, neural_tensor **out) {
        return neural_adaptive_avg_pool2d(x, 3, 4, out);
    });
}

TEST_P(SteadyOps, ConvTranspose2d) {
    const Tensor weight = ramp({4, 3, 3, 3}), bias = ramp({3});
    const neural_conv_options options = {{2, 2}, {1, 1, 1, 1}, {1, 1}, 1, 0};
    const int64_t extra[] = {1, 1};
    expect_steady({2, 4, 9, 9}, [&](neural_tensor *x, neural_tensor **out) {
        return neural_conv_transpose2d(x, weight.get(), bias.get(), &options, extra, out);
    });
}

} // namespace
