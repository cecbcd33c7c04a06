#include "core/tensor/storage.h"
#include "quant/quantize.h"

/* The tensor as [outer, channels, inner]; outer = channels = 1 for one grid. */
typedef struct layout {
    int64_t outer, channels, inner;
} layout;

static neural_status check_grids(const char *what, const neural_tensor *tensor,
                                 const neural_quant_params *params, int64_t channels, int axis) {
    NEURAL_REQUIRE(tensor && params, NEURAL_ERR_NULL_POINTER, "%s: %s must be given", what,
                   tensor ? "params" : "the tensor");
    NEURAL_REQUIRE(channels >= 1, NEURAL_ERR_INVALID_ARGUMENT, "%s: there are %lld grids", what,
                   (long long)channels);
    if (channels > 1) {
        NEURAL_REQUIRE(axis >= 0 && axis < tensor->shape.ndim, NEURAL_ERR_DIM_MISMATCH,
                       "%s: axis is %d, expected 0 ... %d", what, axis, tensor->shape.ndim - 1);
        NEURAL_REQUIRE(tensor->shape.dim[axis] == channels, NEURAL_ERR_SHAPE_MISMATCH,
                       "%s: %lld grids for an axis of %lld", what, (long long)channels,
                       (long long)tensor->shape.dim[axis]);
    }
    for (int64_t c = 0; c < channels; c++) {
        NEURAL_TRY(neural_quant_params_check(params + c));
        NEURAL_REQUIRE(params[c].scheme == params[0].scheme, NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: grid %lld has another scheme than grid 0", what, (long long)c);
    }
    return NEURAL_OK;
}

static layout layout_of(const neural_shape *shape, int64_t len, int64_t channels, int axis) {
    if (channels == 1) {
        return (layout){1, 1, len};
    }
    layout parts = {1, channels, 1};
    for (int i = 0; i < shape->ndim; i++) {
        parts.outer *= i < axis ? shape->dim[i] : 1;
        parts.inner *= i > axis ? shape->dim[i] : 1;
    }
    return parts;
}

static neural_status convert(const neural_tensor *src, const neural_quant_params *params,
                             const layout *parts, neural_tensor *dst) {
    const int64_t src_bytes = neural_dtype_bytes(src->dtype);
    const int64_t dst_bytes = neural_dtype_bytes(dst->dtype);
    for (int64_t run = 0; run < parts->outer * parts->channels; run++) {
        const neural_quant_params *grid = params + run % parts->channels;
        const char *from = src->data + run * parts->inner * src_bytes;
        char *to = dst->data + run * parts->inner * dst_bytes;
        if (neural_dtype_is_float(dst->dtype)) {
            NEURAL_TRY(neural_dequantize(from, parts->inner, grid, to, dst->dtype));
        } else {
            NEURAL_TRY(neural_quantize(from, src->dtype, parts->inner, grid, to));
        }
    }
    return NEURAL_OK;
}

static neural_status convert_tensor(const neural_tensor *tensor, const neural_quant_params *params,
                                    int64_t channels, int axis, neural_dtype dtype,
                                    neural_tensor **out) {
    neural_tensor *src = NULL, *dst = NULL;
    NEURAL_TRY(neural_tensor_contiguous((neural_tensor *)tensor, &src));
    const layout parts = layout_of(&src->shape, src->len, channels, axis);
    neural_status status = neural_tensor_like_shape(&src->shape, dtype, &dst);
    if (!status) {
        status = convert(src, params, &parts, dst);
    }
    neural_tensor_release(src);
    if (status) {
        neural_tensor_release(dst);
        return status;
    }
    *out = dst;
    return NEURAL_OK;
}

neural_status neural_quantize_tensor(const neural_tensor *tensor, const neural_quant_params *params,
                                     int64_t channels, int axis, neural_tensor **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "quantize_tensor: out is NULL");
    NEURAL_TRY(check_grids("quantize_tensor", tensor, params, channels, axis));
    NEURAL_REQUIRE(neural_dtype_is_float(tensor->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "quantize_tensor: the tensor must be f32 or f64, is %s",
                   neural_dtype_name(tensor->dtype));
    return convert_tensor(tensor, params, channels, axis, neural_quant_dtype(params->scheme), out);
}

neural_status neural_dequantize_tensor(const neural_tensor *tensor,
                                       const neural_quant_params *params, int64_t channels,
                                       int axis, neural_dtype dtype, neural_tensor **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "dequantize_tensor: out is NULL");
    NEURAL_TRY(check_grids("dequantize_tensor", tensor, params, channels, axis));
    const neural_dtype want = neural_quant_dtype(params->scheme);
    NEURAL_REQUIRE(tensor->dtype == want, NEURAL_ERR_DTYPE_MISMATCH,
                   "dequantize_tensor: the tensor is %s, its grid %s",
                   neural_dtype_name(tensor->dtype), neural_dtype_name(want));
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "dequantize_tensor: dtype must be f32 or f64, is %s", neural_dtype_name(dtype));
    return convert_tensor(tensor, params, channels, axis, dtype, out);
}
