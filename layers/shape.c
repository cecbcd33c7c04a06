#include "layers/shape.h"

#include <stdio.h>

#include "core/autograd/ops.h"
#include "core/base/memory.h"
#include "layers/layer_type.h"

typedef struct reshape_layer {
    neural_layer base;
    neural_shape to; /* without the batch; one size may be -1 */
} reshape_layer;

/* --- Flatten --- */

static neural_status flatten_output_shape(const neural_layer *layer, const neural_shape *in,
                                          neural_shape *out) {
    (void)layer;
    *out = (neural_shape){.ndim = 1, .dim = {neural_shape_len(in)}};
    return NEURAL_OK;
}

static neural_status flatten_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    (void)layer;
    const int ndim = neural_tensor_ndim(x);
    const int64_t *dims = neural_tensor_dims(x);
    NEURAL_REQUIRE(ndim >= 1, NEURAL_ERR_SHAPE_MISMATCH, "Flatten: the input has no batch");
    int64_t flat[2] = {dims[0], 1};
    for (int i = 1; i < ndim; i++) {
        flat[1] *= dims[i];
    }
    return neural_reshape(x, 2, flat, out);
}

static void flatten_describe(const neural_layer *layer, char *text, int64_t bytes) {
    (void)layer;
    snprintf(text, (size_t)bytes, "start_dim=1, end_dim=-1");
}

static const neural_layer_type flatten_type = {
    .name = "Flatten",
    .forward = flatten_forward,
    .output_shape = flatten_output_shape,
    .describe = flatten_describe,
};

neural_status neural_flatten_create(neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "Flatten: out must be given");
    return neural_layer_create(&flatten_type, sizeof(neural_layer), out);
}

/* --- Reshape --- */

static neural_status reshape_output_shape(const neural_layer *layer, const neural_shape *in,
                                          neural_shape *out) {
    const neural_shape *to = &((const reshape_layer *)layer)->to;
    const int64_t len = neural_shape_len(in);
    neural_shape shape = *to;
    int64_t known = 1;
    int open = -1;
    for (int i = 0; i < to->ndim; i++) {
        if (to->dim[i] < 0) {
            open = i;
        } else {
            known *= to->dim[i];
        }
    }
    if (open >= 0) {
        shape.dim[open] = len / known;
        known *= shape.dim[open];
    }
    char from[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(known == len, NEURAL_ERR_SHAPE_MISMATCH,
                   "Reshape: the input is %s, which has not the elements of %s",
                   neural_shape_text(in, from, sizeof from),
                   neural_shape_text(to, want, sizeof want));
    *out = shape;
    return NEURAL_OK;
}

static neural_status reshape_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const int ndim = neural_tensor_ndim(x);
    const int64_t *dims = neural_tensor_dims(x);
    NEURAL_REQUIRE(ndim >= 1, NEURAL_ERR_SHAPE_MISMATCH, "Reshape: the input has no batch");
    neural_shape in = {.ndim = ndim - 1}, shape;
    for (int i = 1; i < ndim; i++) {
        in.dim[i - 1] = dims[i];
    }
    NEURAL_TRY(reshape_output_shape(layer, &in, &shape));
    int64_t whole[NEURAL_MAX_DIMS] = {dims[0]};
    for (int i = 0; i < shape.ndim; i++) {
        whole[i + 1] = shape.dim[i];
    }
    return neural_reshape(x, shape.ndim + 1, whole, out);
}

static void reshape_describe(const neural_layer *layer, char *text, int64_t bytes) {
    neural_shape_text(&((const reshape_layer *)layer)->to, text, bytes);
}

static const neural_layer_type reshape_type = {
    .name = "Reshape",
    .forward = reshape_forward,
    .output_shape = reshape_output_shape,
    .describe = reshape_describe,
};

neural_status neural_reshape_create(int ndim, const int64_t *dims, neural_layer **out) {
    NEURAL_REQUIRE(dims && out, NEURAL_ERR_NULL_POINTER, "Reshape: dims and out must be given");
    NEURAL_REQUIRE(ndim >= 1 && ndim < NEURAL_MAX_DIMS, NEURAL_ERR_INVALID_ARGUMENT,
                   "Reshape: %d sizes, expected 1 to %d", ndim, NEURAL_MAX_DIMS - 1);
    neural_shape to = {.ndim = ndim};
    int64_t known = 1;
    int open = 0;
    for (int i = 0; i < ndim; i++) {
        NEURAL_REQUIRE(dims[i] >= 1 || (dims[i] == -1 && !open), NEURAL_ERR_INVALID_ARGUMENT,
                       "Reshape: size %d is %lld, expected at least 1, or once -1", i,
                       (long long)dims[i]);
        open |= dims[i] < 0;
        to.dim[i] = dims[i];
        NEURAL_TRY(neural_size_mul(known, dims[i] < 0 ? 1 : dims[i], &known));
    }
    NEURAL_TRY(neural_layer_create(&reshape_type, sizeof(reshape_layer), out));
    ((reshape_layer *)*out)->to = to;
    return NEURAL_OK;
}

int neural_flatten_is(const neural_layer *layer) {
    return layer->type == &flatten_type;
}
