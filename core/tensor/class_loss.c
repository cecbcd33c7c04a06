#include "core/tensor/class_loss.h"

#include <math.h>

static int is_label_dtype(neural_dtype dtype) {
    return neural_dtype_is_float(dtype) || dtype == NEURAL_DTYPE_I32 || dtype == NEURAL_DTYPE_I64;
}

static neural_status check_weights(const neural_op_call *call) {
    const neural_tensor *scores = call->in[0], *weights = call->in[2];
    char found[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(!weights || weights->dtype == scores->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "%s: logits are %s, weights are %s", call->name,
                   neural_dtype_name(scores->dtype), neural_dtype_name(weights->dtype));
    NEURAL_REQUIRE(
        !weights || (weights->shape.ndim == 1 && weights->shape.dim[0] == scores->shape.dim[1]),
        NEURAL_ERR_SHAPE_MISMATCH, "%s: weights are %s, want [%lld], one per class", call->name,
        neural_shape_text(&weights->shape, found, sizeof(found)), (long long)scores->shape.dim[1]);
    return NEURAL_OK;
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
    NEURAL_TRY(check_weights(call));
    out->ndim = 0;
    if (neural_loss_keeps_terms(call)) {
        *out = target->shape;
    }
    return NEURAL_OK;
}

/* Reads label i, -1 for one that is left out; refuses what is no class. */
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
    if (call->attrs.integer[1] && value == (double)call->attrs.integer[2]) {
        *out = -1;
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(value >= 0 && value < (double)classes && value == floor(value),
                   isnan(value) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: label %lld is %.17g, want an integer in [0, %lld)", call->name,
                   (long long)i, value, (long long)classes);
    *out = (int64_t)value;
    return NEURAL_OK;
}

double neural_class_loss_weight(const neural_class_loss *loss, int64_t c) {
    const neural_tensor *weights = loss->weights;
    return !weights                             ? 1
           : weights->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(weights)[c]
                                                : neural_tensor_f64(weights)[c];
}

double neural_class_loss_at(const neural_class_loss *loss, const neural_tensor *tensor, int64_t row,
                            int64_t c) {
    const int64_t at = row * loss->classes + c;
    return tensor->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(tensor)[at]
                                             : neural_tensor_f64(tensor)[at];
}

static neural_status read_labels(const neural_op_call *call, neural_class_loss *loss) {
    loss->home = neural_block_create((size_t)loss->rows * sizeof(int64_t));
    NEURAL_REQUIRE(loss->home, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory for %lld labels",
                   call->name, (long long)loss->rows);
    int64_t *label = neural_block_data(loss->home);
    for (int64_t i = 0; i < loss->rows; i++) {
        NEURAL_TRY(label_at(call, i, &label[i]));
    }
    loss->label = label;
    return NEURAL_OK;
}

neural_status neural_class_loss_open(const neural_op_call *call, int weighted,
                                     neural_class_loss *out) {
    neural_class_loss loss = {.rows = call->in[0]->shape.dim[0],
                              .classes = call->in[0]->shape.dim[1]};
    neural_status status = neural_tensor_contiguous(call->in[0], &loss.scores);
    if (!status && call->in[2]) {
        status = neural_tensor_contiguous(call->in[2], &loss.weights);
    }
    if (!status) {
        status = read_labels(call, &loss);
    }
    if (status) {
        neural_class_loss_close(&loss);
        return status;
    }
    double sum = 0;
    for (int64_t i = 0; i < loss.rows; i++) {
        const int64_t y = loss.label[i];
        loss.left_out += y < 0;
        sum += y < 0 ? 0 : weighted ? neural_class_loss_weight(&loss, y) : 1;
    }
    loss.divisor = neural_loss_divisor(call, sum, (double)(loss.rows - loss.left_out));
    *out = loss;
    return NEURAL_OK;
}

void neural_class_loss_add(neural_op_call *call, int64_t row, double term, double *sum) {
    if (neural_loss_keeps_terms(call)) {
        neural_loss_set(call->out, row, term);
    } else {
        *sum += term;
    }
}

void neural_class_loss_finish(neural_op_call *call, const neural_class_loss *loss, double sum) {
    if (!neural_loss_keeps_terms(call)) {
        neural_loss_set(call->out, 0, sum / loss->divisor);
    }
}

double neural_class_loss_scale(const neural_op_call *call, const neural_class_loss *loss,
                               int64_t row) {
    const int64_t at = neural_loss_keeps_terms(call) ? row : 0;
    return loss->label[row] < 0 ? 0 : neural_loss_get(call->grad_out, at) / loss->divisor;
}

void neural_class_loss_close(neural_class_loss *loss) {
    neural_tensor_release(loss->scores);
    neural_tensor_release(loss->weights);
    neural_block_release(loss->home);
}

neural_status neural_class_loss_check_grads(const neural_op_call *call) {
    NEURAL_REQUIRE(!call->grad_in[1] && !call->grad_in[2], NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the %s cannot have a gradient", call->name,
                   call->grad_in[1] ? "target" : "weights");
    return NEURAL_OK;
}
