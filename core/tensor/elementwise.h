/* Binary operations with NumPy broadcasting, and alpha x + beta. Inputs f32 or f64, of one dtype.
 */
#ifndef CORE_TENSOR_ELEMENTWISE_H_
#define CORE_TENSOR_ELEMENTWISE_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One input / two inputs that broadcast: NEURAL_ERR_NULL_POINTER, _INVALID_DTYPE (not f32 or f64),
 * _DTYPE_MISMATCH, _SHAPE_MISMATCH. */
neural_op_infer neural_same_infer, neural_broadcast_infer;

/* out = lhs op rhs; the gradients are summed over stretched dimensions. */
neural_op_forward neural_add_forward, neural_sub_forward, neural_mul_forward, neural_div_forward;
neural_op_backward neural_add_backward, neural_sub_backward, neural_mul_backward,
    neural_div_backward;

/* NaN when either is; where both are equal each gets half the gradient. */
neural_op_forward neural_maximum_forward, neural_minimum_forward;
neural_op_backward neural_maximum_backward, neural_minimum_backward;

/* out = alpha x + beta, rounded once: scalar[0] = alpha, scalar[1] = beta. */
neural_op_forward neural_affine_forward;
neural_op_backward neural_affine_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_ELEMENTWISE_H_ */
