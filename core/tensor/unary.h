/* Functions of one tensor, element by element; inferred by neural_same_infer. */
#ifndef CORE_TENSOR_UNARY_H_
#define CORE_TENSOR_UNARY_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

neural_op_forward neural_neg_forward, neural_abs_forward, neural_square_forward,
    neural_sqrt_forward, neural_exp_forward, neural_log_forward;
/* The gradient of abs is 0 at 0. */
neural_op_backward neural_neg_backward, neural_abs_backward, neural_square_backward,
    neural_sqrt_backward, neural_exp_backward, neural_log_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_UNARY_H_ */
