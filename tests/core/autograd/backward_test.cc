#include "tests/core/autograd/autograd_testing.h"

#include <cfenv>
#include <thread>

#include <xmmintrin.h>

#include "core/autograd/op_registry.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

Tensor sum_of(const Tensor &x) {
    return result(neural_sum, x.get(), NEURAL_ALL_AXES, 0);
}

class BackwardTest : public testing::Test {
  protected:
    void SetUp() override { nodes_ = neural_node_count(); }
    void TearDown() override { EXPECT_EQ(neural_node_count(), nodes_) << "nodes leak"; }

  private:
    int64_t nodes_ = 0;
};

TEST_F(BackwardTest, ProductRule) {
    const Tensor x = leaf({3}, {1, 2, 3}), y = leaf({3}, {4, 5, 6});
    const Tensor z = result(neural_mul, x.get(), y.get());
    const Tensor sum = sum_of(z);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(grad_of(x), (Values{4, 5, 6}));
    EXPECT_EQ(grad_of(y), (Values{1, 2, 3}));
}

TEST_F(BackwardTest, TheSameInputTwice) {
    for (neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        const Tensor x = leaf({2}, {3, -2}, dtype);
        const Tensor z = result(neural_mul, x.get(), x.get());
        const Tensor sum = sum_of(z);
        ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        EXPECT_EQ(grad_of(x), (Values{6, -4}));
    }
    // An op that accumulates by itself: d sum(X X) = 1 X^T + X^T 1, first new, then added.
    const Tensor m = leaf({2, 2}, {1, 2, 3, 4});
    for (int pass = 1; pass <= 2; pass++) {
        const Tensor product = result(neural_matmul, m.get(), m.get());
        const Tensor sum = sum_of(product);
        ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        EXPECT_EQ(grad_of(m), (Values{pass * 7., pass * 11., pass * 9., pass * 13.}));
    }
}

TEST_F(BackwardTest, ADiamondIsVisitedOnce) {
    // a = x^2, b = 3a, c = a*b = 3x^4: dc/dx = 12 x^3
    const Tensor x = leaf({2}, {2, -1});
    const Tensor a = result(neural_square, x.get());
    const Tensor b = result(neural_affine, a.get(), 3.0, 0.0);
    const Tensor c = result(neural_mul, a.get(), b.get());
    const Tensor sum = sum_of(c);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (Values{96, -12}));
}

TEST_F(BackwardTest, ManyBranchesOutgrowTheInlineQueue) {
    const Tensor x = leaf({1}, {1});
    Tensor total = result(neural_affine, x.get(), 1.0, 0.0);
    std::vector<Tensor> branches;
    double want = 1;
    for (int i = 0; i < 300; i++) {
        branches.push_back(result(neural_affine, x.get(), static_cast<double>(i), 0.0));
        want += i;
    }
    for (const Tensor &branch : branches) {
        total = result(neural_add, total.get(), branch.get());
    }
    branches.clear();
    ASSERT_EQ(neural_backward(total.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(grad_of(x), Values{want});
}

TEST_F(BackwardTest, AddsToLeavesAndTakesAGradient) {
    const Tensor x = leaf({2}, {1, 2});
    const Tensor weights = make(Array{{2}, {10, 100}}, NEURAL_DTYPE_F64, kSliced);
    for (int pass = 1; pass <= 3; pass++) {
        const Tensor y = result(neural_square, x.get());
        ASSERT_EQ(neural_backward(y.get(), weights.get(), 0), NEURAL_OK);
        EXPECT_EQ(grad_of(x), (Values{pass * 20., pass * 400.}));
    }
}

TEST_F(BackwardTest, OfALeafIsOne) {
    const Tensor x = leaf({1}, {5});
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    ASSERT_EQ(neural_backward(x.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), Values{2});
}

TEST_F(BackwardTest, RefusesWhatHasNoGradient) {
    const Tensor plain = make(Array{{1}, {1}}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_backward(plain.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_backward(nullptr, nullptr, 0), NEURAL_ERR_NULL_POINTER);
    const Tensor x = leaf({2, 3}, {1, 2, 3, 4, 5, 6});
    const Tensor y = result(neural_square, x.get());
    EXPECT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(error_has("[2, 3]")) << neural_last_error();
    const Tensor flat = make(Array{{6}, Values(6, 1)}, NEURAL_DTYPE_F64);
    EXPECT_EQ(neural_backward(y.get(), flat.get(), 0), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_TRUE(error_has("[2, 3]") && error_has("[6]")) << neural_last_error();
    const Tensor single = make(Array{{2, 3}, Values(6, 1)}, NEURAL_DTYPE_F32);
    EXPECT_EQ(neural_backward(y.get(), single.get(), 0), NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);
}

TEST_F(BackwardTest, ASecondRunNeedsTheGraphRetained) {
    const Tensor x = leaf({1}, {3});
    const Tensor y = result(neural_square, x.get());
    ASSERT_EQ(neural_backward(y.get(), nullptr, 1), NEURAL_OK);
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), Values{12});
    EXPECT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("square") && error_has("retain the graph")) << neural_last_error();
    // Also where a later op leads into the freed part.
    const Tensor z = result(neural_affine, y.get(), 2.0, 0.0);
    EXPECT_EQ(neural_backward(z.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(grad_of(x), Values{12});
}

TEST_F(BackwardTest, RefusesInPlaceWrites) {
    const Tensor x = leaf({2}, {1, 2}), w = leaf({2}, {3, 4});
    const Tensor y = result(neural_mul, x.get(), w.get());
    const Tensor sum = sum_of(y);
    ASSERT_EQ(neural_tensor_fill(w.get(), 9), NEURAL_OK);
    EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("mul: its input 1 [2]")) << neural_last_error();
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);

    // A write through a view counts, and one into the result as well.
    const Tensor e = result(neural_exp, x.get());
    const Tensor view = result(neural_tensor_detach, e.get());
    const Tensor total = sum_of(e);
    ASSERT_EQ(neural_tensor_fill(view.get(), 1), NEURAL_OK);
    EXPECT_EQ(neural_backward(total.get(), nullptr, 0), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("its ")) << neural_last_error();
}

TEST_F(BackwardTest, FreesSavedTensorsOnTheWay) {
    Tensor x = leaf({1}, {3});
    const Tensor y = result(neural_square, x.get());
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(x->refs, 1) << "the graph still holds its input";
}

TEST_F(BackwardTest, RestoresRecordingAndFloatingPointState) {
    const Tensor x = leaf({1}, {3});
    const Tensor y = result(neural_square, x.get());
    _mm_setcsr(_mm_getcsr() | 0x8040); // flush to zero, denormals are zero
    const unsigned before = _mm_getcsr();
    ASSERT_EQ(neural_backward(y.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(_mm_getcsr() & 0x8040u, before & 0x8040u);
    _mm_setcsr(before & ~0x8040u);
    EXPECT_TRUE(neural_grad_enabled());
}

// y = c x, with a backward that fails on demand.
struct Scale {
    double factor;
    bool fail;
};

neural_status scale_infer(const neural_op_call *call, neural_shape *out) {
    *out = call->in[0]->shape;
    return NEURAL_OK;
}

void scale_by(neural_tensor *dst, const neural_tensor *src, double factor) {
    for (int64_t i = 0; i < src->len; i++) {
        neural_tensor_f64(dst)[i] = factor * neural_tensor_f64(src)[i];
    }
}

neural_status scale_forward(neural_op_call *call) {
    scale_by(call->out, call->in[0], static_cast<Scale *>(call->attrs.context)->factor);
    return neural_tensor_like_shape(&call->out->shape, NEURAL_DTYPE_F64, &call->saved[0]);
}

neural_status scale_backward(neural_op_call *call) {
    const Scale *scale = static_cast<Scale *>(call->attrs.context);
    EXPECT_FALSE(neural_grad_enabled());
    if (scale->fail) {
        return neural_error(NEURAL_ERR_INTERNAL, "scale: as asked");
    }
    scale_by(call->grad_in[0], call->grad_out, scale->factor);
    return NEURAL_OK;
}

const neural_op kScale = {"test_scale", 1, scale_infer, scale_forward, scale_backward, 0};

TEST_F(BackwardTest, AFailingOpLeavesNothingBehind) {
    Scale scale = {5, true};
    neural_op_attrs attrs = {};
    attrs.context = &scale;
    const Tensor x = leaf({2}, {1, 2});
    const Tensor a = result(neural_square, x.get());
    neural_tensor *raw = a.get();
    const Tensor b = result(neural_op_apply, &kScale, &raw, &attrs);
    const Tensor c = result(neural_add, a.get(), b.get());
    const Tensor sum = sum_of(c);
    EXPECT_EQ(neural_backward(sum.get(), nullptr, 1), NEURAL_ERR_INTERNAL);
    EXPECT_STREQ(neural_last_error(), "scale: as asked");
    EXPECT_EQ(neural_tensor_grad(x.get()), nullptr);
    // The same graph works once the op does.
    scale.fail = false;
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(grad_of(x), (Values{12, 24}));
}

TEST_F(BackwardTest, ViewsCarryGradients) {
    const Tensor x = leaf({2, 3}, {1, 2, 3, 4, 5, 6});
    const Tensor turned = result(neural_transpose, x.get(), 0, 1);
    const Tensor row = result(neural_slice, turned.get(), 0, 1, 2, 1); // [2, 2]
    const Tensor squares = result(neural_square, row.get());
    const Tensor sum = sum_of(squares);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(grad_of(x), (Values{0, 4, 6, 0, 10, 12}));
}

TEST_F(BackwardTest, GraphsOnSeveralThreadsAreIndependent) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([t] {
            const Tensor x = leaf({2}, {1. + t, 2.});
            for (int i = 0; i < 300; i++) {
                clear_grad(x);
                const Tensor y = result(neural_square, x.get());
                const Tensor z = result(neural_mul, y.get(), x.get());
                const Tensor sum = sum_of(z);
                ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
                ASSERT_EQ(grad_of(x), (Values{3. * (1 + t) * (1 + t), 12}));
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

TEST_F(BackwardTest, AccumulationIsTheSameForAnyThreadCount) {
    std::mt19937_64 random(7);
    const Array array = random_uniform({300001}, -1, 1, random);
    expect_threads_keep_bits([&] {
        const Tensor x = leaf(array, NEURAL_DTYPE_F32);
        const Tensor a = result(neural_exp, x.get());
        const Tensor b = result(neural_tanh, x.get());
        const Tensor c = result(neural_mul, a.get(), b.get());
        const Tensor d = result(neural_add, c.get(), a.get());
        const Tensor sum = sum_of(d);
        EXPECT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
        std::vector<Tensor> grads;
        grads.push_back(shared_grad(x));
        return grads;
    });
}

} // namespace
