#include "core/autograd/block_ops.h"

#include "core/base/memory.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

std::vector<Tensor> Leaves(int count, const Dims &dims) {
    std::vector<Tensor> made;
    for (int i = 0; i < count; i++) {
        std::vector<double> v;
        for (int64_t j = 0; j < len_of(dims); j++) {
            v.push_back(10 * i + static_cast<double>(j));
        }
        made.push_back(leaf(dims, v));
    }
    return made;
}

std::vector<neural_tensor *> Raw(const std::vector<Tensor> &own) {
    std::vector<neural_tensor *> raw;
    for (const Tensor &tensor : own) {
        raw.push_back(tensor.get());
    }
    return raw;
}

// More tensors than an op has inputs: values in order, each gradient its own part.
TEST(BlockOps, ConcatTakesAnyNumber) {
    for (const int count : {1, 8, 9, 23, 70}) {
        const std::vector<Tensor> parts = Leaves(count, {3});
        const std::vector<neural_tensor *> raw = Raw(parts);
        const Tensor whole = result(neural_concat, raw.data(), count, -1);
        std::vector<double> want;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < 3; j++) {
                want.push_back(10 * i + j);
            }
        }
        EXPECT_EQ(values(whole.get()), want);
        const Tensor dy = make(Array{{3 * count}, want}, NEURAL_DTYPE_F64);
        ASSERT_EQ(neural_backward(whole.get(), dy.get(), 0), NEURAL_OK);
        for (int i = 0; i < count; i++) {
            EXPECT_EQ(grad_of(parts[static_cast<size_t>(i)]), values(raw[static_cast<size_t>(i)]));
        }
    }
    EXPECT_EQ(neural_node_count(), 0);
}

TEST(BlockOps, OneTensorTwiceAddsItsGradients) {
    const Tensor x = leaf({2}, {1, 2});
    neural_tensor *const both[] = {x.get(), x.get()};
    const Tensor whole = result(neural_concat, both, 2, 0);
    const Tensor dy = make(Array{{4}, {1, 2, 30, 40}}, NEURAL_DTYPE_F64);
    ASSERT_EQ(neural_backward(whole.get(), dy.get(), 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (std::vector<double>{31, 42}));
}

TEST(BlockOps, StackAddsADimension) {
    const std::vector<Tensor> parts = Leaves(2, {2, 2});
    const std::vector<neural_tensor *> raw = Raw(parts);
    const struct {
        int axis;
        Dims dims;
        std::vector<double> v;
    } cases[] = {{0, {2, 2, 2}, {0, 1, 2, 3, 10, 11, 12, 13}},
                 {1, {2, 2, 2}, {0, 1, 10, 11, 2, 3, 12, 13}},
                 {-1, {2, 2, 2}, {0, 10, 1, 11, 2, 12, 3, 13}}};
    for (const auto &c : cases) {
        const Tensor whole = result(neural_stack, raw.data(), 2, c.axis);
        EXPECT_EQ(to_array(whole.get()).dims, c.dims);
        EXPECT_EQ(values(whole.get()), c.v);
    }
    const Tensor scalar = leaf(Dims{}, {7});
    neural_tensor *const one[] = {scalar.get()};
    EXPECT_EQ(to_array(result(neural_stack, one, 1, 0).get()).dims, (Dims{1}));
}

TEST(BlockOps, RefusesWhatDoesNotFit) {
    const Tensor a = leaf({2}, {1, 2}), b = leaf({3}, {1, 2, 3}), c = leaf({2, 1}, {1, 2});
    neural_tensor *const unlike[] = {a.get(), b.get()}, *const ranks[] = {a.get(), c.get()};
    neural_tensor *const none[] = {a.get(), nullptr};
    EXPECT_EQ(fails(neural_stack, unlike, 2, 0), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_stack, ranks, 2, 1), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_concat, ranks, 2, 0), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(fails(neural_concat, none, 2, 0), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(fails(neural_concat, none, 0, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_stack, none, 1, 2), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(fails(neural_stack, none, 1, -3), NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor full = create(Dims(NEURAL_MAX_DIMS, 1), NEURAL_DTYPE_F64);
    neural_tensor *const deep[] = {full.get()};
    EXPECT_EQ(fails(neural_stack, deep, 1, 0), NEURAL_ERR_INVALID_ARGUMENT);
}

TEST(BlockOps, FailedAllocationsAreClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const std::vector<Tensor> parts = Leaves(9, {2000});
    const std::vector<neural_tensor *> raw = Raw(parts);
    sweep_failed_allocations([&] {
        neural_tensor *out = nullptr;
        const neural_status status = neural_stack(raw.data(), 9, 1, &out);
        neural_tensor_release(out);
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
