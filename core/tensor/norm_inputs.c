#include "core/tensor/norm_inputs.h"

neural_status neural_norm_check_x(const neural_op_call *call) {
    NEURAL_REQUIRE(neural_dtype_is_float(call->in[0]->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: x is %s, want f32 or f64", call->name,
                   neural_dtype_name(call->in[0]->dtype));
    return NEURAL_OK;
}

neural_status neural_norm_check(const neural_op_call *call, int i, const char *role,
                                const neural_shape *want) {
    const neural_tensor *tensor = call->in[i], *x = call->in[0];
    char text[NEURAL_SHAPE_TEXT], x_text[NEURAL_SHAPE_TEXT], want_text[NEURAL_SHAPE_TEXT];
    if (!tensor) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(tensor->dtype == x->dtype, NEURAL_ERR_DTYPE_MISMATCH, "%s: x is %s, %s is %s",
                   call->name, neural_dtype_name(x->dtype), role, neural_dtype_name(tensor->dtype));
    NEURAL_REQUIRE(neural_shape_equal(&tensor->shape, want), NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, which wants %s of %s, but it is %s", call->name,
                   neural_shape_text(&x->shape, x_text, sizeof x_text), role,
                   neural_shape_text(want, want_text, sizeof want_text),
                   neural_shape_text(&tensor->shape, text, sizeof text));
    return NEURAL_OK;
}

neural_shape neural_norm_vector(int64_t size) {
    return (neural_shape){.ndim = 1, .dim = {size}};
}

static neural_status hold(neural_tensor *tensor, neural_tensor **out) {
    return tensor ? neural_tensor_contiguous(tensor, out) : NEURAL_OK;
}

neural_status neural_norm_open(const neural_op_call *call, neural_norm_inputs *out) {
    neural_norm_inputs held = {0};
    neural_status status = hold(call->in[0], &held.x);
    if (!status && call->inputs > 1) {
        status = hold(call->in[1], &held.gamma);
    }
    if (!status && call->inputs > 2) {
        status = hold(call->in[2], &held.beta);
    }
    if (status) {
        neural_norm_close(&held);
        return status;
    }
    *out = held;
    return NEURAL_OK;
}

void neural_norm_close(neural_norm_inputs *inputs) {
    neural_tensor_release(inputs->x);
    neural_tensor_release(inputs->gamma);
    neural_tensor_release(inputs->beta);
}
