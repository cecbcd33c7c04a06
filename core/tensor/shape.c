#include "core/tensor/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

neural_status neural_shape_make(int ndim, const int64_t *dims, neural_shape *out) {
    NEURAL_REQUIRE(out && (dims || ndim == 0), NEURAL_ERR_NULL_POINTER, "shape: a pointer is NULL");
    NEURAL_REQUIRE(ndim >= 0 && ndim <= NEURAL_MAX_DIMS, NEURAL_ERR_INVALID_ARGUMENT,
                   "shape: %d dimensions, expected 0 to %d", ndim, NEURAL_MAX_DIMS);
    neural_shape shape = {.ndim = ndim};
    int64_t product = 1; /* sizes of 0 count as 1, so that strides fit as well */
    for (int i = 0; i < ndim; i++) {
        NEURAL_REQUIRE(dims[i] >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "shape: size %" PRId64 " of dimension %d is negative", dims[i], i);
        NEURAL_REQUIRE(!__builtin_mul_overflow(product, dims[i] ? dims[i] : 1, &product),
                       NEURAL_ERR_TENSOR_TOO_LARGE,
                       "shape: the number of elements exceeds the largest size at dimension %d "
                       "(size %" PRId64 ")",
                       i, dims[i]);
        shape.dim[i] = dims[i];
    }
    *out = shape;
    return NEURAL_OK;
}

int64_t neural_shape_len(const neural_shape *shape) {
    int64_t len = 1;
    for (int i = 0; i < shape->ndim; i++) {
        len *= shape->dim[i];
    }
    return len;
}

neural_status neural_shape_check_bytes(const char *name, const neural_shape *shape,
                                       neural_dtype dtype) {
    char text[NEURAL_SHAPE_TEXT];
    int64_t bytes;
    NEURAL_REQUIRE(
        !__builtin_mul_overflow(neural_shape_len(shape), neural_dtype_bytes(dtype), &bytes),
        NEURAL_ERR_TENSOR_TOO_LARGE, "%s: %s of %s exceeds the largest size", name,
        neural_shape_text(shape, text, sizeof(text)), neural_dtype_name(dtype));
    return NEURAL_OK;
}

int neural_shape_equal(const neural_shape *lhs, const neural_shape *rhs) {
    if (lhs->ndim != rhs->ndim) {
        return 0;
    }
    for (int i = 0; i < lhs->ndim; i++) {
        if (lhs->dim[i] != rhs->dim[i]) {
            return 0;
        }
    }
    return 1;
}

/* Size of the i-th dimension counted from the last; 1 beyond the first. */
static int64_t size_from_end(const neural_shape *shape, int i) {
    return i < shape->ndim ? shape->dim[shape->ndim - 1 - i] : 1;
}

neural_status neural_shape_broadcast(const char *op, const neural_shape *lhs,
                                     const neural_shape *rhs, neural_shape *out) {
    char left[NEURAL_SHAPE_TEXT], right[NEURAL_SHAPE_TEXT];
    int64_t dims[NEURAL_MAX_DIMS];
    const int ndim = lhs->ndim > rhs->ndim ? lhs->ndim : rhs->ndim;
    for (int i = 0; i < ndim; i++) {
        const int64_t l = size_from_end(lhs, i);
        const int64_t r = size_from_end(rhs, i);
        NEURAL_REQUIRE(l == r || l == 1 || r == 1, NEURAL_ERR_SHAPE_MISMATCH,
                       "%s: %s and %s do not broadcast", op,
                       neural_shape_text(lhs, left, sizeof(left)),
                       neural_shape_text(rhs, right, sizeof(right)));
        dims[ndim - 1 - i] = l == 1 ? r : l;
    }
    return neural_shape_make(ndim, dims, out);
}

void neural_shape_strides(const neural_shape *shape, int64_t strides[NEURAL_MAX_DIMS]) {
    int64_t stride = 1;
    for (int i = shape->ndim - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape->dim[i] ? shape->dim[i] : 1;
    }
}

char *neural_shape_text(const neural_shape *shape, char *text, int64_t bytes) {
    char whole[NEURAL_SHAPE_TEXT];
    int used = snprintf(whole, sizeof(whole), "[");
    for (int i = 0; i < shape->ndim; i++) {
        used += snprintf(whole + used, sizeof(whole) - (size_t)used, "%s%" PRId64, i ? ", " : "",
                         shape->dim[i]);
    }
    snprintf(whole + used, sizeof(whole) - (size_t)used, "]");
    if (bytes > 0) {
        const size_t kept = strlen(whole) < (size_t)bytes ? strlen(whole) : (size_t)bytes - 1;
        memcpy(text, whole, kept);
        text[kept] = '\0';
    }
    return text;
}
