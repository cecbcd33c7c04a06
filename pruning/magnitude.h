/* Pruning arrays in place, and what is to be known about them. Every function takes `len` numbers
 * (or a matrix [rows, cols]) of f32 or f64 and fails with NEURAL_ERR_NULL_POINTER, _INVALID_DTYPE
 * or _INVALID_ARGUMENT, arrays untouched. Pruned weights become +0. A mask may be NULL; it gets one
 * byte per weight (rows, columns), 1 = kept.
 *
 * After writing into a layer's weights call neural_layer_weights_written. */
#ifndef PRUNING_MAGNITUDE_H_
#define PRUNING_MAGNITUDE_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prunes |w| < threshold; equal ones stay, and so does NaN. *pruned (may be NULL): how many. */
NEURAL_API neural_status neural_prune_magnitude(void *values, neural_dtype dtype, int64_t len,
                                                double threshold, uint8_t *mask, int64_t *pruned);

/* Keeps exactly round(len * keep_ratio) weights, those of largest |w|; of equal ones the first. */
NEURAL_API neural_status neural_prune_top(void *values, neural_dtype dtype, int64_t len,
                                          double keep_ratio, uint8_t *mask, int64_t *pruned);

/* Prunes whole rows, or columns, whose L2 norm is below the threshold. *pruned: how many. */
NEURAL_API neural_status neural_prune_rows(void *values, neural_dtype dtype, int64_t rows,
                                           int64_t cols, double threshold, uint8_t *row_mask,
                                           int64_t *pruned);
NEURAL_API neural_status neural_prune_cols(void *values, neural_dtype dtype, int64_t rows,
                                           int64_t cols, double threshold, uint8_t *col_mask,
                                           int64_t *pruned);

/* The threshold with which neural_prune_magnitude prunes the share `sparsity` in [0, 1] of weights
 * that all differ: of |w| in ascending order the one at floor(len * sparsity); infinity from
 * sparsity 1 on, 0 for no weights. Ties at it survive, so equal weights prune nothing. */
NEURAL_API neural_status neural_prune_threshold(const void *values, neural_dtype dtype, int64_t len,
                                                double sparsity, double *threshold);

/* Weights that are not zero (NaN is not), and the share of those that are; 0 of no weights. */
NEURAL_API neural_status neural_prune_count_nonzero(const void *values, neural_dtype dtype,
                                                    int64_t len, int64_t *count);
NEURAL_API neural_status neural_prune_sparsity(const void *values, neural_dtype dtype, int64_t len,
                                               double *sparsity);

/* Weights whose byte of the mask is 0 become +0. */
NEURAL_API neural_status neural_prune_apply_mask(void *values, neural_dtype dtype, int64_t len,
                                                 const uint8_t *mask);

#ifdef __cplusplus
}
#endif

#endif /* PRUNING_MAGNITUDE_H_ */
