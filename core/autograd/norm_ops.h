/* Differentiable normalizations, under the rules of ops.h. gamma and beta may be NULL: 1 and 0. */
#ifndef CORE_AUTOGRAD_NORM_OPS_H_
#define CORE_AUTOGRAD_NORM_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = (x - mean) / sqrt(variance + eps) gamma + beta per channel (Ioffe & Szegedy 2015): x [N, C,
 * ...], the others [C].
 *
 * training: mean and biased variance of the batch, which must have more than one value per channel
 * (NEURAL_ERR_SHAPE_MISMATCH names the shape). running_mean and running_var, unless NULL, become
 * (1 - momentum) running + momentum batch, the variance unbiased. Else they are what x is
 * normalized by. They take no gradient. */
NEURAL_API neural_status neural_batch_norm(neural_tensor *x, neural_tensor *gamma,
                                           neural_tensor *beta, neural_tensor *running_mean,
                                           neural_tensor *running_var, int training,
                                           double momentum, double eps, neural_tensor **out);
/* relu of it, in one pass, with the same bits. */
NEURAL_API neural_status neural_batch_norm_relu(neural_tensor *x, neural_tensor *gamma,
                                                neural_tensor *beta, neural_tensor *running_mean,
                                                neural_tensor *running_var, int training,
                                                double momentum, double eps, neural_tensor **out);

/* The same formula over the last `dims` dimensions of each sample (Ba, Kiros & Hinton 2016); gamma
 * and beta have the shape of those dimensions. */
NEURAL_API neural_status neural_layer_norm(neural_tensor *x, neural_tensor *gamma,
                                           neural_tensor *beta, int dims, double eps,
                                           neural_tensor **out);
/* y = x / sqrt(mean(x^2) + eps) gamma over the last `dims` dimensions (Zhang & Sennrich 2019). */
NEURAL_API neural_status neural_rms_norm(neural_tensor *x, neural_tensor *gamma, int dims,
                                         double eps, neural_tensor **out);
/* The formula over each sample's channels in `groups` equal groups (Wu & He 2018): x [N, C, ...],
 * gamma and beta [C]. */
NEURAL_API neural_status neural_group_norm(neural_tensor *x, neural_tensor *gamma,
                                           neural_tensor *beta, int64_t groups, double eps,
                                           neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_NORM_OPS_H_ */
