/* Losses: a prediction and a target in, the mean over the batch as a 0-dim tensor out. */
#ifndef CORE_TENSOR_LOSS_H_
#define CORE_TENSOR_LOSS_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prediction and target of one shape and dtype. The sums are double, in order of the elements, from
 * chunks of fixed length. */
neural_op_infer neural_loss_infer;
neural_op_forward neural_mse_loss_forward;
neural_op_backward neural_mse_loss_backward;
neural_op_forward neural_bce_loss_forward;
neural_op_backward neural_bce_loss_backward;
neural_op_forward neural_bce_with_logits_loss_forward;
neural_op_backward neural_bce_with_logits_loss_backward;

/* Logits [B, C] of f32 or f64 and labels [B] of i32, i64, f32 or f64. saved[0]: log-softmax. The
 * labels get no gradient. */
neural_op_infer neural_class_loss_infer;
neural_op_forward neural_cross_entropy_loss_forward;
neural_op_backward neural_cross_entropy_loss_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_LOSS_H_ */
