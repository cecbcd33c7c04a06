/* What pointwise losses share: a prediction and a target of one shape. Only for losses. */
#ifndef CORE_TENSOR_LOSS_PAIR_H_
#define CORE_TENSOR_LOSS_PAIR_H_

#include "core/asm/kernel_table.h"
#include "core/tensor/loss.h"
#include "core/tensor/storage.h"

enum { NEURAL_LOSS_CHUNK = 512 }; /* elements: the buffers of a chunk stay in the first cache */

/* Contiguous; attrs are the call's. */
typedef struct neural_loss_pair {
    neural_tensor *prediction, *target;
    const neural_op_attrs *attrs;
} neural_loss_pair;

/* The sum over the terms; the gradients of that sum times `scale`, each NULL when not wanted. */
typedef neural_status neural_loss_sum(const neural_kernel_table *k, const neural_loss_pair *pair,
                                      double *sum);
typedef void neural_loss_grads(const neural_kernel_table *k, const neural_loss_pair *pair,
                               neural_tensor *dp, neural_tensor *dt, double scale);

/* out = the sum, divided as attrs.integer[0] asks; and the gradients of that. */
neural_status neural_loss_reduce(neural_op_call *call, neural_loss_sum *of_f32,
                                 neural_loss_sum *of_f64);
neural_status neural_loss_reduce_grads(neural_op_call *call, neural_loss_grads *of_f32,
                                       neural_loss_grads *of_f64);

/* What the sum over `call`'s terms is divided by; `terms` of them, `rows` rows. */
double neural_loss_divisor(const neural_op_call *call, double terms, double rows);

/* Value of the 0-dim tensor of f32 or f64; and setting it. */
double neural_loss_scalar(const neural_tensor *tensor);
void neural_loss_set_scalar(neural_tensor *tensor, double value);

#endif /* CORE_TENSOR_LOSS_PAIR_H_ */
