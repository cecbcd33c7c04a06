/* What all losses share: how terms become the result. Only for losses. */
#ifndef CORE_TENSOR_LOSS_SCALAR_H_
#define CORE_TENSOR_LOSS_SCALAR_H_

#include "core/tensor/loss.h"

/* What the sum over `call`'s terms is divided by; `terms` of them, `rows` rows. */
double neural_loss_divisor(const neural_op_call *call, double terms, double rows);

/* 1 when each term is a result of its own. */
static inline int neural_loss_keeps_terms(const neural_op_call *call) {
    return call->attrs.integer[0] == NEURAL_REDUCTION_NONE;
}

/* Element i of a contiguous tensor of f32 or f64; and setting it. */
double neural_loss_get(const neural_tensor *tensor, int64_t i);
void neural_loss_set(neural_tensor *tensor, int64_t i, double value);

#endif /* CORE_TENSOR_LOSS_SCALAR_H_ */
