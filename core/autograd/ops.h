/* Differentiable operations on tensors. Inputs are f32 or f64, all of one dtype; each call makes a
 * new tensor with one reference in *out (views share storage) and records itself for backward when
 * an input requires a gradient. Shape errors name both shapes. */
#ifndef CORE_AUTOGRAD_OPS_H_
#define CORE_AUTOGRAD_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- elementwise with NumPy broadcasting --- */
NEURAL_API neural_status neural_add(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);
NEURAL_API neural_status neural_sub(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);
NEURAL_API neural_status neural_mul(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);
NEURAL_API neural_status neural_div(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);
NEURAL_API neural_status neural_maximum(neural_tensor *lhs, neural_tensor *rhs,
                                        neural_tensor **out); /* ties: half the gradient each */
NEURAL_API neural_status neural_minimum(neural_tensor *lhs, neural_tensor *rhs,
                                        neural_tensor **out);
NEURAL_API neural_status neural_affine(neural_tensor *x, double alpha, double beta,
                                       neural_tensor **out); /* alpha x + beta */

/* --- unary --- */
NEURAL_API neural_status neural_neg(neural_tensor *x, neural_tensor **out);
NEURAL_API neural_status neural_abs(neural_tensor *x, neural_tensor **out); /* gradient 0 at 0 */
NEURAL_API neural_status neural_square(neural_tensor *x, neural_tensor **out);
NEURAL_API neural_status neural_sqrt(neural_tensor *x, neural_tensor **out);
NEURAL_API neural_status neural_exp(neural_tensor *x, neural_tensor **out);
NEURAL_API neural_status neural_log(neural_tensor *x, neural_tensor **out);

/* --- activations --- */
NEURAL_API neural_status neural_relu(neural_tensor *x,
                                     neural_tensor **out); /* max(x, 0); gradient 0 at 0 */
NEURAL_API neural_status neural_leaky_relu(neural_tensor *x, double alpha,
                                           neural_tensor **out); /* x > 0 ? x : alpha x */
NEURAL_API neural_status neural_sigmoid(neural_tensor *x, neural_tensor **out); /* 1 / (1 + e^-x) */
NEURAL_API neural_status neural_tanh(neural_tensor *x, neural_tensor **out);
NEURAL_API neural_status neural_gelu(neural_tensor *x,
                                     neural_tensor **out); /* x/2 (1 + erf(x/sqrt 2)) */
NEURAL_API neural_status neural_gelu_tanh(
    neural_tensor *x, neural_tensor **out); /* x/2 (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3))) */
NEURAL_API neural_status neural_silu(neural_tensor *x,
                                     neural_tensor **out); /* x sigmoid(x), also called swish */
NEURAL_API neural_status neural_elu(neural_tensor *x, double alpha,
                                    neural_tensor **out); /* x > 0 ? x : alpha (e^x - 1) */
NEURAL_API neural_status neural_selu(neural_tensor *x,
                                     neural_tensor **out); /* Klambauer et al. 2017, lambda * elu */
NEURAL_API neural_status neural_mish(neural_tensor *x,
                                     neural_tensor **out); /* x tanh(softplus(x)) */
NEURAL_API neural_status neural_hardswish(neural_tensor *x,
                                          neural_tensor **out); /* x clamp(x + 3, 0, 6) / 6 */
NEURAL_API neural_status neural_hardsigmoid(neural_tensor *x,
                                            neural_tensor **out); /* clamp(x + 3, 0, 6) / 6 */
NEURAL_API neural_status neural_softplus(neural_tensor *x, neural_tensor **out); /* log(1 + e^x) */
NEURAL_API neural_status neural_hardtanh(neural_tensor *x, double low, double high,
                                         neural_tensor **out); /* clamp */
/* x * mask / (1 - p), mask from Philox(seed, step, index); p in [0, 1). p = 1 gives zeros. */
NEURAL_API neural_status neural_dropout(neural_tensor *x, double p, uint64_t seed, uint64_t step,
                                        neural_tensor **out);

/* The same for whole channels of x [N, C, ...]: the mask has one draw per plane. */
NEURAL_API neural_status neural_dropout2d(neural_tensor *x, double p, uint64_t seed, uint64_t step,
                                          neural_tensor **out);

/* --- along an axis (negative counts from the end) --- */
NEURAL_API neural_status neural_softmax(neural_tensor *x, int axis,
                                        neural_tensor **out); /* e^x / sum e^x */
NEURAL_API neural_status neural_log_softmax(neural_tensor *x, int axis, neural_tensor **out);

/* Over `axis`, or over everything with NEURAL_ALL_AXES; keepdim leaves a size of 1. The gradient of
 * max and min goes to the first of equal elements. */
#define NEURAL_ALL_AXES 127
NEURAL_API neural_status neural_sum(neural_tensor *x, int axis, int keepdim, neural_tensor **out);
NEURAL_API neural_status neural_mean(neural_tensor *x, int axis, int keepdim, neural_tensor **out);
NEURAL_API neural_status neural_max(neural_tensor *x, int axis, int keepdim, neural_tensor **out);
NEURAL_API neural_status neural_min(neural_tensor *x, int axis, int keepdim, neural_tensor **out);

/* --- products --- */
/* [.., m, k] x [.., k, n] -> [.., m, n]; leading dimensions broadcast; 1-dim operands as NumPy's.
 */
NEURAL_API neural_status neural_matmul(neural_tensor *lhs, neural_tensor *rhs, neural_tensor **out);
/* y = x W^T + b: x [.., in], weight [out, in], bias [out] or NULL -> [.., out]. */
NEURAL_API neural_status neural_linear(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                       neural_tensor **out);
/* relu(x W^T + b), in one pass. */
NEURAL_API neural_status neural_linear_relu(neural_tensor *x, neural_tensor *weight,
                                            neural_tensor *bias, neural_tensor **out);

/* --- views --- */
NEURAL_API neural_status neural_reshape(neural_tensor *x, int ndim, const int64_t *dims,
                                        neural_tensor **out); /* copies if it must */
NEURAL_API neural_status neural_permute(neural_tensor *x, const int *order, neural_tensor **out);
NEURAL_API neural_status neural_transpose(neural_tensor *x, int dim0, int dim1,
                                          neural_tensor **out);
NEURAL_API neural_status neural_slice(neural_tensor *x, int dim, int64_t start, int64_t count,
                                      int64_t step, neural_tensor **out);
NEURAL_API neural_status neural_expand(neural_tensor *x, int ndim, const int64_t *dims,
                                       neural_tensor **out);

/* --- losses: 0-dim mean over the batch --- */
/* mean((prediction - target)^2) over all elements. */
NEURAL_API neural_status neural_mse_loss(neural_tensor *prediction, neural_tensor *target,
                                         neural_tensor **out);
/* mean_i(-log softmax(logits_i)[target_i]): logits [B, C]; target [B], i64/i32 or float holding
 * integers. A label outside [0, C) is refused with its position. */
NEURAL_API neural_status neural_cross_entropy_loss(neural_tensor *logits, neural_tensor *target,
                                                   neural_tensor **out);
/* mean(-(t log p + (1 - t) log(1 - p))), logs clamped at -100 as PyTorch does; p outside [0, 1] is
 * refused. */
NEURAL_API neural_status neural_bce_loss(neural_tensor *prediction, neural_tensor *target,
                                         neural_tensor **out);
/* mean(softplus(x) - t x), computed without overflow. */
NEURAL_API neural_status neural_bce_with_logits_loss(neural_tensor *logits, neural_tensor *target,
                                                     neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_OPS_H_ */
