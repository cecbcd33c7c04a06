/* Views as operations: forward sets call->out to a view of in[0]. */
#ifndef CORE_TENSOR_VIEW_H_
#define CORE_TENSOR_VIEW_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* shape = the new sizes, one may be -1. A view when the strides allow it, else a copy. */
neural_op_infer neural_reshape_infer;
neural_op_forward neural_reshape_forward;
neural_op_backward neural_reshape_backward;

/* shape.dim[i] = which dimension of x is dimension i of the result; shape.ndim = x's. */
neural_op_infer neural_permute_infer;
neural_op_forward neural_permute_forward;
neural_op_backward neural_permute_backward;

/* integer = {dim, start, count, step}; the gradient outside is 0. */
neural_op_infer neural_slice_infer;
neural_op_forward neural_slice_forward;
neural_op_backward neural_slice_backward;

/* shape = the sizes to stretch to; the gradient is summed over stretched dimensions. */
neural_op_infer neural_expand_infer;
neural_op_forward neural_expand_forward;
neural_op_backward neural_expand_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_VIEW_H_ */
