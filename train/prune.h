/* Pruning of whole models: masks on their weights, or channels taken out of their layers. */
#ifndef TRAIN_PRUNE_H_
#define TRAIN_PRUNE_H_

#include "model/model.h"
#include "pruning/method.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_prune_scope {
    NEURAL_PRUNE_SCOPE_AUTO = -1,  /* global for single weights and blocks, else by layer */
    NEURAL_PRUNE_SCOPE_GLOBAL = 0, /* the least of all layers go */
    NEURAL_PRUNE_SCOPE_LAYER = 1   /* the same share of every layer goes */
} neural_prune_scope;

typedef struct neural_prune_options {
    double sparsity; /* share that goes, in [0, 1] */
    neural_prune_method method;
    neural_prune_score score;
    neural_prune_scope scope;
    uint64_t seed; /* of the random score */
    /* Layers that are left alone: "first", "last", or beginnings of names as "3.", with commas
     * between; "none". NULL: "last". */
    const char *exclude;
} neural_prune_options;

/* Masks the weights of Linear and convolution layers, and zeroes what they prune. Biases, norms and
 * embeddings stay; what was pruned before stays pruned. NEURAL_ERR_INVALID_ARGUMENT when nothing is
 * left to prune. */
NEURAL_API neural_status neural_model_prune(neural_model *model,
                                            const neural_prune_options *options);

/* The mask of one weight ("3.weight"), u8 of its shape with 1 = kept, and zeroes what it prunes;
 * NULL takes the mask away. The model keeps a reference. NEURAL_ERR_INVALID_ARGUMENT names a weight
 * that there is not. */
NEURAL_API neural_status neural_model_set_mask(neural_model *model, const char *weight,
                                               neural_tensor *mask);
/* Borrowed; NULL without a mask. */
NEURAL_API neural_tensor *neural_model_mask(const neural_model *model, const char *weight);

/* Takes all masks away: zeros remain, but training may change them. */
NEURAL_API neural_status neural_model_remove_masks(neural_model *model);

/* A smaller model without the share `sparsity` of the channels of every layer whose channels can
 * go, or with global scope of all of them together, each compared with the mean of its layer;
 * every layer keeps one at least. A channel is worth the norm of all weights that make it (or
 * chance); tied channels (residuals, depthwise convolutions) go together, and what reads them gets
 * as many inputs less. `method` is not looked at. The result predicts, trains and is saved as any
 * model. */
NEURAL_API neural_status neural_model_prune_channels(const neural_model *model,
                                                     const neural_prune_options *options,
                                                     neural_model **out);

/* The sparsity of Zhu & Gupta (2017), "To prune, or not to prune": s_f + (s_i - s_f)(1 - p)^3 where
 * p goes from 0 at `begin` to 1 at `end`; s_i = initial before, s_f = last from `end` on. */
NEURAL_API double neural_prune_cubic(double initial, double last, double begin, double end,
                                     double at);

/* A weight with more than one dimension: what it costs. */
typedef struct neural_prune_row {
    char name[NEURAL_PARAMETER_NAME_BYTES];
    int64_t weights, kept;   /* kept: by its mask, without one all */
    int64_t macs, macs_kept; /* multiplications of one row of data */
} neural_prune_row;

/* One row per such weight, in order; free with neural_prune_rows_free. */
NEURAL_API neural_status neural_model_prune_rows(const neural_model *model, neural_prune_row **out,
                                                 int *count);
NEURAL_API void neural_prune_rows_free(neural_prune_row *rows);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_PRUNE_H_ */
