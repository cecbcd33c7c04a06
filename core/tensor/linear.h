/* y = x W^T + b, optionally through relu. */
#ifndef CORE_TENSOR_LINEAR_H_
#define CORE_TENSOR_LINEAR_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: x [.., fan_in], weight [fan_out, fan_in], bias [fan_out] or NULL. out: [.., fan_out].
 * attrs.integer[0] = 1: relu. Backward honours accumulate. */
neural_op_infer neural_linear_infer;
neural_op_forward neural_linear_forward;
neural_op_backward neural_linear_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_LINEAR_H_ */
