#include "core/autograd/conv_ops.h"

#include "core/autograd/op_list.h"
#include "core/autograd/ops.h"
#include "core/tensor/conv_transpose2d.h"

/* The order of core/tensor/conv2d.h. */
static neural_op_attrs attrs_of(const neural_conv_options *options) {
    static const neural_conv_options plain = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    const neural_conv_options *o = options ? options : &plain;
    return (neural_op_attrs){.integer = {o->stride[0], o->stride[1], o->pad[0], o->pad[1],
                                         o->pad[2], o->pad[3], o->dilation[0], o->dilation[1],
                                         o->groups, o->relu != 0}};
}

neural_status neural_conv2d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                            const neural_conv_options *options, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, weight, bias};
    const neural_op_attrs attrs = attrs_of(options);
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_conv2d], inputs, &attrs, out);
}

/* --- along one axis: images of height 1 --- */

/* [A, B, L] as [A, B, 1, L], and back. */
static neural_status raise(neural_tensor *x, neural_tensor **out) {
    const int64_t *dims = neural_tensor_dims(x);
    return neural_reshape(x, 4, (int64_t[]){dims[0], dims[1], 1, dims[2]}, out);
}

static neural_status lower(neural_tensor *x, neural_tensor **out) {
    const int64_t *dims = neural_tensor_dims(x);
    return neural_reshape(x, 3, (int64_t[]){dims[0], dims[1], dims[3]}, out);
}

static neural_status check_axes(const char *name, const neural_tensor *tensor) {
    neural_shape shape;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "conv1d: %s must be given", name);
    NEURAL_TRY(neural_shape_make(neural_tensor_ndim(tensor), neural_tensor_dims(tensor), &shape));
    NEURAL_REQUIRE(shape.ndim == 3, NEURAL_ERR_SHAPE_MISMATCH,
                   "conv1d: %s is %s, want 3 dimensions", name,
                   neural_shape_text(&shape, text, sizeof text));
    return NEURAL_OK;
}

neural_status neural_conv1d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                            const neural_conv_options *options, neural_tensor **out) {
    neural_conv_options flat = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    NEURAL_TRY(check_axes("x", x));
    NEURAL_TRY(check_axes("weight", weight));
    if (options) {
        flat = *options;
        flat.stride[0] = flat.dilation[0] = 1;
        flat.pad[0] = flat.pad[2] = 0;
    }
    neural_tensor *image = NULL, *kernel = NULL, *result = NULL;
    neural_status status = raise(x, &image);
    if (!status) {
        status = raise(weight, &kernel);
    }
    if (!status) {
        status = neural_conv2d(image, kernel, bias, &flat, &result);
    }
    if (!status) {
        status = lower(result, out);
    }
    neural_tensor_release(image);
    neural_tensor_release(kernel);
    neural_tensor_release(result);
    return status;
}

/* --- transposed --- */

neural_status neural_conv_transpose2d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                      const neural_conv_options *options,
                                      const int64_t *output_padding, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, weight, bias};
    neural_op_attrs attrs = attrs_of(options);
    for (int i = 0; i < 2 && output_padding; i++) {
        attrs.integer[NEURAL_CONV_TRANSPOSE2D_OUTPUT_PADDING + i] = output_padding[i];
    }
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_conv_transpose2d], inputs, &attrs, out);
}
