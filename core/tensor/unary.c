#include "core/tensor/unary.h"

#include "core/tensor/map.h"

static neural_status forward(neural_op_call *call, neural_map_body *body) {
    const neural_map_args args = {.dtype = call->out->dtype};
    neural_map(body, &args, &call->out->shape, call->out->data, 1, call->in);
    return NEURAL_OK;
}

/* dx = body(dy, saved) */
static neural_status backward(neural_op_call *call, neural_map_body *body, neural_tensor *saved) {
    neural_tensor *grad = call->grad_in[0];
    if (grad) {
        const neural_map_args args = {.dtype = grad->dtype};
        neural_map(body, &args, &grad->shape, grad->data, saved ? 2 : 1,
                   (neural_tensor *[]){call->grad_out, saved});
    }
    return NEURAL_OK;
}

#define UNARY_BODY(op)                                                                             \
    static void op##_body(const neural_map_args *args, void *dst, const void *const *src,          \
                          int64_t len) {                                                           \
        NEURAL_FLOAT_KERNEL(args->dtype, op, dst, src[0], len);                                    \
    }                                                                                              \
    neural_status neural_##op##_forward(neural_op_call *call) {                                    \
        return forward(call, op##_body);                                                           \
    }
UNARY_BODY(neg)
UNARY_BODY(abs)
UNARY_BODY(square)
UNARY_BODY(sqrt)
UNARY_BODY(exp)
UNARY_BODY(log)
#undef UNARY_BODY

/* -x: dx = -dy */
neural_status neural_neg_backward(neural_op_call *call) {
    return backward(call, neg_body, NULL);
}

#define SIGN_GRAD(T, dtype)                                                                        \
    static void sign_grad_##dtype(T *dx, const T *dy, const T *x, int64_t len) {                   \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const T other = x[i] < 0 ? -dy[i] : x[i]; /* 0 stays 0, NaN stays NaN */               \
            dx[i] = x[i] > 0 ? dy[i] : other;                                                      \
        }                                                                                          \
    }
SIGN_GRAD(float, f32)
SIGN_GRAD(double, f64)
#undef SIGN_GRAD

static void sign_grad(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    if (args->dtype == NEURAL_DTYPE_F32) {
        sign_grad_f32(dst, src[0], src[1], len);
    } else {
        sign_grad_f64(dst, src[0], src[1], len);
    }
}

/* |x|: dx = dy sign(x) */
neural_status neural_abs_backward(neural_op_call *call) {
    return backward(call, sign_grad, call->in[0]);
}

static void square_grad(const neural_map_args *args, void *dst, const void *const *src,
                        int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, mul, dst, src[0], src[1], len);
    NEURAL_FLOAT_KERNEL(args->dtype, add, dst, dst, dst, len);
}

/* x^2: dx = 2 dy x */
neural_status neural_square_backward(neural_op_call *call) {
    return backward(call, square_grad, call->in[0]);
}

static void sqrt_grad(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, div, dst, src[0], src[1], len);
    NEURAL_FLOAT_KERNEL(args->dtype, affine, dst, dst, len, 0.5, 0.0);
}

/* sqrt(x): dx = dy / (2 y) */
neural_status neural_sqrt_backward(neural_op_call *call) {
    return backward(call, sqrt_grad, call->out);
}

static void mul_body(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, mul, dst, src[0], src[1], len);
}

/* e^x: dx = dy y */
neural_status neural_exp_backward(neural_op_call *call) {
    return backward(call, mul_body, call->out);
}

static void div_body(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    NEURAL_FLOAT_KERNEL(args->dtype, div, dst, src[0], src[1], len);
}

/* log x: dx = dy / x */
neural_status neural_log_backward(neural_op_call *call) {
    return backward(call, div_body, call->in[0]);
}
