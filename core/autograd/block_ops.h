/* Differentiable joins of several tensors. */
#ifndef CORE_AUTOGRAD_BLOCK_OPS_H_
#define CORE_AUTOGRAD_BLOCK_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The `count` >= 1 tensors behind one another along `axis` (negative counts from the end): all of
 * one dtype, equal in the other sizes. NEURAL_ERR_SHAPE_MISMATCH names both shapes. */
NEURAL_API neural_status neural_concat(neural_tensor *const *tensors, int count, int axis,
                                       neural_tensor **out);

/* The `count` >= 1 tensors of one shape along a new dimension `axis`, in [-ndim - 1, ndim]. */
NEURAL_API neural_status neural_stack(neural_tensor *const *tensors, int count, int axis,
                                      neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_BLOCK_OPS_H_ */
