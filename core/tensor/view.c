#include "core/tensor/view.h"

#include <string.h>

#include "core/tensor/axis_reduce.h"
#include "core/tensor/view_shape.h"

static neural_status check_input(const neural_op_call *call) {
    NEURAL_REQUIRE(call->in[0], NEURAL_ERR_NULL_POINTER, "%s: x is NULL", call->name);
    return NEURAL_OK;
}

neural_status neural_reshape_infer(const neural_op_call *call, neural_shape *out) {
    const neural_shape *wanted = &call->attrs.shape;
    NEURAL_TRY(check_input(call));
    return neural_view_shape(call->name, call->in[0], wanted->ndim, wanted->dim, out);
}

/* y = x in other sizes, row-major order kept: dx = dy in x's sizes */
neural_status neural_reshape_forward(neural_op_call *call) {
    neural_tensor *x = call->in[0], *copy = NULL;
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS] = {0};
    NEURAL_TRY(neural_reshape_infer(call, &shape));
    if (neural_view_strides(x, &shape, strides)) {
        return neural_tensor_alias(x, &shape, strides, 0, &call->out);
    }
    NEURAL_TRY(neural_tensor_clone(x, &copy));
    neural_shape_strides(&shape, strides);
    copy->shape = shape;
    memcpy(copy->strides, strides, sizeof(strides));
    call->out = copy;
    return NEURAL_OK;
}

neural_status neural_reshape_backward(neural_op_call *call) {
    neural_tensor *grad = call->grad_in[0];
    if (grad && grad->len) {
        memcpy(grad->data, call->grad_out->data, (size_t)neural_tensor_bytes(grad));
    }
    return NEURAL_OK;
}

neural_status neural_permute_infer(const neural_op_call *call, neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(check_input(call));
    const neural_shape *shape = &call->in[0]->shape;
    NEURAL_REQUIRE(call->attrs.shape.ndim == shape->ndim, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the order has %d dimensions, x is %s", call->name, call->attrs.shape.ndim,
                   neural_shape_text(shape, text, sizeof(text)));
    return neural_permute_shape(call->name, call->in[0], call->attrs.shape.dim, out);
}

/* y[i...] = x[...]: dimension k of y is order[k] of x */
neural_status neural_permute_forward(neural_op_call *call) {
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS] = {0};
    NEURAL_TRY(neural_permute_infer(call, &shape));
    for (int i = 0; i < shape.ndim; i++) {
        strides[i] = call->in[0]->strides[call->attrs.shape.dim[i]];
    }
    return neural_tensor_alias(call->in[0], &shape, strides, 0, &call->out);
}

/* dx, seen in y's order, is dy */
neural_status neural_permute_backward(neural_op_call *call) {
    neural_tensor *grad = call->grad_in[0];
    if (!grad) {
        return NEURAL_OK;
    }
    neural_tensor permuted = *grad;
    for (int i = 0; i < grad->shape.ndim; i++) {
        const int64_t from = call->attrs.shape.dim[i];
        permuted.shape.dim[i] = grad->shape.dim[from];
        permuted.strides[i] = grad->strides[from];
    }
    return neural_tensor_copy(&permuted, call->grad_out);
}

static neural_slice_range range_of(const neural_op_call *call) {
    const int64_t *integer = call->attrs.integer;
    return (neural_slice_range){integer[0], integer[1], integer[2], integer[3]};
}

neural_status neural_slice_infer(const neural_op_call *call, neural_shape *out) {
    const neural_slice_range range = range_of(call);
    NEURAL_TRY(check_input(call));
    return neural_slice_shape(call->name, call->in[0], &range, out);
}

/* y[.., i, ..] = x[.., start + i step, ..] */
neural_status neural_slice_forward(neural_op_call *call) {
    const neural_slice_range range = range_of(call);
    neural_shape shape;
    NEURAL_TRY(neural_slice_infer(call, &shape));
    return neural_tensor_slice(call->in[0], (int)range.dim, range.start, range.count, range.step,
                               &call->out);
}

/* dx = dy where y looks, 0 elsewhere */
neural_status neural_slice_backward(neural_op_call *call) {
    const neural_slice_range range = range_of(call);
    neural_tensor *grad = call->grad_in[0];
    if (!grad || grad->len == 0) {
        return NEURAL_OK;
    }
    memset(grad->data, 0, (size_t)neural_tensor_bytes(grad));
    if (range.count == 0) {
        return NEURAL_OK;
    }
    neural_tensor sliced = *grad;
    sliced.shape.dim[range.dim] = range.count;
    sliced.len = call->grad_out->len;
    sliced.data += range.start * grad->strides[range.dim] * neural_dtype_bytes(grad->dtype);
    sliced.strides[range.dim] *= range.count > 1 ? range.step : 1;
    return neural_tensor_copy(&sliced, call->grad_out);
}

neural_status neural_expand_infer(const neural_op_call *call, neural_shape *out) {
    const neural_shape *wanted = &call->attrs.shape;
    NEURAL_TRY(check_input(call));
    return neural_expand_shape(call->name, call->in[0], wanted->ndim, wanted->dim, out);
}

/* y = x stretched: dx = dy summed over what was stretched */
neural_status neural_expand_forward(neural_op_call *call) {
    const neural_shape *wanted = &call->attrs.shape;
    NEURAL_TRY(check_input(call));
    return neural_tensor_expand(call->in[0], wanted->ndim, wanted->dim, &call->out);
}

neural_status neural_expand_backward(neural_op_call *call) {
    neural_tensor *grad = call->grad_in[0];
    return grad ? neural_sum_to(grad, call->grad_out) : NEURAL_OK;
}
