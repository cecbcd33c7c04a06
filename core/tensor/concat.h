/* Tensors joined along one dimension. */
#ifndef CORE_TENSOR_CONCAT_H_
#define CORE_TENSOR_CONCAT_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* out = [in[0], in[1], ...] along attrs.integer[0] (negative counts from the end). Inputs end with
 * the first NULL; they are of one dtype and equal in all other sizes. Backward: each input's part
 * of grad_out. */
neural_op_infer neural_concat_infer;
neural_op_forward neural_concat_forward;
neural_op_backward neural_concat_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONCAT_H_ */
