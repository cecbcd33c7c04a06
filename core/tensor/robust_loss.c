/* Losses of values that grow like |d|, and the divergence of distributions. */
#include <math.h>

#include "core/tensor/loss_pair.h"

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/robust_loss_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/robust_loss_template.inc"
#undef T
#undef NAME

neural_status neural_huber_loss_infer(const neural_op_call *call, neural_shape *out) {
    const double delta = call->attrs.scalar[0], scale = call->attrs.scalar[1];
    NEURAL_REQUIRE(delta > 0 && isfinite(delta) && scale > 0 && isfinite(scale),
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: delta is %g, want a number above 0",
                   call->name, delta);
    return neural_loss_infer(call, out);
}

/* |p - t| */
neural_status neural_l1_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, l1_sum_f32, l1_sum_f64);
}

/* dp = sign(p - t) = -dt */
neural_status neural_l1_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, l1_grads_f32, l1_grads_f64);
}

/* s * (|d| <= delta ? d^2 / 2 : delta (|d| - delta / 2)), d = p - t */
neural_status neural_huber_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, huber_sum_f32, huber_sum_f64);
}

/* dp = s * clamp(d, -delta, delta) = -dt */
neural_status neural_huber_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, huber_grads_f32, huber_grads_f64);
}

/* t (log t - x), 0 log 0 = 0; with logarithmic targets e^t (t - x) */
neural_status neural_kl_div_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, kl_sum_f32, kl_sum_f64);
}

/* dx = -t, dt = log t + 1 - x (at t = 0: -x); with logarithmic targets dx = -e^t,
 * dt = e^t (t - x + 1) */
neural_status neural_kl_div_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, kl_grads_f32, kl_grads_f64);
}
