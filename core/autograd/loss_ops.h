/* Losses with all that may be set; the means of mse, cross entropy and bce are in ops.h, too.
 * Formulas and defaults are PyTorch's. */
#ifndef CORE_AUTOGRAD_LOSS_OPS_H_
#define CORE_AUTOGRAD_LOSS_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the sum over the terms is divided by: their number (of class losses with weights the sum of
 * the labels' weights), nothing, or the number of rows; the result is 0-dim. NONE: the terms
 * themselves, of the prediction's shape, or of classes [B]. */
typedef enum neural_reduction {
    NEURAL_REDUCE_MEAN = 0,
    NEURAL_REDUCE_SUM = 1,
    NEURAL_REDUCE_BATCH_MEAN = 2,
    NEURAL_REDUCE_NONE = 3
} neural_reduction;

/* --- of values: prediction and target of one shape and dtype --- */

/* (p - t)^2 */
NEURAL_API neural_status neural_mse_loss_with(neural_tensor *prediction, neural_tensor *target,
                                              neural_reduction reduction, neural_tensor **out);
/* -(t log p + (1 - t) log(1 - p)) of p in [0, 1], logarithms at least -100. */
NEURAL_API neural_status neural_bce_loss_with(neural_tensor *prediction, neural_tensor *target,
                                              neural_reduction reduction, neural_tensor **out);
/* The same of p = sigmoid(x): softplus(x) - t x. */
NEURAL_API neural_status neural_bce_with_logits_loss_with(neural_tensor *logits,
                                                          neural_tensor *target,
                                                          neural_reduction reduction,
                                                          neural_tensor **out);
/* |p - t|; gradient 0 where they are equal. */
NEURAL_API neural_status neural_l1_loss(neural_tensor *prediction, neural_tensor *target,
                                        neural_reduction reduction, neural_tensor **out);
/* d = p - t: |d| <= delta ? d^2 / 2 : delta (|d| - delta / 2), delta > 0 (Huber 1964). */
NEURAL_API neural_status neural_huber_loss(neural_tensor *prediction, neural_tensor *target,
                                           double delta, neural_reduction reduction,
                                           neural_tensor **out);
/* |d| < beta ? d^2 / (2 beta) : |d| - beta / 2 (Girshick 2015); beta = 0 is l1. */
NEURAL_API neural_status neural_smooth_l1_loss(neural_tensor *prediction, neural_tensor *target,
                                               double beta, neural_reduction reduction,
                                               neural_tensor **out);
/* t (log t - x) of log-probabilities x and probabilities t, 0 log 0 = 0; with log_target the target
 * holds logarithms, too: e^t (t - x). NEURAL_REDUCE_BATCH_MEAN gives the divergence of
 * distributions in rows. */
NEURAL_API neural_status neural_kl_div_loss(neural_tensor *log_prediction, neural_tensor *target,
                                            int log_target, neural_reduction reduction,
                                            neural_tensor **out);

/* --- of classes: logits [B, C], target [B] as in neural_cross_entropy_loss, weights [C] of the
 * classes (of the logits' dtype) or NULL --- */

/* Rows with this label, which need not be a class, are left out of sum, mean and gradient
 * (PyTorch's ignore_index); NEURAL_IGNORE_NONE: there are none. */
#define NEURAL_IGNORE_NONE INT64_MIN

/* -sum_c w_c ((1 - s) [c = y] + s / C) log softmax(logits)[c], label smoothing s in [0, 1]
 * (Szegedy et al. 2016). */
NEURAL_API neural_status neural_cross_entropy_loss_with(
    neural_tensor *logits, neural_tensor *target, neural_tensor *weights, double label_smoothing,
    int64_t ignore_index, neural_reduction reduction, neural_tensor **out);
/* -w_y log_p[y] */
NEURAL_API neural_status neural_nll_loss(neural_tensor *log_p, neural_tensor *target,
                                         neural_tensor *weights, int64_t ignore_index,
                                         neural_reduction reduction, neural_tensor **out);
/* -w_y (1 - p)^gamma log p, p = softmax(logits)[y], gamma >= 0; the mean is over the rows (Lin et
 * al. 2017). */
NEURAL_API neural_status neural_focal_loss(neural_tensor *logits, neural_tensor *target,
                                           neural_tensor *weights, double gamma,
                                           neural_reduction reduction, neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_LOSS_OPS_H_ */
