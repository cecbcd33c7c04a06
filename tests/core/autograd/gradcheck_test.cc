#include "core/autograd/gradcheck.h"

#include <set>

#include "core/autograd/op_list.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

TEST(Gradcheck, EveryOpPasses) {
    const int64_t nodes = neural_node_count();
    std::set<std::string> names;
    EXPECT_EQ(neural_gradcheck_ops(
                  [](void *context, const char *op, neural_status status, double max_error) {
                      EXPECT_EQ(status, NEURAL_OK) << op << ": " << neural_last_error();
                      EXPECT_LE(max_error, 1) << op;
                      static_cast<std::set<std::string> *>(context)->insert(op);
                  },
                  &names),
              NEURAL_OK);
    EXPECT_EQ(names.size(), static_cast<size_t>(NEURAL_OP_ID_COUNT));
    EXPECT_EQ(neural_node_count(), nodes);
}

// y = x^3 with a backward that is off by `error` (relative) at one element.
struct Cube {
    double error;
};

neural_status cube_infer(const neural_op_call *call, neural_shape *out) {
    *out = call->in[0]->shape;
    return NEURAL_OK;
}

neural_status cube_forward(neural_op_call *call) {
    for (int64_t i = 0; i < call->out->len; i++) {
        const double x = neural_tensor_f64(call->in[0])[i];
        neural_tensor_f64(call->out)[i] = x * x * x;
    }
    return NEURAL_OK;
}

neural_status cube_backward(neural_op_call *call) {
    const Cube *cube = static_cast<const Cube *>(call->attrs.context);
    for (int64_t i = 0; i < call->out->len; i++) {
        const double x = neural_tensor_f64(call->in[0])[i];
        neural_tensor_f64(call->grad_in[0])[i] =
            neural_tensor_f64(call->grad_out)[i] * 3 * x * x * (1 + (i == 2 ? cube->error : 0));
    }
    return NEURAL_OK;
}

neural_status cube(void *context, neural_tensor *const *inputs, int, neural_tensor **out) {
    static const neural_op op = {"cube", 1, cube_infer, cube_forward, cube_backward, 0};
    neural_op_attrs attrs = {};
    attrs.context = context;
    return neural_op_apply(&op, inputs, &attrs, out);
}

TEST(Gradcheck, FindsAWrongGradient) {
    const Tensor x = leaf({4}, {1, 2, -2, 0.5});
    neural_tensor *in = x.get();
    double error = 0;
    Cube right = {0}, wrong = {0.01};
    EXPECT_EQ(neural_gradcheck(cube, &right, &in, 1, nullptr, &error), NEURAL_OK);
    EXPECT_LT(error, 1);
    EXPECT_EQ(neural_gradcheck(cube, &wrong, &in, 1, nullptr, &error), NEURAL_ERR_GRAD_CHECK);
    EXPECT_TRUE(error_has("input 0, element 2")) << neural_last_error();
    EXPECT_GT(error, 1);
    const neural_gradcheck_args loose = {1e-6, 1e-5, 0.1};
    EXPECT_EQ(neural_gradcheck(cube, &wrong, &in, 1, &loose, nullptr), NEURAL_OK);
}

TEST(Gradcheck, LeavesInputsAndGradientsAsTheyWere) {
    const Tensor x = leaf({2}, {1, 2});
    const Tensor grad = make(Array{{2}, {7, 8}}, NEURAL_DTYPE_F64);
    ASSERT_EQ(neural_tensor_set_grad(x.get(), grad.get()), NEURAL_OK);
    neural_tensor *in = x.get();
    Cube right = {0};
    ASSERT_EQ(neural_gradcheck(cube, &right, &in, 1, nullptr, nullptr), NEURAL_OK);
    EXPECT_EQ(values(x.get()), (std::vector<double>{1, 2}));
    EXPECT_EQ(neural_tensor_grad(x.get()), grad.get());
    EXPECT_EQ(grad_of(x), (std::vector<double>{7, 8}));
    EXPECT_TRUE(neural_grad_enabled());
}

TEST(Gradcheck, RefusesWhatItCannotCheck) {
    Cube right = {0};
    const Tensor plain = make(Array{{1}, {1}}, NEURAL_DTYPE_F64);
    neural_tensor *in = plain.get();
    EXPECT_EQ(neural_gradcheck(cube, &right, &in, 1, nullptr, nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
    const Tensor single = leaf({1}, {1}, NEURAL_DTYPE_F32);
    in = single.get();
    EXPECT_EQ(neural_gradcheck(cube, &right, &in, 1, nullptr, nullptr), NEURAL_ERR_DTYPE_MISMATCH);
    in = nullptr;
    EXPECT_EQ(neural_gradcheck(cube, &right, &in, 1, nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_gradcheck(cube, &right, &in, 0, nullptr, nullptr),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_gradcheck(nullptr, &right, &in, 1, nullptr, nullptr), NEURAL_ERR_NULL_POINTER);
}

neural_status several(void *, neural_tensor *const *inputs, int, neural_tensor **out) {
    neural_tensor *product = nullptr;
    neural_status status = neural_matmul(inputs[0], inputs[1], &product);
    if (!status) {
        status = neural_log_softmax(product, 0, out);
    }
    neural_tensor_release(product);
    return status;
}

TEST(Gradcheck, HandlesStridedInputs) {
    std::mt19937_64 random(3);
    for (Layout layout : {kReversed, kSliced}) {
        const Tensor a = leaf(random_grid({3, 4}, random), NEURAL_DTYPE_F64, layout);
        const Tensor b = leaf(random_grid({4, 2}, random), NEURAL_DTYPE_F64, layout);
        neural_tensor *in[] = {a.get(), b.get()};
        EXPECT_EQ(neural_gradcheck(several, nullptr, in, 2, nullptr, nullptr), NEURAL_OK)
            << neural_last_error();
    }
}

} // namespace
