/* Softmax and its logarithm along any axis. */
#ifndef CORE_TENSOR_SOFTMAX_H_
#define CORE_TENSOR_SOFTMAX_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* attrs.integer[0]: axis, negative counts from the end. out has the shape of in[0]. */
neural_op_forward neural_softmax_forward;
neural_op_backward neural_softmax_backward;
neural_op_forward neural_log_softmax_forward;
neural_op_backward neural_log_softmax_backward;

/* dst = log_softmax of each row of src, both [rows, cols] and contiguous, on the thread pool. */
void neural_log_softmax_rows(neural_dtype dtype, void *dst, const void *src, int64_t rows,
                             int64_t cols);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_SOFTMAX_H_ */
