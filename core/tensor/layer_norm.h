/* Normalization of each sample over its last dimensions. */
#ifndef CORE_TENSOR_LAYER_NORM_H_
#define CORE_TENSOR_LAYER_NORM_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both: attrs.integer[0] = how many last dimensions are normalized (at least 1), attrs.scalar[0] =
 * epsilon; gamma and beta have the shape of those dimensions and may be NULL. out: x's shape.
 * saved[0] is [rows, 2]: mean, rstd.
 *
 * layer_norm (Ba, Kiros & Hinton 2016): in: x, gamma, beta.
 *     y = (x - mean) / sqrt(variance + epsilon) gamma + beta, biased variance
 * rms_norm (Zhang & Sennrich 2019): in: x, gamma.
 *     y = x / sqrt(mean(x^2) + epsilon) gamma */
neural_op_infer neural_layer_norm_infer;
neural_op_forward neural_layer_norm_forward;
neural_op_backward neural_layer_norm_backward;
neural_op_forward neural_rms_norm_forward;
neural_op_backward neural_rms_norm_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_LAYER_NORM_H_ */
