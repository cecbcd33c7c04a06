/* Losses by name. */
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
    NEURAL_LOSS_COUNT = 4
} neural_loss;

/* "mse", "cross_entropy" ("ce", "crossentropy"), "bce", "bce_with_logits"; case-insensitive. */
NEURAL_API neural_status neural_loss_parse(const char *word, neural_loss *out);
NEURAL_API const char *neural_loss_name(neural_loss loss);

/* 0-dim mean loss; prediction [B, C] and target as the ops of core/autograd/ops.h want them. */
NEURAL_API neural_status neural_loss_apply(neural_loss loss, neural_tensor *prediction,
                                           neural_tensor *target, neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LOSS_H_ */
