/* Masks: which weights are kept. A mask is one byte per weight, 1 = kept and 0 = pruned, as
 * neural_parameter.mask holds them.
 *
 * Weights are matrices [rows, cols] of f32 or f64: the outputs of a layer and what each of them
 * reads (of a convolution: channels times the kernel). A mask that is given with zeros keeps them:
 * pruning more never revives a weight, and pruning to the same sparsity again changes nothing. */
#ifndef PRUNING_MASK_H_
#define PRUNING_MASK_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a block of weights is worth. */
typedef enum neural_prune_score {
    NEURAL_PRUNE_L1 = 0,    /* sum of |w| */
    NEURAL_PRUNE_L2 = 1,    /* sqrt of the sum of w^2 */
    NEURAL_PRUNE_RANDOM = 2 /* a draw of Philox(seed, PRUNE) per block, in order */
} neural_prune_score;
enum { NEURAL_PRUNE_SCORES = 3 };

/* A matrix and the blocks that are pruned as one: 1 x 1 single weights, 1 x cols rows, rows x 1
 * columns, 16 x 1 what sparse kernels want. Blocks at the edges are smaller. */
typedef struct neural_prune_part {
    const void *values; /* of the dtype */
    neural_dtype dtype;
    int64_t rows, cols, block_rows, block_cols;
    uint8_t *mask; /* [rows, cols], all 1 at first */
} neural_prune_part;

/* Prunes the least of all parts' blocks together (of one part alone: per layer): exactly
 * round(sparsity * blocks) of them are pruned afterwards, or as many as were before if those are
 * more. Of equal blocks the later ones go; one with a NaN counts as the largest. With one seed the
 * random choice of a smaller sparsity is part of that of a larger. sparsity in [0, 1].
 * NEURAL_ERR_INVALID_ARGUMENT, _INVALID_DTYPE, _TENSOR_TOO_LARGE name the part; masks are then as
 * they were. */
NEURAL_API neural_status neural_mask_blocks(const neural_prune_part *part, int count,
                                            neural_prune_score score, uint64_t seed,
                                            double sparsity);

/* N:M sparsity (Mishra et al. 2021; 2:4, 4:8): in every row the n largest |w| of each m neighbours
 * are kept, of equal ones the first. The last group of a row may be shorter. 1 <= n <= m. */
NEURAL_API neural_status neural_mask_n_of_m(const void *values, neural_dtype dtype, int64_t rows,
                                            int64_t cols, int64_t n, int64_t m, uint8_t *mask);
/* 1 when no such group keeps more than n. */
NEURAL_API int neural_mask_is_n_of_m(const uint8_t *mask, int64_t rows, int64_t cols, int64_t n,
                                     int64_t m);

/* How many weights are kept. */
NEURAL_API int64_t neural_mask_count(const uint8_t *mask, int64_t len);

#ifdef __cplusplus
}
#endif

#endif /* PRUNING_MASK_H_ */
