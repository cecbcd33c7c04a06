#include "core/autograd/pool_ops.h"

#include "core/autograd/op_list.h"
#include "core/autograd/ops.h"
#include "core/tensor/pool.h"

static neural_op_attrs attrs_of(const neural_pool_options *o) {
    neural_op_attrs attrs = {.integer = {o->window[0], o->window[1], o->stride[0], o->stride[1],
                                         o->pad[0], o->pad[1], o->dilation[0], o->dilation[1],
                                         o->ceil_mode != 0, !o->count_exclude_pad}};
    for (int side = 0; side < 2; side++) {
        attrs.integer[2 + side] = o->stride[side] ? o->stride[side] : o->window[side];
        attrs.integer[6 + side] = o->dilation[side] ? o->dilation[side] : 1;
    }
    return attrs;
}

neural_status neural_pool_side(const char *name, const neural_pool_options *options, int side,
                               const neural_shape *x, int64_t in, int64_t *out) {
    const neural_op_attrs attrs = attrs_of(options);
    return neural_pool_side_len(name, attrs.integer, side, in, x, out);
}

static neural_status apply(neural_op_id id, neural_tensor *x, const neural_pool_options *options,
                           neural_tensor **out) {
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "%s: options is NULL",
                   neural_op_list[id].name);
    NEURAL_REQUIRE(
        id == NEURAL_OP_ID_max_pool2d || (options->dilation[0] <= 1 && options->dilation[1] <= 1),
        NEURAL_ERR_INVALID_ARGUMENT, "%s: means have no dilation", neural_op_list[id].name);
    const neural_op_attrs attrs = attrs_of(options);
    return neural_op_apply(&neural_op_list[id], &x, &attrs, out);
}

neural_status neural_max_pool2d(neural_tensor *x, const neural_pool_options *options,
                                neural_tensor **out) {
    return apply(NEURAL_OP_ID_max_pool2d, x, options, out);
}

neural_status neural_avg_pool2d(neural_tensor *x, const neural_pool_options *options,
                                neural_tensor **out) {
    return apply(NEURAL_OP_ID_avg_pool2d, x, options, out);
}

neural_status neural_adaptive_avg_pool2d(neural_tensor *x, int64_t out_h, int64_t out_w,
                                         neural_tensor **out) {
    const neural_op_attrs attrs = {.integer = {out_h, out_w}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_adaptive_avg_pool2d], &x, &attrs, out);
}

/* Inserts a height of 1, or takes it out. */
static neural_status with_height(neural_tensor *x, int height, neural_tensor **out) {
    const int ndim = neural_tensor_ndim(x);
    const int64_t *dims = neural_tensor_dims(x);
    int64_t changed[NEURAL_MAX_DIMS + 1];
    int count = 0;
    for (int i = 0; i < ndim; i++) {
        if (height && i == ndim - 1) {
            changed[count++] = 1;
        }
        if (height || i != ndim - 2) {
            changed[count++] = dims[i];
        }
    }
    return neural_reshape(x, count, changed, out);
}

static neural_status apply_1d(neural_op_id id, neural_tensor *x, const neural_pool_options *options,
                              neural_tensor **out) {
    NEURAL_REQUIRE(x && options, NEURAL_ERR_NULL_POINTER, "%s: x or options is NULL",
                   neural_op_list[id].name);
    NEURAL_REQUIRE(neural_tensor_ndim(x) == 2 || neural_tensor_ndim(x) == 3,
                   NEURAL_ERR_SHAPE_MISMATCH, "%s: x has %d dimensions, want [N, C, L] or [C, L]",
                   neural_op_list[id].name, neural_tensor_ndim(x));
    neural_pool_options flat = *options;
    flat.window[0] = flat.stride[0] = flat.dilation[0] = 1;
    flat.pad[0] = 0;
    flat.window[1] = options->window[0];
    flat.stride[1] = options->stride[0];
    flat.pad[1] = options->pad[0];
    flat.dilation[1] = options->dilation[0];
    neural_tensor *image = NULL, *pooled = NULL;
    NEURAL_TRY(with_height(x, 1, &image));
    neural_status status = apply(id, image, &flat, &pooled);
    if (!status) {
        status = with_height(pooled, 0, out);
    }
    neural_tensor_release(image);
    neural_tensor_release(pooled);
    return status;
}

neural_status neural_max_pool1d(neural_tensor *x, const neural_pool_options *options,
                                neural_tensor **out) {
    return apply_1d(NEURAL_OP_ID_max_pool2d, x, options, out);
}

neural_status neural_avg_pool1d(neural_tensor *x, const neural_pool_options *options,
                                neural_tensor **out) {
    return apply_1d(NEURAL_OP_ID_avg_pool2d, x, options, out);
}
