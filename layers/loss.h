/* Losses by name, and with what may be set of them. */
#ifndef LAYERS_LOSS_H_
#define LAYERS_LOSS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_loss {
    NEURAL_LOSS_MSE = 0,
    NEURAL_LOSS_CROSS_ENTROPY = 1, /* from logits */
    NEURAL_LOSS_BCE = 2,           /* from probabilities */
    NEURAL_LOSS_BCE_WITH_LOGITS = 3,
    NEURAL_LOSS_L1 = 4,
    NEURAL_LOSS_HUBER = 5,
    NEURAL_LOSS_SMOOTH_L1 = 6,
    NEURAL_LOSS_KL_DIV = 7, /* from log-probabilities; the mean is over the rows */
    NEURAL_LOSS_NLL = 8,    /* from log-probabilities */
    NEURAL_LOSS_FOCAL = 9,  /* from logits */
    NEURAL_LOSS_COUNT = 10
} neural_loss;

/* What a loss compares its prediction [B, C] with. */
typedef enum neural_loss_target {
    NEURAL_LOSS_TARGET_VALUES = 0,        /* numbers [B, C] */
    NEURAL_LOSS_TARGET_CLASSES = 1,       /* a label per row, [B] */
    NEURAL_LOSS_TARGET_PROBABILITIES = 2, /* [B, C], each element for itself */
    NEURAL_LOSS_TARGET_DISTRIBUTIONS = 3  /* [B, C], probabilities of the classes in each row */
} neural_loss_target;

/* The words are the names above in lower case, also "ce" and "crossentropy" (cross_entropy), "mae"
 * (l1), "kl" (kl_div); case-insensitive. */
NEURAL_API neural_status neural_loss_parse(const char *word, neural_loss *out);
NEURAL_API const char *neural_loss_name(neural_loss loss);
NEURAL_API neural_loss_target neural_loss_target_of(neural_loss loss);

/* A loss with its settings; each is of the losses named behind it and ignored by the others. */
typedef struct neural_criterion {
    neural_loss loss;
    double label_smoothing;       /* cross_entropy: from 0 to 1 */
    double huber_delta;           /* huber: above 0 */
    double smooth_l1_beta;        /* smooth_l1: from 0 */
    double focal_gamma;           /* focal: from 0 */
    neural_tensor *class_weights; /* cross_entropy, nll, focal: [C] of the prediction's dtype, or
                                     NULL = all 1; not owned */
} neural_criterion;

/* No smoothing, no weights, delta 1, beta 1, gamma 2. */
NEURAL_API neural_criterion neural_criterion_default(neural_loss loss);

/* 0-dim mean loss, as the ops of core/autograd/ops.h and loss_ops.h define it. */
NEURAL_API neural_status neural_criterion_apply(const neural_criterion *criterion,
                                                neural_tensor *prediction, neural_tensor *target,
                                                neural_tensor **out);
/* The same with the settings of neural_criterion_default. */
NEURAL_API neural_status neural_loss_apply(neural_loss loss, neural_tensor *prediction,
                                           neural_tensor *target, neural_tensor **out);

/* What the mean over the rows of `target` is divided by: their number, or where a mean is by class
 * weight (cross_entropy, nll) the weight of the labels. The mean over several batches is the mean
 * of theirs by this weight. */
NEURAL_API neural_status neural_criterion_weight(const neural_criterion *criterion,
                                                 const neural_tensor *target, double *out);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LOSS_H_ */
