// Convolutions with sparse weights have the bits of the dense chains.
#include "core/tensor/conv2d_sparse.h"

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/conv2d_winograd.h"
#include "core/tensor/storage.h"
#include <gtest/gtest.h>

namespace {

struct Release {
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
    void operator()(neural_sparse *sparse) const { neural_sparse_destroy(sparse); }
    void operator()(neural_linear_cache *cache) const { neural_linear_cache_destroy(cache); }
};
using Tensor = std::unique_ptr<neural_tensor, Release>;
using Sparse = std::unique_ptr<neural_sparse, Release>;
using Cache = std::unique_ptr<neural_linear_cache, Release>;

struct Shape {
    int64_t batch, channels, height, width, filters, kernel, stride, pad, dilation;
};

Tensor Normal(const std::vector<int64_t> &dims, neural_dtype dtype, uint64_t seed) {
    neural_tensor *made = nullptr;
    EXPECT_EQ(neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &made),
              NEURAL_OK);
    EXPECT_EQ(neural_tensor_fill_normal(made, seed, 0, 1), NEURAL_OK);
    return Tensor(made);
}

// A call of the op whose weight keeps about `percent` of its 16x1 blocks.
struct Call {
    Tensor x, weight, bias;
    neural_op_call call = {};

    Call(const Shape &s, neural_dtype dtype, int percent, bool with_bias, int relu)
        : x(Normal({s.batch, s.channels, s.height, s.width}, dtype, 1)),
          weight(Normal({s.filters, s.channels, s.kernel, s.kernel}, dtype, 2)),
          bias(with_bias ? Normal({s.filters}, dtype, 3) : nullptr) {
        const int64_t depth = s.channels * s.kernel * s.kernel, size = neural_dtype_bytes(dtype);
        std::mt19937 random(5);
        std::vector<int> keeps(static_cast<size_t>((s.filters + 15) / 16 * depth));
        for (int &keep : keeps)
            keep = static_cast<int>(random() % 100) < percent;
        for (int64_t i = 0; i < s.filters * depth; i++) {
            if (!keeps[static_cast<size_t>(i / depth / 16 * depth + i % depth)]) {
                std::memset(weight->data + i * size, 0, static_cast<size_t>(size));
            }
        }
        const int64_t integers[] = {s.stride, s.stride,   s.pad,      s.pad, s.pad,
                                    s.pad,    s.dilation, s.dilation, 1,     relu};
        call.inputs = 3;
        call.in[0] = x.get();
        call.in[1] = weight.get();
        call.in[2] = bias.get();
        std::copy(std::begin(integers), std::end(integers), call.attrs.integer);
    }

    // The dense convolution as one chain.
    Tensor Dense() {
        neural_shape shape;
        EXPECT_EQ(neural_conv2d_infer(&call, &shape), NEURAL_OK);
        EXPECT_EQ(neural_tensor_like_shape(&shape, x->dtype, &call.out), NEURAL_OK);
        neural_winograd_assume(NEURAL_WINOGRAD_NEVER);
        EXPECT_EQ(neural_conv2d_forward(&call), NEURAL_OK);
        neural_winograd_assume(NEURAL_WINOGRAD_BY_SHAPE);
        return Tensor(call.out);
    }

    Sparse Copy() {
        neural_sparse *made = nullptr;
        const int64_t filters = weight->shape.dim[0];
        EXPECT_EQ(neural_sparse_create(neural_kernels(), x->dtype, weight->data, filters,
                                       weight->len / filters, weight->len, &made),
                  NEURAL_OK);
        return Sparse(made);
    }

    Tensor BySparse() {
        const Tensor like = Dense();
        EXPECT_EQ(neural_tensor_like_shape(&like->shape, x->dtype, &call.out), NEURAL_OK);
        const Sparse sparse = Copy();
        EXPECT_EQ(neural_conv2d_sparse_forward(sparse.get(), &call), NEURAL_OK);
        return Tensor(call.out);
    }
};

bool SameBits(const Tensor &x, const Tensor &y) {
    return x && y && neural_shape_equal(&x->shape, &y->shape) &&
           std::memcmp(x->data, y->data, static_cast<size_t>(neural_tensor_bytes(x.get()))) == 0;
}

const Shape kShapes[] = {
    {2, 5, 9, 11, 16, 1, 1, 0, 1},  {1, 64, 14, 14, 40, 1, 1, 0, 1},
    {3, 7, 8, 8, 17, 1, 2, 0, 1},   {2, 6, 7, 5, 20, 1, 1, 1, 1},
    {2, 3, 12, 13, 32, 3, 1, 1, 1}, {1, 16, 28, 28, 16, 3, 1, 1, 1},
    {2, 8, 15, 9, 33, 3, 2, 1, 1},  {2, 4, 17, 16, 1, 3, 1, 2, 2},
    {1, 5, 6, 40, 48, 5, 3, 2, 1},  {1, 300, 3, 3, 16, 3, 1, 1, 1},
    {2, 2, 40, 40, 5, 2, 2, 0, 1},  {0, 5, 9, 11, 16, 3, 1, 1, 1},
};

class SparseConvOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, SparseConvOf,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(SparseConvOf, HasTheBitsOfTheDenseChain) {
    for (const Shape &shape : kShapes) {
        for (int percent : {0, 10, 60, 100}) {
            Call call(shape, GetParam(), percent, percent != 10, percent % 4 != 0);
            EXPECT_TRUE(SameBits(call.BySparse(), call.Dense()))
                << shape.channels << " " << shape.filters << " " << percent;
        }
    }
}

TEST_P(SparseConvOf, ReadsTurnedImages) {
    Call call({2, 6, 10, 10, 24, 3, 1, 1, 1}, GetParam(), 30, true, 1);
    neural_tensor *turned = nullptr;
    const int64_t dims[] = {2, 6, 10, 10}, strides[] = {600, 100, 1, 10};
    neural_shape shape;
    ASSERT_EQ(neural_shape_make(4, dims, &shape), NEURAL_OK);
    ASSERT_EQ(neural_tensor_alias(call.x.get(), &shape, strides, 0, &turned), NEURAL_OK);
    const Tensor owner(turned);
    call.call.in[0] = turned;
    EXPECT_TRUE(SameBits(call.BySparse(), call.Dense()));
}

TEST_P(SparseConvOf, DoesNotDependOnThreads) {
    Call call({4, 32, 20, 20, 48, 3, 1, 1, 1}, GetParam(), 20, true, 0);
    const Tensor one = call.BySparse();
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    EXPECT_TRUE(SameBits(call.BySparse(), one));
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
}

TEST_P(SparseConvOf, TheCacheChoosesAndFollowsWrites) {
    for (int percent : {10, 100}) {
        Call call({2, 32, 12, 12, 64, 1, 1, 0, 1}, GetParam(), percent, true, 1);
        neural_linear_cache *made = nullptr;
        ASSERT_EQ(neural_linear_cache_create(&made), NEURAL_OK);
        const Cache cache(made);
        for (int i = 0; i < 4; i++) {
            neural_tensor *out = nullptr;
            ASSERT_EQ(neural_conv2d_cached(cache.get(), &call.call, &out), NEURAL_OK);
            const Tensor y(out);
            EXPECT_EQ(out != nullptr, percent == 10) << i;
            EXPECT_TRUE(!out || SameBits(y, call.Dense()));
            if (i == 1) {
                const int64_t at[] = {3, 4, 0, 0};
                ASSERT_EQ(neural_tensor_set(call.weight.get(), at, 7), NEURAL_OK);
            }
        }
    }
}

TEST_P(SparseConvOf, TheCacheLeavesWhatDoesNotFitToTheOp) {
    Call call({2, 32, 12, 12, 64, 1, 1, 0, 1}, GetParam(), 10, true, 1);
    const Tensor narrow = Normal({2, 31, 12, 12}, GetParam(), 1);
    neural_linear_cache *made = nullptr;
    ASSERT_EQ(neural_linear_cache_create(&made), NEURAL_OK);
    const Cache cache(made);
    for (int i = 0; i < 3; i++) {
        neural_tensor *out = nullptr;
        call.call.in[0] = narrow.get();
        EXPECT_EQ(neural_conv2d_cached(cache.get(), &call.call, &out), NEURAL_OK);
        EXPECT_EQ(out, nullptr);
    }
}

TEST_P(SparseConvOf, FailsWithoutMemory) {
    Call call({1, 3000, 20, 20, 16, 3, 1, 1, 1}, GetParam(), 10, true, 1); // beyond any pool
    const Sparse sparse = call.Copy();
    const Tensor out = Normal({1, 16, 20, 20}, GetParam(), 1);
    call.call.out = out.get();
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_conv2d_sparse_forward(sparse.get(), &call.call), NEURAL_ERR_OUT_OF_MEMORY);
    neural_alloc_fail_at(0);
    EXPECT_EQ(neural_conv2d_sparse_forward(sparse.get(), &call.call), NEURAL_OK);
    EXPECT_TRUE(SameBits(out, call.Dense()));
}

} // namespace
