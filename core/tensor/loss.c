#include "core/tensor/loss.h"

#include "core/asm/kernel_table.h"

enum { CHUNK = 512 };

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/loss_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/loss_template.inc"
#undef T
#undef NAME

neural_status neural_loss_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *prediction = call->in[0], *target = call->in[1];
    char found[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(prediction->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: prediction is %s, want f32 or f64", call->name,
                   neural_dtype_name(prediction->dtype));
    NEURAL_REQUIRE(target->dtype == prediction->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "%s: prediction is %s, target is %s", call->name,
                   neural_dtype_name(prediction->dtype), neural_dtype_name(target->dtype));
    NEURAL_REQUIRE(neural_shape_equal(&prediction->shape, &target->shape),
                   NEURAL_ERR_SHAPE_MISMATCH, "%s: prediction is %s, target is %s", call->name,
                   neural_shape_text(&prediction->shape, want, sizeof(want)),
                   neural_shape_text(&target->shape, found, sizeof(found)));
    out->ndim = 0;
    return NEURAL_OK;
}

/* Prediction and target, contiguous. */
typedef struct loss_pair {
    neural_tensor *prediction, *target;
} loss_pair;

static void pair_close(loss_pair *pair) {
    neural_tensor_release(pair->prediction);
    neural_tensor_release(pair->target);
}

static neural_status pair_open(loss_pair *pair, const neural_op_call *call) {
    pair->prediction = pair->target = NULL;
    neural_status status = neural_tensor_contiguous(call->in[0], &pair->prediction);
    if (!status) {
        status = neural_tensor_contiguous(call->in[1], &pair->target);
    }
    if (status) {
        pair_close(pair);
    }
    return status;
}

typedef neural_status sum_f32(const neural_kernel_table *k, const float *p, const float *t,
                              int64_t len, double *sum);
typedef neural_status sum_f64(const neural_kernel_table *k, const double *p, const double *t,
                              int64_t len, double *sum);

/* out = sum / len */
static neural_status mean_loss(neural_op_call *call, sum_f32 *of_f32, sum_f64 *of_f64) {
    loss_pair pair;
    double sum = 0;
    neural_status status;
    NEURAL_TRY(pair_open(&pair, call));
    const neural_tensor *p = pair.prediction, *t = pair.target;
    if (p->dtype == NEURAL_DTYPE_F32) {
        status = of_f32(neural_kernels(), neural_tensor_f32(p), neural_tensor_f32(t), p->len, &sum);
        neural_tensor_f32(call->out)[0] = (float)(sum / (double)p->len);
    } else {
        status = of_f64(neural_kernels(), neural_tensor_f64(p), neural_tensor_f64(t), p->len, &sum);
        neural_tensor_f64(call->out)[0] = sum / (double)p->len;
    }
    pair_close(&pair);
    return status;
}

/* Gradient of the mean with respect to one term of the sum. */
static double term_scale(const neural_op_call *call) {
    const neural_tensor *grad = call->grad_out;
    const double value = grad->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(grad)[0]
                                                         : neural_tensor_f64(grad)[0];
    return value / (double)call->in[0]->len;
}

/* mean (p - t)^2 */
neural_status neural_mse_loss_forward(neural_op_call *call) {
    return mean_loss(call, mse_sum_f32, mse_sum_f64);
}

/* dp = 2 (p - t) / n = -dt */
neural_status neural_mse_loss_backward(neural_op_call *call) {
    loss_pair pair;
    const double scale = 2 * term_scale(call);
    NEURAL_TRY(pair_open(&pair, call));
    const neural_kernel_table *k = neural_kernels();
    for (int i = 0; i < 2; i++) {
        neural_tensor *dst = call->grad_in[i];
        const neural_tensor *lhs = i ? pair.target : pair.prediction;
        const neural_tensor *rhs = i ? pair.prediction : pair.target;
        if (dst && dst->dtype == NEURAL_DTYPE_F32) {
            mse_grad_f32(k, neural_tensor_f32(dst), neural_tensor_f32(lhs), neural_tensor_f32(rhs),
                         dst->len, scale);
        } else if (dst) {
            mse_grad_f64(k, neural_tensor_f64(dst), neural_tensor_f64(lhs), neural_tensor_f64(rhs),
                         dst->len, scale);
        }
    }
    pair_close(&pair);
    return NEURAL_OK;
}

/* mean -(t log p + (1 - t) log(1 - p)), logs at least -100 */
neural_status neural_bce_loss_forward(neural_op_call *call) {
    return mean_loss(call, bce_sum_f32, bce_sum_f64);
}

/* dp = (p - t) / max(p (1 - p), 1e-12) / n, dt = (log(1 - p) - log p) / n */
neural_status neural_bce_loss_backward(neural_op_call *call) {
    loss_pair pair;
    const double scale = term_scale(call);
    NEURAL_TRY(pair_open(&pair, call));
    const neural_kernel_table *k = neural_kernels();
    const neural_tensor *p = pair.prediction, *t = pair.target;
    neural_tensor *dp = call->grad_in[0], *dt = call->grad_in[1];
    if (p->dtype == NEURAL_DTYPE_F32) {
        if (dp) {
            bce_grad_f32(neural_tensor_f32(dp), neural_tensor_f32(p), neural_tensor_f32(t), p->len,
                         scale);
        }
        if (dt) {
            bce_target_grad_f32(k, neural_tensor_f32(dt), neural_tensor_f32(p), p->len, scale);
        }
    } else {
        if (dp) {
            bce_grad_f64(neural_tensor_f64(dp), neural_tensor_f64(p), neural_tensor_f64(t), p->len,
                         scale);
        }
        if (dt) {
            bce_target_grad_f64(k, neural_tensor_f64(dt), neural_tensor_f64(p), p->len, scale);
        }
    }
    pair_close(&pair);
    return NEURAL_OK;
}

/* mean softplus(x) - t x */
neural_status neural_bce_with_logits_loss_forward(neural_op_call *call) {
    return mean_loss(call, logits_sum_f32, logits_sum_f64);
}

/* dx = (sigmoid(x) - t) / n, dt = -x / n */
neural_status neural_bce_with_logits_loss_backward(neural_op_call *call) {
    loss_pair pair;
    const double scale = term_scale(call);
    NEURAL_TRY(pair_open(&pair, call));
    const neural_kernel_table *k = neural_kernels();
    const neural_tensor *x = pair.prediction, *t = pair.target;
    neural_tensor *dx = call->grad_in[0], *dt = call->grad_in[1];
    if (x->dtype == NEURAL_DTYPE_F32) {
        if (dx) {
            logits_grad_f32(k, neural_tensor_f32(dx), neural_tensor_f32(x), neural_tensor_f32(t),
                            x->len, scale);
        }
        if (dt) {
            k->affine_f32(neural_tensor_f32(dt), neural_tensor_f32(x), x->len, (float)-scale, 0);
        }
    } else {
        if (dx) {
            logits_grad_f64(k, neural_tensor_f64(dx), neural_tensor_f64(x), neural_tensor_f64(t),
                            x->len, scale);
        }
        if (dt) {
            k->affine_f64(neural_tensor_f64(dt), neural_tensor_f64(x), x->len, -scale, 0);
        }
    }
    pair_close(&pair);
    return NEURAL_OK;
}
