#include "quant/observer_histogram.h"

#include <math.h>
#include <string.h>

enum {
    BIN_BITS = 11,
    SMALLEST = -160 /* bins need not be finer than the smallest number of f32 */
};

void quant_histogram_reset(quant_histogram *histogram) {
    memset(histogram, 0, sizeof(*histogram));
    histogram->exponent = SMALLEST;
}

double quant_histogram_width(const quant_histogram *histogram) {
    return ldexp(1, histogram->exponent);
}

/* Bins 2i and 2i + 1 become bin i, `times` times over. */
static void merge_pairs(int64_t *counts, int times) {
    for (int round = 0; round < times && round < BIN_BITS; round++) {
        for (int i = 0; i < QUANT_BINS / 2; i++) {
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        }
        memset(counts + QUANT_BINS / 2, 0, QUANT_BINS / 2 * sizeof(*counts));
    }
}

static void widen(quant_histogram *histogram, int exponent) {
    if (exponent > histogram->exponent) {
        merge_pairs(histogram->positive, exponent - histogram->exponent);
        merge_pairs(histogram->negative, exponent - histogram->exponent);
        histogram->exponent = exponent;
    }
}

void quant_histogram_add(quant_histogram *histogram, const void *data, neural_dtype dtype,
                         int64_t len, double largest) {
    int exponent = SMALLEST + BIN_BITS;
    if (largest > 0) {
        frexp(largest, &exponent); /* largest < 2^exponent */
    }
    widen(histogram, exponent - BIN_BITS);
    const double per_width = ldexp(1, -histogram->exponent);
    for (int64_t i = 0; i < len; i++) {
        const double x = dtype == NEURAL_DTYPE_F32 ? (double)((const float *)data)[i]
                                                   : ((const double *)data)[i];
        if (x > 0) {
            histogram->positive[(int)(x * per_width)]++;
        } else if (x < 0) {
            histogram->negative[(int)(-x * per_width)]++;
        } else {
            histogram->zeros++;
        }
    }
}

void quant_histogram_merge(quant_histogram *histogram, const quant_histogram *other) {
    quant_histogram finer = *other;
    widen(&finer, histogram->exponent);
    widen(histogram, finer.exponent);
    histogram->zeros += finer.zeros;
    for (int i = 0; i < QUANT_BINS; i++) {
        histogram->positive[i] += finer.positive[i];
        histogram->negative[i] += finer.negative[i];
    }
}
