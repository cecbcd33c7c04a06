/* Losses: a prediction and a target in, one number as a 0-dim tensor out. */
#ifndef CORE_TENSOR_LOSS_H_
#define CORE_TENSOR_LOSS_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* attrs.integer[0]: what the sum over the terms is divided by. */
enum {
    NEURAL_REDUCTION_MEAN = 0,       /* their number; of class losses the weight of the labels */
    NEURAL_REDUCTION_SUM = 1,        /* nothing */
    NEURAL_REDUCTION_BATCH_MEAN = 2, /* the number of rows */
    NEURAL_REDUCTION_NONE = 3        /* there is no sum: out holds each element's, or row's, term */
};

/* Prediction and target of one shape and dtype. The sums are double, in order of the elements, from
 * chunks of fixed length, whatever the number of threads. */
neural_op_infer neural_loss_infer;
neural_op_forward neural_mse_loss_forward;
neural_op_backward neural_mse_loss_backward;
neural_op_forward neural_bce_loss_forward;
neural_op_backward neural_bce_loss_backward;
neural_op_forward neural_bce_with_logits_loss_forward;
neural_op_backward neural_bce_with_logits_loss_backward;
neural_op_forward neural_l1_loss_forward;
neural_op_backward neural_l1_loss_backward;
/* attrs.scalar: delta > 0 and the factor s > 0 of all terms (Huber 1964; smooth L1 is s = 1 /
 * delta) */
neural_op_infer neural_huber_loss_infer;
neural_op_forward neural_huber_loss_forward;
neural_op_backward neural_huber_loss_backward;
/* The prediction holds log-probabilities; attrs.integer[1]: so does the target. */
neural_op_forward neural_kl_div_loss_forward;
neural_op_backward neural_kl_div_loss_backward;

/* Logits [B, C] of f32 or f64, labels [B] of i32, i64, f32 or f64, and weights [C] of the classes
 * or NULL. Labels and weights get no gradient. With attrs.integer[1] rows whose label is
 * attrs.integer[2] are left out: their terms and gradients are 0, and no mean counts them. Cross
 * entropy: attrs.scalar[0] is the label smoothing, saved[0] the log-softmax. NLL takes
 * log-probabilities. Focal: attrs.scalar[0] is gamma, the mean is over the rows. */
neural_op_infer neural_class_loss_infer;
neural_op_infer neural_cross_entropy_loss_infer;
neural_op_forward neural_cross_entropy_loss_forward;
neural_op_backward neural_cross_entropy_loss_backward;
neural_op_forward neural_nll_loss_forward;
neural_op_backward neural_nll_loss_backward;
neural_op_infer neural_focal_loss_infer;
neural_op_forward neural_focal_loss_forward;
neural_op_backward neural_focal_loss_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_LOSS_H_ */
