/* A histogram of numbers by magnitude whose bins grow with the data.
 *
 * A bin is 2^exponent wide; bin i counts the numbers of one sign with |x| in [i, i + 1) * width.
 * The exponent is the smallest that holds the largest magnitude so far. Doubling the width merges
 * bins in pairs exactly, so the counts depend on the set of numbers alone, not on their order.
 * Zeros are counted apart: they are on every grid. */
#ifndef QUANT_OBSERVER_HISTOGRAM_H_
#define QUANT_OBSERVER_HISTOGRAM_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { QUANT_BINS = 2048 }; /* of each sign */

typedef struct quant_histogram {
    int exponent;
    int64_t zeros;
    int64_t side[2][QUANT_BINS]; /* of the positive numbers, of the negative ones */
} quant_histogram;

void quant_histogram_reset(quant_histogram *histogram);

/* Counts finite data of magnitude at most `largest`, which f32 holds. */
void quant_histogram_add(quant_histogram *histogram, const void *data, neural_dtype dtype,
                         int64_t len, double largest);
void quant_histogram_merge(quant_histogram *histogram, const quant_histogram *other);

double quant_histogram_width(const quant_histogram *histogram); /* of a bin */

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OBSERVER_HISTOGRAM_H_ */
