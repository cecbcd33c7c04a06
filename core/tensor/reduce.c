#include "core/tensor/reduce.h"

#include <string.h>

#include "core/tensor/axis_reduce.h"
#include "core/tensor/map.h"

/* x as [outer, axis, inner]; the whole of it is one axis. */
typedef struct layout {
    int64_t outer, axis, inner;
    int dim; /* the reduced one, or -1 for all */
} layout;

static neural_status lay_out(const neural_op_call *call, layout *out) {
    const neural_shape *shape = &call->in[0]->shape;
    const int64_t axis = call->attrs.integer[0];
    *out = (layout){1, 1, 1, -1};
    if (axis == NEURAL_REDUCE_ALL || (shape->ndim == 0 && (axis == 0 || axis == -1))) {
        out->axis = neural_shape_len(shape);
        return NEURAL_OK;
    }
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(axis >= -shape->ndim && axis < shape->ndim, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: x is %s, there is no axis %d", call->name,
                   neural_shape_text(shape, text, sizeof(text)), (int)axis);
    out->dim = (int)(axis < 0 ? axis + shape->ndim : axis);
    for (int i = 0; i < shape->ndim; i++) {
        int64_t *part = i < out->dim ? &out->outer : i > out->dim ? &out->inner : &out->axis;
        *part *= shape->dim[i];
    }
    return NEURAL_OK;
}

/* The shape of x with reduced sizes set to 1. */
static neural_shape kept_shape(const neural_shape *shape, int dim) {
    neural_shape kept = *shape;
    for (int i = 0; i < kept.ndim; i++) {
        if (dim < 0 || i == dim) {
            kept.dim[i] = 1;
        }
    }
    return kept;
}

neural_status neural_reduce_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_REQUIRE(call->in[0], NEURAL_ERR_NULL_POINTER, "%s: x is NULL", call->name);
    NEURAL_REQUIRE(neural_dtype_is_float(call->in[0]->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: x is %s, expected f32 or f64", call->name,
                   neural_dtype_name(call->in[0]->dtype));
    layout of;
    NEURAL_TRY(lay_out(call, &of));
    const neural_shape kept = kept_shape(&call->in[0]->shape, of.dim);
    if (call->attrs.integer[1]) {
        *out = kept;
        return NEURAL_OK;
    }
    out->ndim = 0;
    for (int i = 0; i < kept.ndim; i++) {
        if (of.dim >= 0 && i != of.dim) {
            out->dim[out->ndim++] = kept.dim[i];
        }
    }
    return NEURAL_OK;
}

static neural_status reduce(neural_op_call *call, neural_reduction op, const layout *of) {
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_status status =
        neural_axis_reduce(op, x->dtype, call->out->data, x->data, of->outer, of->axis, of->inner);
    neural_tensor_release(x);
    return status;
}

/* y = sum x: dx = dy */
neural_status neural_sum_forward(neural_op_call *call) {
    layout of;
    NEURAL_TRY(lay_out(call, &of));
    return reduce(call, NEURAL_REDUCTION_SUM, &of);
}

/* dx = body(dy), dy stretched along the reduced axes. */
static neural_status spread(neural_op_call *call, neural_map_body *body, double alpha) {
    neural_tensor *grad = call->grad_in[0];
    layout of;
    if (!grad) {
        return NEURAL_OK;
    }
    NEURAL_TRY(lay_out(call, &of));
    neural_tensor dy = *call->grad_out; /* with the reduced sizes back in place, as 1 */
    neural_tensor *operand = &dy;
    dy.shape = kept_shape(&grad->shape, of.dim);
    neural_shape_strides(&dy.shape, dy.strides);
    const neural_map_args args = {grad->dtype, alpha, 0};
    neural_map(body, &args, &grad->shape, grad->data, 1, &operand);
    return NEURAL_OK;
}

static void copy(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    memcpy(dst, src[0], (size_t)(len * neural_dtype_bytes(args->dtype)));
}

neural_status neural_sum_backward(neural_op_call *call) {
    return spread(call, copy, 0);
}

#define DIVIDE(T, dtype)                                                                           \
    static void divide_##dtype(T *dst, const T *src, int64_t len, T by) {                          \
        for (int64_t i = 0; i < len; i++) {                                                        \
            dst[i] = src[i] / by;                                                                  \
        }                                                                                          \
    }
DIVIDE(float, f32)
DIVIDE(double, f64)
#undef DIVIDE

/* src / alpha */
static void divide(const neural_map_args *args, void *dst, const void *const *src, int64_t len) {
    if (args->dtype == NEURAL_DTYPE_F32) {
        divide_f32(dst, src[0], len, (float)args->alpha);
    } else {
        divide_f64(dst, src[0], len, args->alpha);
    }
}

/* y = sum x / n: dx = dy / n */
neural_status neural_mean_forward(neural_op_call *call) {
    layout of;
    NEURAL_TRY(lay_out(call, &of));
    NEURAL_TRY(reduce(call, NEURAL_REDUCTION_SUM, &of));
    const neural_map_args args = {call->out->dtype, (double)of.axis, 0};
    const void *const src[] = {call->out->data};
    divide(&args, call->out->data, src, call->out->len);
    return NEURAL_OK;
}

neural_status neural_mean_backward(neural_op_call *call) {
    layout of;
    NEURAL_TRY(lay_out(call, &of));
    return spread(call, divide, (double)of.axis);
}

static neural_status extreme_forward(neural_op_call *call, neural_reduction op) {
    layout of;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(lay_out(call, &of));
    NEURAL_REQUIRE(of.axis > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: x is %s, there is nothing to choose from along the axis", call->name,
                   neural_shape_text(&call->in[0]->shape, text, sizeof(text)));
    return reduce(call, op, &of);
}

/* Gives each dy to the first element of its axis that equals y (or is NaN, as y is then); to the
 * last one when the caller's memory has changed since and none does. */
#define FIRST_GRAD(T, dtype)                                                                       \
    static void first_grad_##dtype(const layout *of, T *dx, const T *dy, const T *x, const T *y) { \
        for (int64_t o = 0; o < of->outer; o++) {                                                  \
            for (int64_t i = 0; i < of->inner; i++) {                                              \
                const int64_t out = o * of->inner + i;                                             \
                int64_t at = o * of->axis * of->inner + i;                                         \
                const int64_t last = at + (of->axis - 1) * of->inner;                              \
                while (at < last && x[at] != y[out] && x[at] == x[at]) {                           \
                    at += of->inner;                                                               \
                }                                                                                  \
                dx[at] = dy[out];                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
FIRST_GRAD(float, f32)
FIRST_GRAD(double, f64)
#undef FIRST_GRAD

static neural_status extreme_backward(neural_op_call *call) {
    neural_tensor *grad = call->grad_in[0], *x = NULL;
    layout of;
    if (!grad) {
        return NEURAL_OK;
    }
    NEURAL_TRY(lay_out(call, &of));
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    memset(grad->data, 0, (size_t)neural_tensor_bytes(grad));
    if (grad->dtype == NEURAL_DTYPE_F32) {
        first_grad_f32(&of, neural_tensor_f32(grad), neural_tensor_f32(call->grad_out),
                       neural_tensor_f32(x), neural_tensor_f32(call->out));
    } else {
        first_grad_f64(&of, neural_tensor_f64(grad), neural_tensor_f64(call->grad_out),
                       neural_tensor_f64(x), neural_tensor_f64(call->out));
    }
    neural_tensor_release(x);
    return NEURAL_OK;
}

/* y = max x */
neural_status neural_max_forward(neural_op_call *call) {
    return extreme_forward(call, NEURAL_REDUCTION_MAX);
}

neural_status neural_max_backward(neural_op_call *call) {
    return extreme_backward(call);
}

/* y = min x */
neural_status neural_min_forward(neural_op_call *call) {
    return extreme_forward(call, NEURAL_REDUCTION_MIN);
}

neural_status neural_min_backward(neural_op_call *call) {
    return extreme_backward(call);
}
