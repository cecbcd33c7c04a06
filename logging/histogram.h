/* Histograms with TensorFlow's buckets: limits 1e-12 * 1.1^k below 1e20, their negatives, 0, and
 * the largest double at both ends. A value v lies in the first bucket whose limit is above v
 * (core/lib/histogram/histogram.cc). NaN and infinite values are counted, but lie in no bucket and
 * no sum. */
#ifndef LOGGING_HISTOGRAM_H_
#define LOGGING_HISTOGRAM_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Buckets of any kind: bucket i holds count[i] values below limit[i] and not below limit[i - 1]. */
typedef struct neural_buckets {
    double min, max, sum, sum_squares; /* of the values; 0 when there are none */
    double len;                        /* how many they are */
    const double *limit, *count;       /* increasing; >= 0 */
    int64_t buckets;
} neural_buckets;

typedef struct neural_histogram neural_histogram;

/* An empty histogram. */
neural_status neural_histogram_create(neural_histogram **out);
void neural_histogram_destroy(neural_histogram *histogram); /* accepts NULL */
void neural_histogram_reset(neural_histogram *histogram);

void neural_histogram_add_f32(neural_histogram *histogram, const float *src, int64_t len);
void neural_histogram_add_f64(neural_histogram *histogram, const double *src, int64_t len);

/* NaN and infinite values so far. */
int64_t neural_histogram_nonfinite(const neural_histogram *histogram);

/* The buckets so far, runs of empty ones joined as TensorFlow does; without values a single empty
 * one. The arrays are the histogram's, valid until it changes. */
neural_buckets neural_histogram_buckets(neural_histogram *histogram);

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_HISTOGRAM_H_ */
