// How long graphs live and what they cost: no leaks, no recursion, no allocation in steady state.
#include "tests/core/autograd/autograd_testing.h"

#include "core/base/memory.h"

namespace {

using namespace autograd_testing;

TEST(Lifetime, AGraphDiesWithItsRoot) {
    const int64_t before = neural_node_count();
    Tensor x = leaf({1}, {2});
    Tensor y = result(neural_square, x.get());
    Tensor z = result(neural_exp, y.get());
    EXPECT_EQ(neural_node_count(), before + 2);
    y.reset(); // z still needs it
    EXPECT_EQ(neural_node_count(), before + 2);
    x.reset();
    z.reset();
    EXPECT_EQ(neural_node_count(), before);
}

TEST(Lifetime, BackwardFreesAllButTheRoot) {
    const int64_t before = neural_node_count();
    const Tensor x = leaf({1}, {2});
    Tensor y = result(neural_square, x.get());
    for (int i = 0; i < 5; i++) {
        y = result(neural_affine, y.get(), 0.5, 0.0);
    }
    EXPECT_EQ(neural_node_count(), before + 6);
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(neural_node_count(), before + 1);
}

Tensor chain(const Tensor &x, int64_t len) {
    Tensor y = result(neural_affine, x.get(), 1.0, 0.0);
    for (int64_t i = 1; i < len; i++) {
        y = result(neural_affine, y.get(), 1.0, 0.0);
    }
    return y;
}

TEST(Lifetime, AChainOfAMillionNodesDoesNotOverflowTheStack) {
    const int64_t before = neural_node_count();
    const int64_t len = 1000000;
    const Tensor x = leaf({1}, {2}, NEURAL_DTYPE_F32);
    Tensor y = chain(x, len);
    EXPECT_EQ(neural_node_count(), before + len);
    y.reset();
    EXPECT_EQ(neural_node_count(), before);
}

TEST(Lifetime, NorDoesItsBackward) {
    const int64_t before = neural_node_count();
    const Tensor x = leaf({1}, {2}, NEURAL_DTYPE_F32);
    const Tensor y = chain(x, 200000);
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), std::vector<double>{1});
    EXPECT_EQ(neural_node_count(), before + 1);
    neural_pool_trim();
}

// Two linear layers, a loss and its backward.
neural_status step(const Tensor &x, const Tensor &labels, const std::vector<Tensor> &w) {
    neural_tensor *h = nullptr, *logits = nullptr, *loss = nullptr;
    neural_status status = neural_linear_relu(x.get(), w[0].get(), w[1].get(), &h);
    if (!status) {
        status = neural_linear(h, w[2].get(), w[3].get(), &logits);
    }
    if (!status) {
        status = neural_cross_entropy_loss(logits, labels.get(), &loss);
    }
    if (!status) {
        status = neural_backward(loss, nullptr, 0);
    }
    neural_tensor_release(h);
    neural_tensor_release(logits);
    neural_tensor_release(loss);
    return status;
}

struct Net {
    Tensor x, labels;
    std::vector<Tensor> w;
    Net() {
        std::mt19937_64 random(1);
        x = make(random_grid({6, 5}, random), NEURAL_DTYPE_F32);
        labels = make(Array{{6}, {0, 1, 2, 0, 1, 2}}, NEURAL_DTYPE_F32);
        for (const Dims &dims : {Dims{7, 5}, Dims{7}, Dims{3, 7}, Dims{3}}) {
            w.push_back(leaf(random_grid(dims, random), NEURAL_DTYPE_F32));
        }
    }
};

TEST(Lifetime, StepsAllocateNothingAfterTheFirst) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const Net net;
    for (const Tensor &w : net.w) { // as parameters have them
        const Tensor grad = create(to_array(w.get()).dims, NEURAL_DTYPE_F32);
        ASSERT_EQ(neural_tensor_fill(grad.get(), 0), NEURAL_OK);
        ASSERT_EQ(neural_tensor_set_grad(w.get(), grad.get()), NEURAL_OK);
    }
    ASSERT_EQ(step(net.x, net.labels, net.w), NEURAL_OK) << neural_last_error();
    const int64_t allocations = neural_alloc_count(), bytes = neural_alloc_bytes();
    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(step(net.x, net.labels, net.w), NEURAL_OK);
    }
    EXPECT_EQ(neural_alloc_count(), allocations);
    EXPECT_EQ(neural_alloc_bytes(), bytes);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

TEST(Lifetime, EveryFailedAllocationIsClean) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const int64_t nodes = neural_node_count();
    const Net net;
    sweep_failed_allocations([&] {
        const neural_status status = step(net.x, net.labels, net.w);
        EXPECT_EQ(neural_node_count(), nodes);
        for (const Tensor &w : net.w) {
            neural_tensor_set_grad(w.get(), nullptr);
        }
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

neural_status ignore(void *, neural_tensor *) {
    return NEURAL_OK;
}

TEST(Lifetime, EveryFailedAllocationIsCleanWithHooksAndBranches) {
    ASSERT_EQ(neural_set_num_threads(1), NEURAL_OK);
    const int64_t nodes = neural_node_count();
    sweep_failed_allocations([&]() -> neural_status {
        neural_tensor *x = nullptr, *a = nullptr, *b = nullptr, *sum = nullptr;
        const int64_t dims[] = {3, 2}, flat[] = {2, 3};
        int64_t id = 0;
        neural_status status = neural_tensor_ones(2, dims, NEURAL_DTYPE_F64, &x);
        status = status ? status : neural_tensor_set_requires_grad(x, 1);
        status = status ? status : neural_tensor_add_hook(x, ignore, nullptr, &id);
        status = status ? status : neural_reshape(x, 2, flat, &a);
        status = status ? status : neural_tensor_retain_grad(a);
        status = status ? status : neural_matmul(a, x, &b);
        status = status ? status : neural_sum(b, NEURAL_ALL_AXES, 0, &sum);
        status = status ? status : neural_backward(sum, nullptr, 0);
        for (neural_tensor *tensor : {sum, b, a, x}) {
            neural_tensor_release(tensor);
        }
        EXPECT_EQ(neural_node_count(), nodes);
        return status;
    });
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
