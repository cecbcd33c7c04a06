#include "core/tensor/elementwise.h"

#include "core/tensor/axis_reduce.h"
#include "core/tensor/map.h"

static neural_status check_float(const neural_op_call *call, int i, const char *what) {
    NEURAL_REQUIRE(call->in[i], NEURAL_ERR_NULL_POINTER, "%s: %s is NULL", call->name, what);
    NEURAL_REQUIRE(neural_dtype_is_float(call->in[i]->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: %s is %s, expected f32 or f64", call->name, what,
                   neural_dtype_name(call->in[i]->dtype));
    return NEURAL_OK;
}

neural_status neural_same_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_float(call, 0, "x"));
    *out = call->in[0]->shape;
    return NEURAL_OK;
}

neural_status neural_broadcast_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_float(call, 0, "lhs"));
    NEURAL_TRY(check_float(call, 1, "rhs"));
    const neural_tensor *lhs = call->in[0], *rhs = call->in[1];
    NEURAL_REQUIRE(lhs->dtype == rhs->dtype, NEURAL_ERR_DTYPE_MISMATCH, "%s: lhs is %s, rhs is %s",
                   call->name, neural_dtype_name(lhs->dtype), neural_dtype_name(rhs->dtype));
    if (neural_shape_equal(&lhs->shape, &rhs->shape)) {
        *out = lhs->shape;
        return NEURAL_OK;
    }
    return neural_shape_broadcast(call->name, &lhs->shape, &rhs->shape, out);
}

static neural_status forward(neural_op_call *call, neural_map_body *body) {
    const neural_map_args args = {call->out->dtype, call->attrs.scalar[0], call->attrs.scalar[1]};
    neural_map(body, &args, &call->out->shape, call->out->data, call->inputs, call->in);
    return NEURAL_OK;
}

/* grad_in[i] = body(operands), of grad_out's shape, summed to the shape of input i. */
static neural_status backward(neural_op_call *call, int i, neural_map_body *body, int count,
                              neural_tensor *const *operands) {
    neural_tensor *grad = call->grad_in[i];
    const neural_tensor *grad_out = call->grad_out;
    if (!grad) {
        return NEURAL_OK;
    }
    const neural_map_args args = {grad->dtype, call->attrs.scalar[0], call->attrs.scalar[1]};
    if (grad->len == grad_out->len) {
        neural_map(body, &args, &grad_out->shape, grad->data, count, operands);
        return NEURAL_OK;
    }
    neural_tensor *wide = NULL;
    NEURAL_TRY(neural_tensor_like_shape(&grad_out->shape, grad->dtype, &wide));
    neural_map(body, &args, &grad_out->shape, wide->data, count, operands);
    const neural_status status = neural_sum_to(grad, wide);
    neural_tensor_release(wide);
    return status;
}

#define BINARY_BODY(op)                                                                            \
    static void op(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {  \
        NEURAL_FLOAT_KERNEL(args->dtype, op, dst, src[0], src[1], len);                            \
    }
BINARY_BODY(add)
BINARY_BODY(sub)
BINARY_BODY(mul)
BINARY_BODY(div)
BINARY_BODY(maximum)
BINARY_BODY(minimum)
#undef BINARY_BODY

/* lhs + rhs: dl = dy, dr = dy */
neural_status neural_add_forward(neural_op_call *call) {
    return forward(call, add);
}

neural_status neural_add_backward(neural_op_call *call) {
    for (int i = 0; i < 2; i++) {
        if (call->grad_in[i]) {
            NEURAL_TRY(neural_sum_to(call->grad_in[i], call->grad_out));
        }
    }
    return NEURAL_OK;
}

/* lhs - rhs: dl = dy, dr = -dy */
neural_status neural_sub_forward(neural_op_call *call) {
    return forward(call, sub);
}

neural_status neural_sub_backward(neural_op_call *call) {
    neural_tensor *right = call->grad_in[1];
    NEURAL_TRY(neural_add_backward(call));
    if (right) {
        NEURAL_FLOAT_KERNEL(right->dtype, neg, (void *)right->data, (const void *)right->data,
                            right->len);
    }
    return NEURAL_OK;
}

/* lhs * rhs: dl = dy rhs, dr = dy lhs */
neural_status neural_mul_forward(neural_op_call *call) {
    return forward(call, mul);
}

neural_status neural_mul_backward(neural_op_call *call) {
    NEURAL_TRY(backward(call, 0, mul, 2, (neural_tensor *[]){call->grad_out, call->in[1]}));
    return backward(call, 1, mul, 2, (neural_tensor *[]){call->grad_out, call->in[0]});
}

/* -(dy / rhs) out, operands dy, rhs, out */
static void div_grad_right(const neural_map_args *args, void *dst, const void *const *src,
                           int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, div, dst, src[0], src[1], len);
    NEURAL_FLOAT_KERNEL(args->dtype, mul, dst, dst, src[2], len);
    NEURAL_FLOAT_KERNEL(args->dtype, neg, dst, dst, len);
}

/* lhs / rhs: dl = dy / rhs, dr = -dy lhs / rhs^2 */
neural_status neural_div_forward(neural_op_call *call) {
    return forward(call, div);
}

neural_status neural_div_backward(neural_op_call *call) {
    NEURAL_TRY(backward(call, 0, div, 2, (neural_tensor *[]){call->grad_out, call->in[1]}));
    return backward(call, 1, div_grad_right, 3,
                    (neural_tensor *[]){call->grad_out, call->in[1], call->out});
}

/* dy where the first of two is larger (or one is NaN), dy/2 where they are equal, else 0; operands
 * dy, first, second */
#define WINNER_GRAD(T, dtype)                                                                      \
    static void winner_grad_##dtype(T *dst, const T *dy, const T *first, const T *second,          \
                                    int64_t len) {                                                 \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const T half = first[i] == second[i] ? dy[i] / 2 : dy[i];                              \
            dst[i] = first[i] < second[i] ? 0 : half;                                              \
        }                                                                                          \
    }
WINNER_GRAD(float, f32)
WINNER_GRAD(double, f64)
#undef WINNER_GRAD

static void winner_grad(const neural_map_args *args, void *dst, const void *const *src,
                        int64_t len) {
    if (args->dtype == NEURAL_DTYPE_F32) {
        winner_grad_f32(dst, src[0], src[1], src[2], len);
    } else {
        winner_grad_f64(dst, src[0], src[1], src[2], len);
    }
}

neural_status neural_maximum_forward(neural_op_call *call) {
    return forward(call, maximum);
}

neural_status neural_maximum_backward(neural_op_call *call) {
    neural_tensor *dy = call->grad_out, *lhs = call->in[0], *rhs = call->in[1];
    NEURAL_TRY(backward(call, 0, winner_grad, 3, (neural_tensor *[]){dy, lhs, rhs}));
    return backward(call, 1, winner_grad, 3, (neural_tensor *[]){dy, rhs, lhs});
}

neural_status neural_minimum_forward(neural_op_call *call) {
    return forward(call, minimum);
}

/* The smaller one wins: the operands change places. */
neural_status neural_minimum_backward(neural_op_call *call) {
    neural_tensor *dy = call->grad_out, *lhs = call->in[0], *rhs = call->in[1];
    NEURAL_TRY(backward(call, 0, winner_grad, 3, (neural_tensor *[]){dy, rhs, lhs}));
    return backward(call, 1, winner_grad, 3, (neural_tensor *[]){dy, lhs, rhs});
}

static void affine(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, affine, dst, src[0], len, args->alpha, args->beta);
}

static void scale(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, affine, dst, src[0], len, args->alpha, 0.0);
}

/* alpha x + beta: dx = alpha dy */
neural_status neural_affine_forward(neural_op_call *call) {
    return forward(call, affine);
}

neural_status neural_affine_backward(neural_op_call *call) {
    return backward(call, 0, scale, 1, &call->grad_out);
}
