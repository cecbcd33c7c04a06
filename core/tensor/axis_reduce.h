/* Sums and extremes along one axis of contiguous data, and the sums behind broadcasting. */
#ifndef CORE_TENSOR_AXIS_REDUCE_H_
#define CORE_TENSOR_AXIS_REDUCE_H_

#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_reduction {
    NEURAL_REDUCTION_SUM = 0,
    NEURAL_REDUCTION_MAX = 1,
    NEURAL_REDUCTION_MIN = 2
} neural_reduction;

/* dst[o, i] = op over a of src[o, a, i] for contiguous src [outer, axis, inner] of f32 or f64.
 * Chunks of the axis, fixed by the shape, are reduced each on its own and their results again the
 * same way: any number of threads gives the same bits. An axis of 0 gives 0, -inf, +inf. Fails only
 * with NEURAL_ERR_OUT_OF_MEMORY. */
neural_status neural_axis_reduce(neural_reduction op, neural_dtype dtype, void *dst,
                                 const void *src, int64_t outer, int64_t axis, int64_t inner);

/* dst = src summed over the dimensions in which dst was stretched to src's shape; both contiguous,
 * of one float dtype. */
neural_status neural_sum_to(neural_tensor *dst, const neural_tensor *src);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_AXIS_REDUCE_H_ */
