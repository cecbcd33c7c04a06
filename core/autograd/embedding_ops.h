/* Differentiable lookup in tables of vectors. */
#ifndef CORE_AUTOGRAD_EMBEDDING_OPS_H_
#define CORE_AUTOGRAD_EMBEDDING_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row index[...] of weight [V, D]: out is index's shape and D. index is i64, i32, i8, u8, or f32 or
 * f64 holding whole numbers. What is no row of the table, or not whole, is refused with its
 * position. The gradient of the weight sums the rows of equal indices in increasing position;
 * padding_index (-1: none) names a row that gets none. */
NEURAL_API neural_status neural_embedding(neural_tensor *weight, neural_tensor *index,
                                          int64_t padding_index, neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_EMBEDDING_OPS_H_ */
