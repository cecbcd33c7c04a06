/* Tensors: typed, strided, reference-counted views of shared storage.
 *
 * A handle has one owner count: create/retain take a reference, release gives it back, the last
 * release frees it. Views (reshape, transpose, slice, expand) share storage with their base and
 * keep it alive. One tensor must not be written by two threads at once. */
#ifndef CORE_TENSOR_TENSOR_H_
#define CORE_TENSOR_TENSOR_H_

#include "core/base/status.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_tensor neural_tensor;

/* --- creation: dims[0 .. ndim) ; every *out has one reference --- */

/* Uninitialised; zeros; ones; every element = value. NEURAL_ERR_INVALID_DTYPE, _INVALID_ARGUMENT
 * (ndim outside [0, 8], negative size), _TENSOR_TOO_LARGE, _OUT_OF_MEMORY. */
NEURAL_API neural_status neural_tensor_create(int ndim, const int64_t *dims, neural_dtype dtype,
                                              neural_tensor **out);
NEURAL_API neural_status neural_tensor_zeros(int ndim, const int64_t *dims, neural_dtype dtype,
                                             neural_tensor **out);
NEURAL_API neural_status neural_tensor_ones(int ndim, const int64_t *dims, neural_dtype dtype,
                                            neural_tensor **out);
NEURAL_API neural_status neural_tensor_full(int ndim, const int64_t *dims, neural_dtype dtype,
                                            double value, neural_tensor **out);

/* A copy of row-major data; bytes must be exactly the tensor's. */
NEURAL_API neural_status neural_tensor_from_data(const void *data, int64_t bytes, int ndim,
                                                 const int64_t *dims, neural_dtype dtype,
                                                 neural_tensor **out);

/* A view of the caller's memory, which must outlive the tensor and all its views; strides in
 * elements, NULL = row-major. release(context), if given, is called when the last view is gone. */
NEURAL_API neural_status neural_tensor_wrap(void *data, int ndim, const int64_t *dims,
                                            const int64_t *strides, neural_dtype dtype,
                                            void (*release)(void *context), void *context,
                                            neural_tensor **out);

/* Uniform in [low, high) / normal; element i is a function of (seed, step, i). Floats only. */
NEURAL_API neural_status neural_tensor_fill_uniform(neural_tensor *tensor, uint64_t seed,
                                                    double low, double high);
NEURAL_API neural_status neural_tensor_fill_normal(neural_tensor *tensor, uint64_t seed,
                                                   double mean, double std);

NEURAL_API neural_tensor *neural_tensor_retain(neural_tensor *tensor); /* accepts NULL */
NEURAL_API void neural_tensor_release(neural_tensor *tensor);          /* accepts NULL */

/* --- queries: pure, tensor must not be NULL --- */

NEURAL_API neural_dtype neural_tensor_dtype(const neural_tensor *tensor);
NEURAL_API int neural_tensor_ndim(const neural_tensor *tensor);
NEURAL_API const int64_t *neural_tensor_dims(const neural_tensor *tensor);
NEURAL_API const int64_t *neural_tensor_strides(const neural_tensor *tensor); /* elements */
NEURAL_API int64_t neural_tensor_len(const neural_tensor *tensor);
NEURAL_API int64_t neural_tensor_bytes(const neural_tensor *tensor); /* len * element bytes */
NEURAL_API void *neural_tensor_data(const neural_tensor *tensor);    /* first element */
NEURAL_API int neural_tensor_is_contiguous(const neural_tensor *tensor);

/* --- contents --- */

NEURAL_API neural_status neural_tensor_fill(neural_tensor *tensor, double value);

/* dst := src elementwise, any strides, dtype converted; shapes must be equal. Floats convert to
 * integers by truncation, saturating, NaN to 0. */
NEURAL_API neural_status neural_tensor_copy(neural_tensor *dst, const neural_tensor *src);

/* A contiguous copy. */
NEURAL_API neural_status neural_tensor_clone(const neural_tensor *tensor, neural_tensor **out);

/* A new reference to tensor itself when it is contiguous, else a contiguous copy. */
NEURAL_API neural_status neural_tensor_contiguous(neural_tensor *tensor, neural_tensor **out);

/* A copy converted to dtype. */
NEURAL_API neural_status neural_tensor_cast(const neural_tensor *tensor, neural_dtype dtype,
                                            neural_tensor **out);

/* The single element of a tensor of len 1; the element at index[0 .. ndim). As double. */
NEURAL_API neural_status neural_tensor_item(const neural_tensor *tensor, double *out);
NEURAL_API neural_status neural_tensor_get(const neural_tensor *tensor, const int64_t *index,
                                           double *out);
NEURAL_API neural_status neural_tensor_set(neural_tensor *tensor, const int64_t *index,
                                           double value);

/* Position (row-major) of the first NaN or infinity, -1 when there is none. */
NEURAL_API neural_status neural_tensor_find_nonfinite(const neural_tensor *tensor, int64_t *out);

/* --- views without autograd: the differentiable ones are in core/autograd/ops.h --- */

/* One size may be -1. Fails with _INVALID_ARGUMENT when the strides do not allow a view. */
NEURAL_API neural_status neural_tensor_view(neural_tensor *tensor, int ndim, const int64_t *dims,
                                            neural_tensor **out);
/* Dimension i of the result is dimension order[i]. */
NEURAL_API neural_status neural_tensor_permute(neural_tensor *tensor, const int *order,
                                               neural_tensor **out);
/* Elements start, start + step, ... (count of them) along dim; step >= 1. */
NEURAL_API neural_status neural_tensor_slice(neural_tensor *tensor, int dim, int64_t start,
                                             int64_t count, int64_t step, neural_tensor **out);
/* Stretches sizes of 1 (and new leading dimensions) by stride 0. */
NEURAL_API neural_status neural_tensor_expand(neural_tensor *tensor, int ndim, const int64_t *dims,
                                              neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_TENSOR_H_ */
