/* The checks behind views: which shape and strides a view of a tensor has. Errors begin with name.
 */
#ifndef CORE_TENSOR_VIEW_SHAPE_H_
#define CORE_TENSOR_VIEW_SHAPE_H_

#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dims with a single -1 replaced so that the number of elements stays the tensor's. */
neural_status neural_view_shape(const char *name, const neural_tensor *tensor, int ndim,
                                const int64_t *dims, neural_shape *out);

/* Strides that show tensor as shape (of equal len) without a copy; 0 when there are none. */
int neural_view_strides(const neural_tensor *tensor, const neural_shape *shape, int64_t *strides);

/* Dimension i of the result is dimension order[i]. */
neural_status neural_permute_shape(const char *name, const neural_tensor *tensor,
                                   const int64_t *order, neural_shape *out);

/* Elements start, start + step, ... (count of them) along dim. */
typedef struct neural_slice_range {
    int64_t dim, start, count, step;
} neural_slice_range;
neural_status neural_slice_shape(const char *name, const neural_tensor *tensor,
                                 const neural_slice_range *range, neural_shape *out);

neural_status neural_expand_shape(const char *name, const neural_tensor *tensor, int ndim,
                                  const int64_t *dims, neural_shape *out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_VIEW_SHAPE_H_ */
