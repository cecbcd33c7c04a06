/* What losses of class labels share. Only for losses. */
#ifndef CORE_TENSOR_CLASS_LOSS_H_
#define CORE_TENSOR_CLASS_LOSS_H_

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/tensor/loss_scalar.h"
#include "core/tensor/storage.h"

/* The inputs of a class loss, read and checked: scores [rows, classes] (contiguous), the label of
 * each row, the weight of each class (NULL: all 1). */
typedef struct neural_class_loss {
    neural_tensor *scores, *weights;
    neural_block *home;
    const int64_t *label; /* -1: the row is left out */
    int64_t rows, classes;
    int64_t left_out; /* rows */
    double divisor;   /* of the reduction: the weights of the labels, when `weighted` */
} neural_class_loss;

/* Refuses a label that is no class, with its position. weighted: a mean is by weight, not by row.
 */
neural_status neural_class_loss_open(const neural_op_call *call, int weighted,
                                     neural_class_loss *out);
void neural_class_loss_close(neural_class_loss *loss);

/* Weight of class c. */
double neural_class_loss_weight(const neural_class_loss *loss, int64_t c);
/* Term `row` is added to *sum, or written to call->out where terms are kept; and the end of that.
 */
void neural_class_loss_add(neural_op_call *call, int64_t row, double term, double *sum);
void neural_class_loss_finish(neural_op_call *call, const neural_class_loss *loss, double sum);
/* By what the gradient of term `row` is multiplied; 0 where the row is left out. */
double neural_class_loss_scale(const neural_op_call *call, const neural_class_loss *loss,
                               int64_t row);

/* Element [row, c] of a contiguous tensor of the scores' shape. */
double neural_class_loss_at(const neural_class_loss *loss, const neural_tensor *tensor, int64_t row,
                            int64_t c);

/* Labels and weights have no gradient. */
neural_status neural_class_loss_check_grads(const neural_op_call *call);

#endif /* CORE_TENSOR_CLASS_LOSS_H_ */
