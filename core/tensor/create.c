/* Tensors from sizes, from numbers and from copied data. */
#include <inttypes.h>
#include <string.h>

#include "core/tensor/storage.h"

neural_status neural_tensor_create(int ndim, const int64_t *dims, neural_dtype dtype,
                                   neural_tensor **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "tensor_create: out is NULL");
    NEURAL_REQUIRE(neural_dtype_bytes(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "tensor_create: dtype %d is unknown", (int)dtype);
    neural_shape shape;
    NEURAL_TRY(neural_shape_make(ndim, dims, &shape));
    return neural_tensor_like_shape(&shape, dtype, out);
}

neural_status neural_tensor_zeros(int ndim, const int64_t *dims, neural_dtype dtype,
                                  neural_tensor **out) {
    neural_tensor *tensor = NULL;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "tensor_zeros: out is NULL");
    NEURAL_TRY(neural_tensor_create(ndim, dims, dtype, &tensor));
    memset(tensor->data, 0, (size_t)neural_tensor_bytes(tensor));
    *out = tensor;
    return NEURAL_OK;
}

neural_status neural_tensor_full(int ndim, const int64_t *dims, neural_dtype dtype, double value,
                                 neural_tensor **out) {
    neural_tensor *tensor = NULL;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "tensor_full: out is NULL");
    NEURAL_TRY(neural_tensor_create(ndim, dims, dtype, &tensor));
    const neural_status status = neural_tensor_fill(tensor, value);
    if (status) {
        neural_tensor_release(tensor);
        return status;
    }
    *out = tensor;
    return NEURAL_OK;
}

neural_status neural_tensor_ones(int ndim, const int64_t *dims, neural_dtype dtype,
                                 neural_tensor **out) {
    return neural_tensor_full(ndim, dims, dtype, 1.0, out);
}

neural_status neural_tensor_from_data(const void *data, int64_t bytes, int ndim,
                                      const int64_t *dims, neural_dtype dtype,
                                      neural_tensor **out) {
    neural_tensor *tensor = NULL;
    NEURAL_REQUIRE(out && (data || bytes == 0), NEURAL_ERR_NULL_POINTER,
                   "tensor_from_data: %s is NULL", out ? "data" : "out");
    NEURAL_TRY(neural_tensor_create(ndim, dims, dtype, &tensor));
    if (bytes != neural_tensor_bytes(tensor)) {
        char text[NEURAL_SHAPE_TEXT];
        neural_error(NEURAL_ERR_SHAPE_MISMATCH,
                     "tensor_from_data: data has %" PRId64 " bytes, %s of %s wants %" PRId64, bytes,
                     neural_shape_text(&tensor->shape, text, sizeof(text)),
                     neural_dtype_name(dtype), neural_tensor_bytes(tensor));
        neural_tensor_release(tensor);
        return NEURAL_ERR_SHAPE_MISMATCH;
    }
    if (bytes) {
        memcpy(tensor->data, data, (size_t)bytes);
    }
    *out = tensor;
    return NEURAL_OK;
}
