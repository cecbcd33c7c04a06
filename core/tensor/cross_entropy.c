/* Cross entropy of class labels, from logits. */
#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/loss.h"
#include "core/tensor/softmax.h"
#include "core/tensor/storage.h"

static int is_label_dtype(neural_dtype dtype) {
    return neural_dtype_is_float(dtype) || dtype == NEURAL_DTYPE_I32 || dtype == NEURAL_DTYPE_I64;
}

neural_status neural_class_loss_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *logits = call->in[0], *target = call->in[1];
    char found[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(logits->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: logits are %s, want f32 or f64", call->name,
                   neural_dtype_name(logits->dtype));
    NEURAL_REQUIRE(is_label_dtype(target->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: target is %s, want i32, i64, f32 or f64", call->name,
                   neural_dtype_name(target->dtype));
    NEURAL_REQUIRE(logits->shape.ndim == 2 && target->shape.ndim == 1 &&
                       logits->shape.dim[0] == target->shape.dim[0],
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: logits are %s, target is %s, want [B, C] and [B]", call->name,
                   neural_shape_text(&logits->shape, want, sizeof(want)),
                   neural_shape_text(&target->shape, found, sizeof(found)));
    out->ndim = 0;
    return NEURAL_OK;
}

/* Reads label i; refuses what is no class. */
static neural_status label_at(const neural_op_call *call, int64_t i, int64_t *out) {
    const neural_tensor *target = call->in[1];
    const int64_t classes = call->in[0]->shape.dim[1], at = i * target->strides[0];
    double value;
    switch (target->dtype) {
    case NEURAL_DTYPE_I32:
        value = ((const int32_t *)(const void *)target->data)[at];
        break;
    case NEURAL_DTYPE_I64:
        value = (double)((const int64_t *)(const void *)target->data)[at];
        break;
    case NEURAL_DTYPE_F32:
        value = (double)neural_tensor_f32(target)[at];
        break;
    default:
        value = neural_tensor_f64(target)[at];
        break;
    }
    NEURAL_REQUIRE(value >= 0 && value < (double)classes && value == floor(value),
                   isnan(value) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: label %lld is %.17g, want an integer in [0, %lld)", call->name,
                   (long long)i, value, (long long)classes);
    *out = (int64_t)value;
    return NEURAL_OK;
}

/* loss = mean_i -log_softmax(logits_i)[target_i] */
neural_status neural_cross_entropy_loss_forward(neural_op_call *call) {
    neural_tensor *logits = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &logits));
    const int64_t rows = logits->shape.dim[0], classes = logits->shape.dim[1];
    double sum = 0;
    neural_status status = neural_tensor_like_shape(&logits->shape, logits->dtype, &call->saved[0]);
    if (!status) {
        neural_log_softmax_rows(logits->dtype, call->saved[0]->data, logits->data, rows, classes);
    }
    const int is_f32 = logits->dtype == NEURAL_DTYPE_F32;
    for (int64_t i = 0, label; i < rows && !status; i++) {
        status = label_at(call, i, &label);
        if (!status) {
            sum -= is_f32 ? (double)neural_tensor_f32(call->saved[0])[i * classes + label]
                          : neural_tensor_f64(call->saved[0])[i * classes + label];
        }
    }
    if (is_f32) {
        neural_tensor_f32(call->out)[0] = (float)(sum / (double)rows);
    } else {
        neural_tensor_f64(call->out)[0] = sum / (double)rows;
    }
    neural_tensor_release(logits);
    return status;
}

/* dx := e^(log-softmax), then after the labels were subtracted: dx *= scale */
static void exp_all(neural_tensor *dx, const neural_tensor *log_softmax) {
    const neural_kernel_table *k = neural_kernels();
    if (dx->dtype == NEURAL_DTYPE_F32) {
        k->exp_f32(neural_tensor_f32(dx), neural_tensor_f32(log_softmax), dx->len);
    } else {
        k->exp_f64(neural_tensor_f64(dx), neural_tensor_f64(log_softmax), dx->len);
    }
}

static void scale_all(neural_tensor *dx, double scale) {
    const neural_kernel_table *k = neural_kernels();
    if (dx->dtype == NEURAL_DTYPE_F32) {
        k->affine_f32(neural_tensor_f32(dx), neural_tensor_f32(dx), dx->len, (float)scale, 0);
    } else {
        k->affine_f64(neural_tensor_f64(dx), neural_tensor_f64(dx), dx->len, scale, 0);
    }
}

/* dx_i = (softmax(logits_i) - onehot(target_i)) / B */
neural_status neural_cross_entropy_loss_backward(neural_op_call *call) {
    neural_tensor *dx = call->grad_in[0];
    NEURAL_REQUIRE(!call->grad_in[1], NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the target cannot have a gradient", call->name);
    if (!dx) {
        return NEURAL_OK;
    }
    const int64_t rows = dx->shape.dim[0], classes = dx->shape.dim[1];
    const int is_f32 = dx->dtype == NEURAL_DTYPE_F32;
    exp_all(dx, call->saved[0]);
    for (int64_t i = 0; i < rows; i++) {
        int64_t label; /* checked again: the caller's memory may have changed */
        NEURAL_TRY(label_at(call, i, &label));
        if (is_f32) {
            neural_tensor_f32(dx)[i * classes + label] -= 1;
        } else {
            neural_tensor_f64(dx)[i * classes + label] -= 1;
        }
    }
    const double grad = is_f32 ? (double)neural_tensor_f32(call->grad_out)[0]
                               : neural_tensor_f64(call->grad_out)[0];
    scale_all(dx, grad / (double)rows);
    return NEURAL_OK;
}
