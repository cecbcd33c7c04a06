/* Observers watch the numbers that pass a place of a network and choose a grid for them.
 *
 * They need a fixed amount of memory, however much they see. What a min-max, percentile, entropy
 * or MSE observer has seen is a set: the order of the data and how they were cut into batches do
 * not change the result by a bit, and observers of parts can be merged. */
#ifndef QUANT_OBSERVER_H_
#define QUANT_OBSERVER_H_

#include "quant/quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_observer_kind {
    NEURAL_OBSERVER_MINMAX = 0,
    /* range += averaging * (range of the batch - range); the first batch sets it */
    NEURAL_OBSERVER_MOVING_AVERAGE = 1,
    NEURAL_OBSERVER_CHANNELS = 2,   /* min-max of every channel; wants tensors */
    NEURAL_OBSERVER_PERCENTILE = 3, /* cuts tails off */
    NEURAL_OBSERVER_ENTROPY = 4,    /* least Kullback-Leibler divergence (observer_search.c) */
    NEURAL_OBSERVER_MSE = 5         /* least mean squared error */
} neural_observer_kind;

/* What is 0 has its default. */
typedef struct neural_observer_options {
    neural_observer_kind kind;
    neural_quant_scheme scheme;
    double averaging;  /* in (0, 1]; 0.01 */
    double percentile; /* share of the data that is kept, in (0, 1]; 0.9999 */
    int axis;          /* of the channels */
    int64_t channels;  /* CHANNELS alone: at least 1 */
} neural_observer_options;

typedef struct neural_observer neural_observer;

/* NEURAL_ERR_INVALID_ARGUMENT naming the option, NEURAL_ERR_OUT_OF_MEMORY. */
NEURAL_API neural_status neural_observer_create(const neural_observer_options *options,
                                                neural_observer **out);
NEURAL_API void neural_observer_destroy(neural_observer *observer); /* accepts NULL */

/* Looks at f32 or f64 data; none at all change nothing. NaN, infinities and numbers beyond f32 are
 * refused (NEURAL_ERR_NAN_DETECTED, _INF_DETECTED, _INVALID_ARGUMENT): nothing has been counted
 * then. */
NEURAL_API neural_status neural_observer_observe(neural_observer *observer,
                                                 const neural_tensor *tensor);
NEURAL_API neural_status neural_observer_observe_array(neural_observer *observer, const void *data,
                                                       neural_dtype dtype, int64_t len);

/* The grid for what was seen: out[0 .. neural_observer_channels()). NEURAL_ERR_INVALID_ARGUMENT
 * when nothing was. */
NEURAL_API neural_status neural_observer_params(const neural_observer *observer,
                                                neural_quant_params *out);

/* 1, but for CHANNELS. Elements seen since creation or reset. */
NEURAL_API int64_t neural_observer_channels(const neural_observer *observer);
NEURAL_API int64_t neural_observer_count(const neural_observer *observer);

/* Forgets what was seen. */
NEURAL_API void neural_observer_reset(neural_observer *observer);

/* observer has then seen also what `other`, of the same options, has. Not for MOVING_AVERAGE, whose
 * batches have an order (NEURAL_ERR_INVALID_ARGUMENT). */
NEURAL_API neural_status neural_observer_merge(neural_observer *observer,
                                               const neural_observer *other);

/* "minmax", "moving_average", "channels", "percentile", "entropy", "mse"; and back
 * (NEURAL_ERR_INVALID_ARGUMENT naming the words). */
NEURAL_API const char *neural_observer_kind_name(neural_observer_kind kind);
NEURAL_API neural_status neural_observer_kind_parse(const char *word, neural_observer_kind *out);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OBSERVER_H_ */
