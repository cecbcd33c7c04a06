/* Dropout (Srivastava et al. 2014), inverted: survivors are scaled by 1/(1 - p). */
#ifndef CORE_TENSOR_DROPOUT_H_
#define CORE_TENSOR_DROPOUT_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* attrs.scalar[0]: p in [0, 1]; attrs.seed, attrs.step. Element i survives when word i % 4 of
 * Philox block i / 4 of the stream (seed, DROPOUT, step) is at least p * 2^32. saved[0]: the mask,
 * u8. A dropped NaN becomes 0. */
neural_op_forward neural_dropout_forward;
neural_op_backward neural_dropout_backward;

/* The same for whole channels of [N, C, ...] (Tompson et al. 2015): plane i, counted over N and C,
 * survives as element i does above. saved[0]: a byte per plane. */
neural_op_infer neural_dropout2d_infer;
neural_op_forward neural_dropout2d_forward;
neural_op_backward neural_dropout2d_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_DROPOUT_H_ */
