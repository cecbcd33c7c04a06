/* Samplers: which row comes when.
 *
 * Every draw is a function of (seed, epoch, index) by Philox and of nothing else, so that a run
 * goes on at any batch of any epoch. With replacement: u in [0, 1) is uniform draw `index` (f64) of
 * the stream (seed, SAMPLE, epoch).
 * - SEQUENTIAL: 0, 1, 2, ...
 * - RANDOM: each position once, Fisher-Yates with the stream (seed, SHUFFLE, epoch).
 * - WEIGHTED: with replacement, position i with probability weight_i / sum, by the alias method
 *   (Walker 1977, table by Vose 1991): k = floor(u n), then k or alias_k.
 * - BALANCED: with replacement, every class that has rows equally often and its rows among
 *   themselves: c = floor(u C), then row floor((u C - c) rows_c) of that class. */
#ifndef DATA_SAMPLER_H_
#define DATA_SAMPLER_H_

#include "core/base/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_sampling {
    NEURAL_SAMPLING_SEQUENTIAL = 0,
    NEURAL_SAMPLING_RANDOM = 1,
    NEURAL_SAMPLING_WEIGHTED = 2,
    NEURAL_SAMPLING_BALANCED = 3
} neural_sampling;

typedef struct neural_sampler neural_sampler;

/* `len` positions, len >= 1. WEIGHTED reads len weights, finite, not negative, some positive;
 * BALANCED reads len labels in [0, classes). Both are copied; the other kinds take NULL. */
NEURAL_API neural_status neural_sampler_create(neural_sampling kind, int64_t len, uint64_t seed,
                                               const double *weights, const int64_t *labels,
                                               int64_t classes, neural_sampler **out);
NEURAL_API void neural_sampler_destroy(neural_sampler *sampler); /* accepts NULL */

/* The len positions of an epoch, epoch >= 0. Allocates nothing. */
NEURAL_API neural_status neural_sampler_order(const neural_sampler *sampler, int64_t epoch,
                                              int64_t *order);

#ifdef __cplusplus
}
#endif

#endif /* DATA_SAMPLER_H_ */
