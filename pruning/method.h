/* What is pruned as one, and the words for it. */
#ifndef PRUNING_METHOD_H_
#define PRUNING_METHOD_H_

#include "pruning/mask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights are seen as the matrix [first size, all other sizes]: of Linear [outputs, inputs], of
 * convolutions [channels made, channels read x kernel]. */
typedef enum neural_prune_method {
    NEURAL_PRUNE_WEIGHTS = 0,  /* each weight for itself */
    NEURAL_PRUNE_BLOCKS = 1,   /* 16 outputs x 1 input, as sparse kernels want them */
    NEURAL_PRUNE_ROWS = 2,     /* all weights of an output: a filter */
    NEURAL_PRUNE_COLUMNS = 3,  /* all weights of an input, or of one place of the kernel */
    NEURAL_PRUNE_CHANNELS = 4, /* all weights of an input channel, kernel included */
    NEURAL_PRUNE_2_OF_4 = 5,   /* 2:4, see neural_mask_n_of_m; no sparsity but a half */
    NEURAL_PRUNE_4_OF_8 = 6
} neural_prune_method;
enum { NEURAL_PRUNE_METHODS = 7 };

/* weights, blocks, rows (also filters), columns, channels, 2:4, 4:8; NULL for another number. */
NEURAL_API const char *neural_prune_method_name(neural_prune_method method);
/* By name in any case; NEURAL_ERR_INVALID_ARGUMENT with a suggestion. */
NEURAL_API neural_status neural_prune_method_parse(const char *name, neural_prune_method *out);

/* l1, l2, random. */
NEURAL_API const char *neural_prune_score_name(neural_prune_score score);
NEURAL_API neural_status neural_prune_score_parse(const char *name, neural_prune_score *out);

/* The masks of several parts together by a method: fills in their blocks (block_cols of channels is
 * given by the caller in `block_cols`, the others' is set). N:M looks at no sparsity and no score.
 */
NEURAL_API neural_status neural_prune_masks(neural_prune_part *part, int count,
                                            neural_prune_method method, neural_prune_score score,
                                            uint64_t seed, double sparsity);

#ifdef __cplusplus
}
#endif

#endif /* PRUNING_METHOD_H_ */
