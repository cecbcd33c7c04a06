#include "tests/core/autograd/autograd_testing.h"

#include "core/autograd/op_registry.h"

#include "core/autograd/op_list.h"

namespace {

using namespace autograd_testing;
using Values = std::vector<double>;

TEST(OpList, IsCompleteAndFoundByName) {
    for (int id = 0; id < NEURAL_OP_ID_COUNT; id++) {
        const neural_op &op = neural_op_list[id];
        ASSERT_TRUE(op.name && op.infer && op.forward && op.backward) << id;
        EXPECT_GE(op.inputs, 1) << op.name;
        EXPECT_LE(op.inputs, NEURAL_OP_MAX_INPUTS) << op.name;
        EXPECT_EQ(neural_op_find(op.name), &op);
    }
    EXPECT_EQ(neural_op_find("linear"), &neural_op_list[NEURAL_OP_ID_linear]);
    EXPECT_EQ(neural_op_find("no such op"), nullptr);
    EXPECT_EQ(neural_op_find(nullptr), nullptr);
}

TEST(OpList, EveryOpRefusesMissingInputs) {
    neural_tensor *none[NEURAL_OP_MAX_INPUTS] = {};
    for (const neural_op &op : neural_op_list) {
        neural_tensor *out = nullptr;
        EXPECT_EQ(neural_op_apply(&op, none, nullptr, &out), NEURAL_ERR_NULL_POINTER) << op.name;
        EXPECT_TRUE(error_has(op.name)) << neural_last_error();
        EXPECT_EQ(out, nullptr);
    }
    EXPECT_EQ(neural_op_apply(nullptr, none, nullptr, none), NEURAL_ERR_NULL_POINTER);
}

// A user's op: y = c0 + c1 x + c2 x^2 of each element, coefficients in the context.
struct Polynomial {
    double c[3];
};

neural_status polynomial_infer(const neural_op_call *call, neural_shape *out) {
    if (call->in[0]->dtype != NEURAL_DTYPE_F64) {
        return neural_error(NEURAL_ERR_INVALID_DTYPE, "polynomial: wants f64");
    }
    *out = call->in[0]->shape;
    return NEURAL_OK;
}

neural_status polynomial_forward(neural_op_call *call) {
    const Polynomial *p = static_cast<const Polynomial *>(call->attrs.context);
    for (int64_t i = 0; i < call->out->len; i++) {
        const double x = neural_tensor_f64(call->in[0])[i];
        neural_tensor_f64(call->out)[i] = p->c[0] + x * (p->c[1] + x * p->c[2]);
    }
    return NEURAL_OK;
}

neural_status polynomial_backward(neural_op_call *call) {
    const Polynomial *p = static_cast<const Polynomial *>(call->attrs.context);
    for (int64_t i = 0; i < call->out->len; i++) {
        const double x = neural_tensor_f64(call->in[0])[i];
        neural_tensor_f64(call->grad_in[0])[i] =
            neural_tensor_f64(call->grad_out)[i] * (p->c[1] + 2 * x * p->c[2]);
    }
    return NEURAL_OK;
}

TEST(UserOp, RunsBesideTheBuiltInOnes) {
    static const neural_op op = {"test_polynomial",   1, polynomial_infer, polynomial_forward,
                                 polynomial_backward, 0};
    if (!neural_op_find(op.name)) { // once per process, also when the test is repeated
        ASSERT_EQ(neural_op_register(&op), NEURAL_OK) << neural_last_error();
    }
    EXPECT_EQ(neural_op_find("test_polynomial"), &op);
    EXPECT_EQ(neural_op_register(&op), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(error_has("test_polynomial")) << neural_last_error();

    Polynomial p = {{1, 2, 3}};
    neural_op_attrs attrs = {};
    attrs.context = &p;
    const Tensor x = leaf({2}, {2, -1});
    const Tensor h = result(neural_affine, x.get(), 2.0, 0.0);
    neural_tensor *in = h.get();
    const Tensor y = result(neural_op_apply, neural_op_find("test_polynomial"), &in, &attrs);
    EXPECT_EQ(values(y.get()), (Values{57, 9}));
    const Tensor sum = result(neural_sum, y.get(), NEURAL_ALL_AXES, 0);
    ASSERT_EQ(neural_backward(sum.get(), nullptr, 0), NEURAL_OK);
    EXPECT_EQ(grad_of(x), (Values{2 * (2 + 6 * 4.), 2 * (2 + 6 * -2.)}));

    const Tensor single = leaf({1}, {1}, NEURAL_DTYPE_F32);
    in = single.get();
    EXPECT_EQ(fails(neural_op_apply, &op, &in, &attrs), NEURAL_ERR_INVALID_DTYPE);
}

TEST(UserOp, WithoutBackwardCutsTheGraph) {
    static const neural_op op = {"test_forward_only", 1,       polynomial_infer,
                                 polynomial_forward,  nullptr, 0};
    Polynomial p = {{0, 1, 0}};
    neural_op_attrs attrs = {};
    attrs.context = &p;
    const Tensor x = leaf({1}, {2});
    neural_tensor *in = x.get();
    const Tensor y = result(neural_op_apply, &op, &in, &attrs);
    EXPECT_FALSE(neural_tensor_requires_grad(y.get()));
}

TEST(UserOp, RegisterChecksItsArgument) {
    EXPECT_EQ(neural_op_register(nullptr), NEURAL_ERR_NULL_POINTER);
    const neural_op unnamed = {nullptr, 1, polynomial_infer, polynomial_forward, nullptr, 0};
    EXPECT_EQ(neural_op_register(&unnamed), NEURAL_ERR_NULL_POINTER);
    const neural_op taken = {"relu", 1, polynomial_infer, polynomial_forward, nullptr, 0};
    EXPECT_EQ(neural_op_register(&taken), NEURAL_ERR_INVALID_ARGUMENT);
    const neural_op headless = {"test_headless", 1, nullptr, polynomial_forward, nullptr, 0};
    EXPECT_EQ(neural_op_register(&headless), NEURAL_ERR_INVALID_ARGUMENT);
    const int inputs = NEURAL_OP_MAX_INPUTS + 1;
    const neural_op wide = {"test_wide", inputs, polynomial_infer, polynomial_forward, nullptr, 0};
    EXPECT_EQ(neural_op_register(&wide), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_op_find("test_wide"), nullptr);
}

} // namespace
