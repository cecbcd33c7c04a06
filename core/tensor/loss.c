#include "core/tensor/loss_pair.h"

enum { CHUNK = NEURAL_LOSS_CHUNK };

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

static void pair_close(neural_loss_pair *pair) {
    neural_tensor_release(pair->prediction);
    neural_tensor_release(pair->target);
}

static neural_status pair_open(neural_loss_pair *pair, const neural_op_call *call) {
    *pair = (neural_loss_pair){.attrs = &call->attrs};
    neural_status status = neural_tensor_contiguous(call->in[0], &pair->prediction);
    if (!status) {
        status = neural_tensor_contiguous(call->in[1], &pair->target);
    }
    if (status) {
        pair_close(pair);
    }
    return status;
}

double neural_loss_divisor(const neural_op_call *call, double terms, double rows) {
    switch (call->attrs.integer[0]) {
    case NEURAL_REDUCTION_SUM:
        return 1;
    case NEURAL_REDUCTION_BATCH_MEAN:
        return rows;
    default:
        return terms;
    }
}

double neural_loss_scalar(const neural_tensor *tensor) {
    return tensor->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(tensor)[0]
                                             : neural_tensor_f64(tensor)[0];
}

void neural_loss_set_scalar(neural_tensor *tensor, double value) {
    if (tensor->dtype == NEURAL_DTYPE_F32) {
        neural_tensor_f32(tensor)[0] = (float)value;
    } else {
        neural_tensor_f64(tensor)[0] = value;
    }
}

static double divisor_of(const neural_op_call *call, const neural_tensor *prediction) {
    const neural_shape *shape = &prediction->shape;
    return neural_loss_divisor(call, (double)prediction->len,
                               shape->ndim ? (double)shape->dim[0] : 1);
}

neural_status neural_loss_reduce(neural_op_call *call, neural_loss_sum *of_f32,
                                 neural_loss_sum *of_f64) {
    neural_loss_pair pair;
    double sum = 0;
    NEURAL_TRY(pair_open(&pair, call));
    const neural_status status =
        (call->out->dtype == NEURAL_DTYPE_F32 ? of_f32 : of_f64)(neural_kernels(), &pair, &sum);
    neural_loss_set_scalar(call->out, sum / divisor_of(call, pair.prediction));
    pair_close(&pair);
    return status;
}

neural_status neural_loss_reduce_grads(neural_op_call *call, neural_loss_grads *of_f32,
                                       neural_loss_grads *of_f64) {
    neural_loss_pair pair;
    NEURAL_TRY(pair_open(&pair, call));
    (call->grad_out->dtype == NEURAL_DTYPE_F32 ? of_f32 : of_f64)(
        neural_kernels(), &pair, call->grad_in[0], call->grad_in[1],
        neural_loss_scalar(call->grad_out) / divisor_of(call, pair.prediction));
    pair_close(&pair);
    return NEURAL_OK;
}

/* mean (p - t)^2 */
neural_status neural_mse_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, mse_sum_f32, mse_sum_f64);
}

/* dp = 2 (p - t) / n = -dt */
neural_status neural_mse_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, mse_grads_f32, mse_grads_f64);
}

/* mean -(t log p + (1 - t) log(1 - p)), logs at least -100 */
neural_status neural_bce_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, bce_sum_f32, bce_sum_f64);
}

/* dp = (p - t) / max(p (1 - p), 1e-12) / n, dt = (log(1 - p) - log p) / n */
neural_status neural_bce_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, bce_grads_f32, bce_grads_f64);
}

/* mean softplus(x) - t x */
neural_status neural_bce_with_logits_loss_forward(neural_op_call *call) {
    return neural_loss_reduce(call, logits_sum_f32, logits_sum_f64);
}

/* dx = (sigmoid(x) - t) / n, dt = -x / n */
neural_status neural_bce_with_logits_loss_backward(neural_op_call *call) {
    return neural_loss_reduce_grads(call, logits_grads_f32, logits_grads_f64);
}
