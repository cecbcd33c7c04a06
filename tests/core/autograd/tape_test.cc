#include <thread>

#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

TEST(RequiresGrad, IsForFloatLeavesOnly) {
    Tensor labels(nullptr);
    const int64_t dims[] = {3};
    neural_tensor *raw = nullptr;
    ASSERT_EQ(neural_tensor_zeros(1, dims, NEURAL_DTYPE_I64, &raw), NEURAL_OK);
    labels.reset(raw);
    EXPECT_EQ(neural_tensor_set_requires_grad(labels.get(), 1), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_TRUE(error_has("i64")) << neural_last_error();
    EXPECT_EQ(neural_tensor_set_requires_grad(nullptr, 1), NEURAL_ERR_NULL_POINTER);

    const Tensor x = leaf({2}, {1, 2});
    const Tensor y = result(neural_square, x.get());
    EXPECT_TRUE(neural_tensor_requires_grad(y.get()));
    EXPECT_TRUE(neural_tensor_is_leaf(x.get()));
    EXPECT_FALSE(neural_tensor_is_leaf(y.get()));
    EXPECT_EQ(neural_tensor_set_requires_grad(y.get(), 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_tensor_set_requires_grad(y.get(), 1), NEURAL_OK);
}

TEST(GradMode, SwitchesRecordingOffPerThread) {
    const int64_t before = neural_node_count();
    const Tensor x = leaf({2}, {1, 2});
    EXPECT_EQ(neural_set_grad_enabled(0), 1);
    EXPECT_FALSE(neural_grad_enabled());
    std::thread([] { EXPECT_TRUE(neural_grad_enabled()); }).join();
    const Tensor y = result(neural_square, x.get());
    EXPECT_EQ(neural_set_grad_enabled(1), 0);
    EXPECT_FALSE(neural_tensor_requires_grad(y.get()));
    EXPECT_TRUE(neural_tensor_is_leaf(y.get()));
    EXPECT_EQ(neural_node_count(), before);
    EXPECT_EQ(values(y.get()), (std::vector<double>{1, 4}));
}

TEST(GradMode, NothingIsRecordedWithoutNeed) {
    const int64_t before = neural_node_count();
    const Tensor x = make(Array{{2}, {1, 2}}, NEURAL_DTYPE_F32);
    const Tensor y = result(neural_square, x.get());
    EXPECT_FALSE(neural_tensor_requires_grad(y.get()));
    EXPECT_EQ(neural_node_count(), before);
}

TEST(Detach, SharesStorageWithoutHistory) {
    const Tensor x = leaf({2}, {1, 2});
    const Tensor y = result(neural_square, x.get());
    const Tensor cut = result(neural_tensor_detach, y.get());
    EXPECT_EQ(neural_tensor_data(cut.get()), neural_tensor_data(y.get()));
    EXPECT_FALSE(neural_tensor_requires_grad(cut.get()));
    EXPECT_TRUE(neural_tensor_is_leaf(cut.get()));
    // d/dx sum(detach(x^2) * x) = x^2
    const Tensor z = result(neural_mul, cut.get(), x.get());
    const Tensor sum = result(neural_sum, z.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (std::vector<double>{1, 4}));
}

TEST(Grad, SetChecksShapeDtypeAndLayout) {
    const Tensor x = leaf({2, 2}, {1, 2, 3, 4});
    const Tensor flat = make(Array{{4}, {1, 2, 3, 4}}, NEURAL_DTYPE_F64);
    EXPECT_EQ(neural_tensor_set_grad(x.get(), flat.get()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(error_has("[2, 2]") && error_has("[4]")) << neural_last_error();
    const Tensor single = make(Array{{2, 2}, {1, 2, 3, 4}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_tensor_set_grad(x.get(), single.get()), NEURAL_ERR_DTYPE_MISMATCH);
    const Tensor turned = make(Array{{2, 2}, {1, 2, 3, 4}}, NEURAL_DTYPE_F64, kReversed);
    EXPECT_EQ(neural_tensor_set_grad(x.get(), turned.get()), NEURAL_ERR_INVALID_ARGUMENT);

    const Tensor grad = make(Array{{2, 2}, {1, 2, 3, 4}}, NEURAL_DTYPE_F64);
    ASSERT_EQ(neural_tensor_set_grad(x.get(), grad.get()), NEURAL_OK);
    EXPECT_EQ(neural_tensor_grad(x.get()), grad.get());
    // Backward adds into the very tensor that was set: a view of a flat buffer stays one.
    const Tensor sum = result(neural_sum, x.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(neural_tensor_grad(x.get()), grad.get());
    EXPECT_EQ(values(grad.get()), (std::vector<double>{2, 3, 4, 5}));
    ASSERT_EQ(neural_tensor_set_grad(x.get(), nullptr), NEURAL_OK);
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);
}

} // namespace
