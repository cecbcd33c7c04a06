// A packed weight gives the bits of the op, is made at the second product and follows every write.
#include "core/tensor/linear_cache.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/memory.h"
#include "core/tensor/linear.h"
#include "core/tensor/storage.h"
#include <gtest/gtest.h>

namespace {

struct Release {
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
    void operator()(neural_linear_cache *cache) const { neural_linear_cache_destroy(cache); }
};
using Tensor = std::unique_ptr<neural_tensor, Release>;
using Cache = std::unique_ptr<neural_linear_cache, Release>;

Tensor Normal(const std::vector<int64_t> &dims, neural_dtype dtype, uint64_t seed) {
    neural_tensor *made = nullptr;
    EXPECT_EQ(neural_tensor_create(static_cast<int>(dims.size()), dims.data(), dtype, &made),
              NEURAL_OK);
    EXPECT_EQ(neural_tensor_fill_normal(made, seed, 0, 1), NEURAL_OK);
    return Tensor(made);
}

Cache MakeCache() {
    neural_linear_cache *made = nullptr;
    EXPECT_EQ(neural_linear_cache_create(&made), NEURAL_OK);
    return Cache(made);
}

Tensor ByOp(const Tensor &x, const Tensor &weight, const Tensor &bias, int relu) {
    neural_op_call call = {};
    call.in[0] = x.get();
    call.in[1] = weight.get();
    call.in[2] = bias.get();
    call.attrs.integer[0] = relu;
    neural_shape shape;
    EXPECT_EQ(neural_linear_infer(&call, &shape), NEURAL_OK);
    EXPECT_EQ(neural_tensor_like_shape(&shape, x->dtype, &call.out), NEURAL_OK);
    EXPECT_EQ(neural_linear_forward(&call), NEURAL_OK);
    return Tensor(call.out);
}

Tensor ByCache(const Cache &cache, const Tensor &x, const Tensor &weight, const Tensor &bias,
               int relu = 0) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(
        neural_linear_cache_multiply(cache.get(), x.get(), weight.get(), bias.get(), relu, &out),
        NEURAL_OK);
    return Tensor(out);
}

bool SameBits(const Tensor &x, const Tensor &y) {
    return x && y && neural_shape_equal(&x->shape, &y->shape) &&
           std::memcmp(x->data, y->data, static_cast<size_t>(neural_tensor_bytes(x.get()))) == 0;
}

class LinearCacheOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, LinearCacheOf,
                         testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(LinearCacheOf, GivesTheBitsOfTheOp) {
    for (const int64_t fan_out : {10, 64, 131}) {
        const Tensor weight = Normal({fan_out, 500}, GetParam(), 1);
        const Tensor bias = Normal({fan_out}, GetParam(), 2), none;
        const Cache cache = MakeCache();
        for (const int64_t rows : {1, 1, 2, 7, 8}) {
            const Tensor x = Normal({rows, 500}, GetParam(), 3);
            for (const int relu : {0, 1}) {
                const Tensor with = ByCache(cache, x, weight, bias, relu);
                if (!with) continue; // the first product
                EXPECT_TRUE(SameBits(with, ByOp(x, weight, bias, relu))) << fan_out << " " << rows;
                EXPECT_TRUE(
                    SameBits(ByCache(cache, x, weight, none, relu), ByOp(x, weight, none, relu)));
            }
        }
        EXPECT_GE(neural_linear_cache_bytes(cache.get()), neural_tensor_bytes(weight.get()));
    }
}

TEST_P(LinearCacheOf, FollowsWritesAndIsMadeAtTheSecondProduct) {
    const Tensor weight = Normal({40, 300}, GetParam(), 1), x = Normal({1, 300}, GetParam(), 2);
    const Tensor none;
    const Cache cache = MakeCache();
    for (int round = 0; round < 3; round++) {
        EXPECT_FALSE(ByCache(cache, x, weight, none)) << round;
        EXPECT_EQ(neural_linear_cache_bytes(cache.get()), 0);
        EXPECT_TRUE(SameBits(ByCache(cache, x, weight, none), ByOp(x, weight, none, 0))) << round;
        const int64_t index[] = {round, 5};
        ASSERT_EQ(neural_tensor_set(weight.get(), index, 100.0 + round), NEURAL_OK);
    }
    const Tensor other = Normal({40, 300}, GetParam(), 9);
    EXPECT_FALSE(ByCache(cache, x, other, none));
    EXPECT_TRUE(SameBits(ByCache(cache, x, other, none), ByOp(x, other, none, 0)));
}

TEST_P(LinearCacheOf, ClearFollowsAWriteThatNoVersionCounts) {
    const Tensor weight = Normal({40, 300}, GetParam(), 1), x = Normal({1, 300}, GetParam(), 2);
    const Tensor none;
    const Cache cache = MakeCache();
    ByCache(cache, x, weight, none);
    ASSERT_TRUE(ByCache(cache, x, weight, none));
    std::memset(neural_tensor_data(weight.get()), 0, 64);
    neural_linear_cache_clear(cache.get());
    EXPECT_EQ(neural_linear_cache_bytes(cache.get()), 0);
    ByCache(cache, x, weight, none);
    EXPECT_TRUE(SameBits(ByCache(cache, x, weight, none), ByOp(x, weight, none, 0)));
}

TEST_P(LinearCacheOf, LeavesToTheOpWhatDoesNotPayOrFit) {
    const Tensor weight = Normal({40, 300}, GetParam(), 1), bias = Normal({39}, GetParam(), 1);
    const Tensor many = Normal({9, 300}, GetParam(), 1), narrow = Normal({1, 299}, GetParam(), 1);
    const Tensor small = Normal({1, 300}, GetParam(), 1), x = Normal({1, 300}, GetParam(), 1);
    const Tensor empty = Normal({0, 300}, GetParam(), 1), none;
    const Tensor other =
        Normal({1, 300}, GetParam() == NEURAL_DTYPE_F32 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32, 1);
    const Cache cache = MakeCache();
    for (int i = 0; i < 3; i++) {
        EXPECT_FALSE(ByCache(cache, many, weight, none));
        EXPECT_FALSE(ByCache(cache, narrow, weight, none));
        EXPECT_FALSE(ByCache(cache, empty, weight, none));
        EXPECT_FALSE(ByCache(cache, other, weight, none));
        EXPECT_FALSE(ByCache(cache, x, small, none));
        EXPECT_FALSE(ByCache(cache, x, weight, bias));
    }
}

TEST_P(LinearCacheOf, ThreadsShareIt) {
    const Tensor weight = Normal({64, 300}, GetParam(), 1), x = Normal({2, 300}, GetParam(), 2);
    const Tensor none;
    const Tensor want = ByOp(x, weight, none, 0);
    const Cache cache = MakeCache();
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; i++) {
                const Tensor y = ByCache(cache, x, weight, none);
                if (y && !SameBits(y, want)) wrong++;
                if (i % 20 == 0) neural_linear_cache_clear(cache.get());
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST_P(LinearCacheOf, FailedAllocationLeavesItUsable) {
    const Tensor weight = Normal({64, 300}, GetParam(), 1), x = Normal({2, 300}, GetParam(), 2);
    const Tensor none;
    const Cache cache = MakeCache();
    ByCache(cache, x, weight, none);
    for (int nth = 1; nth <= 3; nth++) {
        neural_tensor *out = nullptr;
        neural_alloc_fail_at(nth);
        EXPECT_EQ(
            neural_linear_cache_multiply(cache.get(), x.get(), weight.get(), nullptr, 0, &out),
            NEURAL_ERR_OUT_OF_MEMORY)
            << nth;
        neural_alloc_fail_at(0);
        EXPECT_EQ(out, nullptr);
    }
    EXPECT_TRUE(SameBits(ByCache(cache, x, weight, none), ByOp(x, weight, none, 0)));
}

// Where most blocks of 16 outputs are 0 the copy serves any number of rows.
TEST_P(LinearCacheOf, SparseWeightsServeAnyNumberOfRows) {
    const Tensor bias = Normal({131}, GetParam(), 2), none;
    for (const int64_t every : {4, 3}) { // a quarter, a third is left
        const Tensor weight = Normal({131, 500}, GetParam(), 1);
        for (int64_t i = 0; i < 131 * 500; i++) {
            if ((i % 500 + i / 500 / 16) % every) {
                std::memset(weight->data + i * neural_dtype_bytes(GetParam()), 0,
                            static_cast<size_t>(neural_dtype_bytes(GetParam())));
            }
        }
        const Cache cache = MakeCache();
        for (const int64_t rows : {100, 1, 2, 7, 20, 100}) {
            const Tensor x = Normal({rows, 500}, GetParam(), 3);
            for (const int relu : {0, 1}) {
                const Tensor with = ByCache(cache, x, weight, bias, relu);
                if (rows == 100 && !with) continue; // the first product
                EXPECT_TRUE(SameBits(with, ByOp(x, weight, bias, relu))) << rows;
                EXPECT_TRUE(
                    SameBits(ByCache(cache, x, weight, none, relu), ByOp(x, weight, none, relu)));
            }
        }
        EXPECT_GT(neural_linear_cache_bytes(cache.get()), 0);
        EXPECT_LT(neural_linear_cache_bytes(cache.get()), neural_tensor_bytes(weight.get()));
        const int64_t index[] = {3, 4};
        ASSERT_EQ(neural_tensor_set(weight.get(), index, 9), NEURAL_OK);
        const Tensor x = Normal({50, 500}, GetParam(), 3);
        EXPECT_FALSE(ByCache(cache, x, weight, bias));
        EXPECT_TRUE(SameBits(ByCache(cache, x, weight, bias), ByOp(x, weight, bias, 0)));
    }
}

} // namespace
