/* Mini-batches: a walk over row numbers in a sampler's order, the last partial batch included.
 *
 * The order of epoch e is a function of (seed, e) and nothing else: it can be resumed at any batch
 * of any epoch. Reading ahead on the thread pool changes neither order nor bits. */
#ifndef DATA_BATCHES_H_
#define DATA_BATCHES_H_

#include "data/dataset.h"
#include "data/sampler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_batches neural_batches;

typedef struct neural_batches_options {
    int64_t batch_size; /* >= 1 */
    neural_sampling sampling;
    uint64_t seed;
    int prefetch;                /* batches gathered ahead by the pool's workers, 0 ... 64 */
    const double *weights;       /* WEIGHTED: one per row of the walk, */
    const double *class_weights; /* or one per class of the dataset */
} neural_batches_options;

/* rows NULL = all rows of the dataset. The dataset must outlive the walk. shuffle = 0: in order. */
NEURAL_API neural_status neural_batches_create(const neural_dataset *dataset, const int64_t *rows,
                                               int64_t row_count, int64_t batch_size, int shuffle,
                                               uint64_t seed, neural_batches **out);
/* The same with everything to choose. Sampling with replacement draws as many rows an epoch. */
NEURAL_API neural_status neural_batches_create_with(const neural_dataset *dataset,
                                                    const int64_t *rows, int64_t row_count,
                                                    const neural_batches_options *options,
                                                    neural_batches **out);
NEURAL_API void neural_batches_destroy(neural_batches *batches);

/* Batches per epoch: ceil(row_count / batch_size). */
NEURAL_API int64_t neural_batches_count(const neural_batches *batches);

/* Puts the walk in front of batch `batch` of epoch `epoch`. */
NEURAL_API neural_status neural_batches_seek(neural_batches *batches, int64_t epoch, int64_t batch);

/* The next batch as views of buffers that the walk owns and reuses (no allocation in the steady
 * state); valid until the next call. *x = NULL at the end of the epoch. */
NEURAL_API neural_status neural_batches_next(neural_batches *batches, neural_tensor **x,
                                             neural_tensor **y);

#ifdef __cplusplus
}
#endif

#endif /* DATA_BATCHES_H_ */
