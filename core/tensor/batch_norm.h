/* Normalization of each channel over the batch (Ioffe & Szegedy 2015). */
#ifndef CORE_TENSOR_BATCH_NORM_H_
#define CORE_TENSOR_BATCH_NORM_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: x [N, C, ...]; gamma, beta, running_mean, running_var [C], each may be NULL. out: x's shape.
 * attrs.scalar: momentum, epsilon. attrs.integer[0] = 1: training, [1] = 1: through relu.
 *
 * Training: mean and (biased) variance of the batch, which needs two values per channel; running =
 * (1 - momentum) running + momentum batch, with the unbiased variance; what was saved for backward
 * does not depend on the running statistics, so they may change before it. Evaluation: the running
 * statistics. saved[0] is [2, C]: mean, 1/sqrt(variance + epsilon). */
neural_op_infer neural_batch_norm_infer;
neural_op_forward neural_batch_norm_forward;
neural_op_backward neural_batch_norm_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_BATCH_NORM_H_ */
