/* Matrix products with NumPy's semantics. */
#ifndef CORE_TENSOR_MATMUL_H_
#define CORE_TENSOR_MATMUL_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: [.., m, k] and [.., k, n]; a 1-dim lhs counts as [1, k], a 1-dim rhs as [k, 1], and the size
 * of 1 is dropped from the result; leading dimensions broadcast. Backward honours accumulate. */
neural_op_infer neural_matmul_infer;
neural_op_forward neural_matmul_forward;
neural_op_backward neural_matmul_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_MATMUL_H_ */
