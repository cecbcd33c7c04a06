#include "layers/norm.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "core/autograd/norm_ops.h"
#include "core/tensor/storage.h"
#include "layers/layer_type.h"

static const char *truth(int value) {
    return value ? "True" : "False";
}

static neural_tensor *parameter_of(const neural_layer *layer, int i) {
    return i < layer->parameter_count ? layer->parameter[i]->value : NULL;
}

static neural_status check(neural_layer **out, double eps, neural_dtype dtype) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "norm_create: out must be given");
    NEURAL_REQUIRE(eps >= 0 && eps <= DBL_MAX, NEURAL_ERR_INVALID_ARGUMENT,
                   "norm_create: eps is %g, expected a number from 0", eps);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "norm_create: dtype is %s, expected f32 or f64", neural_dtype_name(dtype));
    return NEURAL_OK;
}

/* weight, ones, and bias, zeros. */
static neural_status add_affine(neural_layer *layer, int ndim, const int64_t *dims, int bias,
                                neural_dtype dtype) {
    const uint32_t flags = NEURAL_PARAMETER_NO_DECAY | NEURAL_PARAMETER_KEEPS_START;
    NEURAL_TRY(neural_layer_add_parameter(layer, "weight", ndim, dims, dtype, flags));
    NEURAL_TRY(neural_tensor_fill(layer->parameter[0]->value, 1));
    return bias ? neural_layer_add_parameter(layer, "bias", ndim, dims, dtype, flags) : NEURAL_OK;
}

/* Hands the layer over, or destroys it when its making failed. */
static neural_status finish(neural_layer *layer, neural_status status, neural_layer **out) {
    if (status) {
        neural_layer_destroy(layer);
        return status;
    }
    *out = layer;
    return NEURAL_OK;
}

/* --- BatchNorm --- */

typedef struct batch_norm_layer {
    neural_layer base; /* buffers: running_mean, running_var, num_batches_tracked */
    int64_t channels;
    neural_batch_norm_options options;
} batch_norm_layer;

/* Without a new version: nothing that backward reads depends on it, but in a model it shares its
 * storage with the running statistics, which are inputs of the op. */
static void set_batches(neural_tensor *counter, double batches) {
    if (counter->dtype == NEURAL_DTYPE_F32) {
        *neural_tensor_f32(counter) = (float)batches;
    } else {
        *neural_tensor_f64(counter) = batches;
    }
}

typedef neural_status batch_norm_op(neural_tensor *, neural_tensor *, neural_tensor *,
                                    neural_tensor *, neural_tensor *, int, double, double,
                                    neural_tensor **);

static neural_status run_batch_norm(neural_layer *layer, batch_norm_op *op, neural_tensor *x,
                                    neural_tensor **out) {
    const batch_norm_layer *norm = (const batch_norm_layer *)layer;
    neural_tensor *gamma = parameter_of(layer, 0), *beta = parameter_of(layer, 1);
    const int trains = neural_layer_trains(layer);
    double batches = 0, momentum = norm->options.momentum;
    if (!layer->buffer_count) {
        return op(x, gamma, beta, NULL, NULL, 1, 0, norm->options.eps, out);
    }
    NEURAL_TRY(neural_tensor_item(layer->buffer[2]->value, &batches));
    if (momentum == NEURAL_NORM_CUMULATIVE) {
        momentum = 1 / (batches + 1);
    }
    NEURAL_TRY(op(x, gamma, beta, layer->buffer[0]->value, layer->buffer[1]->value, trains,
                  momentum, norm->options.eps, out));
    if (trains) {
        set_batches(layer->buffer[2]->value, batches + 1);
    }
    return NEURAL_OK;
}

static neural_status batch_norm_forward(neural_layer *layer, neural_tensor *x,
                                        neural_tensor **out) {
    return run_batch_norm(layer, neural_batch_norm, x, out);
}

static neural_status batch_norm_forward_relu(neural_layer *layer, neural_tensor *x,
                                             neural_tensor **out) {
    return run_batch_norm(layer, neural_batch_norm_relu, x, out);
}

static neural_status channels_shape(const char *name, int64_t channels, const neural_shape *in,
                                    neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim >= 1 && in->dim[0] == channels, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected [%lld, *]", name,
                   neural_shape_text(in, text, sizeof text), (long long)channels);
    *out = *in;
    return NEURAL_OK;
}

static neural_status batch_norm_output_shape(const neural_layer *layer, const neural_shape *in,
                                             neural_shape *out) {
    return channels_shape(layer->type->name, ((const batch_norm_layer *)layer)->channels, in, out);
}

static void batch_norm_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const batch_norm_layer *norm = (const batch_norm_layer *)layer;
    char momentum[32] = "None";
    if (norm->options.momentum != NEURAL_NORM_CUMULATIVE) {
        snprintf(momentum, sizeof momentum, "%g", norm->options.momentum);
    }
    snprintf(text, (size_t)bytes, "%lld, eps=%g, momentum=%s, affine=%s, track_running_stats=%s",
             (long long)norm->channels, norm->options.eps, momentum, truth(norm->options.affine),
             truth(norm->options.track_running_stats));
}

#define BATCH_NORM_TYPE(kind)                                                                      \
    {                                                                                              \
        .name = (kind), .forward = batch_norm_forward, .forward_relu = batch_norm_forward_relu,    \
        .output_shape = batch_norm_output_shape, .describe = batch_norm_describe                   \
    }
static const neural_layer_type batch_norm_types[] = {BATCH_NORM_TYPE("BatchNorm1d"),
                                                     BATCH_NORM_TYPE("BatchNorm2d")};

int neural_batch_norm_trains_on_batch(const neural_layer *layer) {
    return layer->type->forward == batch_norm_forward;
}

int neural_batch_norm_is(const neural_layer *layer, double *eps) {
    if (layer->type->forward != batch_norm_forward || !layer->buffer_count) {
        return 0;
    }
    *eps = ((const batch_norm_layer *)layer)->options.eps;
    return 1;
}

static neural_status add_running(neural_layer *layer, int64_t channels, neural_dtype dtype) {
    NEURAL_TRY(neural_layer_add_buffer(layer, "running_mean", 1, &channels, dtype, 0));
    NEURAL_TRY(neural_layer_add_buffer(layer, "running_var", 1, &channels, dtype, 1));
    return neural_layer_add_buffer(layer, "num_batches_tracked", 0, NULL, dtype, 0);
}

neural_status neural_batch_norm_create(int64_t channels, const neural_batch_norm_options *options,
                                       neural_dtype dtype, neural_layer **out) {
    static const neural_batch_norm_options defaults = {1, 1e-5, 0.1, 1, 1};
    const neural_batch_norm_options chosen = options ? *options : defaults;
    const double momentum = chosen.momentum;
    NEURAL_TRY(check(out, chosen.eps, dtype));
    NEURAL_REQUIRE(channels >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "batch_norm_create: channels is %lld, expected at least 1", (long long)channels);
    NEURAL_REQUIRE(chosen.dims == 1 || chosen.dims == 2, NEURAL_ERR_INVALID_ARGUMENT,
                   "batch_norm_create: dims is %d, expected 1 or 2", chosen.dims);
    NEURAL_REQUIRE((momentum >= 0 && momentum <= 1) || momentum == NEURAL_NORM_CUMULATIVE,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "batch_norm_create: momentum is %g, expected a number from 0 to 1 or "
                   "NEURAL_NORM_CUMULATIVE",
                   momentum);
    neural_layer *layer = NULL;
    NEURAL_TRY(
        neural_layer_create(&batch_norm_types[chosen.dims - 1], sizeof(batch_norm_layer), &layer));
    ((batch_norm_layer *)layer)->channels = channels;
    ((batch_norm_layer *)layer)->options = chosen;
    neural_status status = NEURAL_OK;
    if (chosen.affine) {
        status = add_affine(layer, 1, &channels, 1, dtype);
    }
    if (!status && chosen.track_running_stats) {
        status = add_running(layer, channels, dtype);
    }
    return finish(layer, status, out);
}

/* --- LayerNorm and RMSNorm --- */

typedef struct layer_norm_layer {
    neural_layer base;
    neural_shape normalized;
    double eps;
    int default_eps; /* of RMSNorm: None */
} layer_norm_layer;

static neural_status layer_norm_forward(neural_layer *layer, neural_tensor *x,
                                        neural_tensor **out) {
    const layer_norm_layer *norm = (const layer_norm_layer *)layer;
    return neural_layer_norm(x, parameter_of(layer, 0), parameter_of(layer, 1),
                             norm->normalized.ndim, norm->eps, out);
}

static neural_status rms_norm_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const layer_norm_layer *norm = (const layer_norm_layer *)layer;
    return neural_rms_norm(x, parameter_of(layer, 0), norm->normalized.ndim, norm->eps, out);
}

static neural_status layer_norm_output_shape(const neural_layer *layer, const neural_shape *in,
                                             neural_shape *out) {
    const neural_shape *want = &((const layer_norm_layer *)layer)->normalized;
    char text[NEURAL_SHAPE_TEXT], want_text[NEURAL_SHAPE_TEXT];
    const int first = in->ndim - want->ndim;
    NEURAL_REQUIRE(first >= 0 && memcmp(in->dim + first, want->dim,
                                        (size_t)want->ndim * sizeof *want->dim) == 0,
                   NEURAL_ERR_SHAPE_MISMATCH, "%s: the input is %s, expected one that ends with %s",
                   layer->type->name, neural_shape_text(in, text, sizeof text),
                   neural_shape_text(want, want_text, sizeof want_text));
    *out = *in;
    return NEURAL_OK;
}

/* "(3, 4)", "(3,)" */
static int shape_tuple(const neural_shape *shape, char *text, int64_t bytes) {
    int used = snprintf(text, (size_t)bytes, "(");
    for (int i = 0; i < shape->ndim && used < bytes; i++) {
        used += snprintf(text + used, (size_t)(bytes - used), "%s%lld", i ? ", " : "",
                         (long long)shape->dim[i]);
    }
    if (used < bytes) {
        used += snprintf(text + used, (size_t)(bytes - used), "%s", shape->ndim == 1 ? ",)" : ")");
    }
    return used;
}

static void layer_norm_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const layer_norm_layer *norm = (const layer_norm_layer *)layer;
    const int used = shape_tuple(&norm->normalized, text, bytes);
    char eps[32] = "None";
    if (!norm->default_eps) {
        snprintf(eps, sizeof eps, "%g", norm->eps);
    }
    if (used < bytes) {
        snprintf(text + used, (size_t)(bytes - used), ", eps=%s, elementwise_affine=%s", eps,
                 truth(layer->parameter_count > 0));
    }
}

static const neural_layer_type layer_norm_type = {
    .name = "LayerNorm",
    .forward = layer_norm_forward,
    .output_shape = layer_norm_output_shape,
    .describe = layer_norm_describe,
};
static const neural_layer_type rms_norm_type = {
    .name = "RMSNorm",
    .forward = rms_norm_forward,
    .output_shape = layer_norm_output_shape,
    .describe = layer_norm_describe,
};

static neural_status create_last(const neural_layer_type *type, const neural_shape *shape,
                                 double eps, int affine, int bias, neural_dtype dtype,
                                 neural_layer **out) {
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(type, sizeof(layer_norm_layer), &layer));
    ((layer_norm_layer *)layer)->normalized = *shape;
    ((layer_norm_layer *)layer)->eps = eps;
    const neural_status status =
        affine ? add_affine(layer, shape->ndim, shape->dim, bias, dtype) : NEURAL_OK;
    return finish(layer, status, out);
}

static neural_status normalized_shape(int ndim, const int64_t *dims, neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(dims && ndim >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "norm_create: %d dimensions, expected at least 1", ndim);
    NEURAL_TRY(neural_shape_make(ndim, dims, out));
    NEURAL_REQUIRE(neural_shape_len(out) > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "norm_create: the shape is %s, expected sizes of at least 1",
                   neural_shape_text(out, text, sizeof text));
    return NEURAL_OK;
}

neural_status neural_layer_norm_create(int ndim, const int64_t *dims, double eps, int affine,
                                       int bias, neural_dtype dtype, neural_layer **out) {
    neural_shape shape;
    NEURAL_TRY(check(out, eps, dtype));
    NEURAL_TRY(normalized_shape(ndim, dims, &shape));
    return create_last(&layer_norm_type, &shape, eps, affine, bias, dtype, out);
}

neural_status neural_rms_norm_create(int ndim, const int64_t *dims, double eps, int affine,
                                     neural_dtype dtype, neural_layer **out) {
    neural_shape shape;
    neural_layer *layer = NULL;
    NEURAL_TRY(check(out, eps, dtype));
    NEURAL_TRY(normalized_shape(ndim, dims, &shape));
    const double least = dtype == NEURAL_DTYPE_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    NEURAL_TRY(
        create_last(&rms_norm_type, &shape, eps > 0 ? eps : least, affine, 0, dtype, &layer));
    ((layer_norm_layer *)layer)->default_eps = eps == 0;
    *out = layer;
    return NEURAL_OK;
}

/* --- GroupNorm --- */

typedef struct group_norm_layer {
    neural_layer base;
    int64_t groups, channels;
    double eps;
} group_norm_layer;

static neural_status group_norm_forward(neural_layer *layer, neural_tensor *x,
                                        neural_tensor **out) {
    const group_norm_layer *norm = (const group_norm_layer *)layer;
    return neural_group_norm(x, parameter_of(layer, 0), parameter_of(layer, 1), norm->groups,
                             norm->eps, out);
}

static neural_status group_norm_output_shape(const neural_layer *layer, const neural_shape *in,
                                             neural_shape *out) {
    return channels_shape("GroupNorm", ((const group_norm_layer *)layer)->channels, in, out);
}

static void group_norm_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const group_norm_layer *norm = (const group_norm_layer *)layer;
    snprintf(text, (size_t)bytes, "%lld, %lld, eps=%g, affine=%s", (long long)norm->groups,
             (long long)norm->channels, norm->eps, truth(layer->parameter_count > 0));
}

static const neural_layer_type group_norm_type = {
    .name = "GroupNorm",
    .forward = group_norm_forward,
    .output_shape = group_norm_output_shape,
    .describe = group_norm_describe,
};

neural_status neural_group_norm_create(int64_t groups, int64_t channels, double eps, int affine,
                                       neural_dtype dtype, neural_layer **out) {
    NEURAL_TRY(check(out, eps, dtype));
    NEURAL_REQUIRE(groups >= 1 && channels >= 1 && channels % groups == 0,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "group_norm_create: %lld groups of %lld channels, expected a divisor of them",
                   (long long)groups, (long long)channels);
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(&group_norm_type, sizeof(group_norm_layer), &layer));
    ((group_norm_layer *)layer)->groups = groups;
    ((group_norm_layer *)layer)->channels = channels;
    ((group_norm_layer *)layer)->eps = eps;
    const neural_status status = affine ? add_affine(layer, 1, &channels, 1, dtype) : NEURAL_OK;
    return finish(layer, status, out);
}
