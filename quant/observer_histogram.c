#include "quant/observer_histogram.h"

#include <float.h>
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
        merge_pairs(histogram->side[0], exponent - histogram->exponent);
        merge_pairs(histogram->side[1], exponent - histogram->exponent);
        histogram->exponent = exponent;
    }
}

/* Zeros go to bin 0 of a side and are taken out again: there is no branch on the data. */
#define COUNT(T, magnitude, sign)                                                                  \
    static int64_t count_##T(int64_t side[2][QUANT_BINS], const T *data, int64_t len,              \
                             T per_width) {                                                        \
        int64_t zeros[2] = {0, 0};                                                                 \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const int negative = sign(data[i]) != 0;                                               \
            side[negative][(int)(magnitude(data[i]) * per_width)]++;                               \
            zeros[negative] += data[i] == 0;                                                       \
        }                                                                                          \
        side[0][0] -= zeros[0];                                                                    \
        side[1][0] -= zeros[1];                                                                    \
        return zeros[0] + zeros[1];                                                                \
    }
COUNT(float, fabsf, __builtin_signbitf)
COUNT(double, fabs, __builtin_signbit)
#undef COUNT

/* Numbers of f32 so small that the reciprocal of the width is not one. */
static void count_tiny(quant_histogram *histogram, const float *data, int64_t len) {
    const double per_width = ldexp(1, -histogram->exponent);
    for (int64_t i = 0; i < len; i++) {
        const double x = (double)data[i];
        histogram->zeros += count_double(histogram->side, &x, 1, per_width);
    }
}

void quant_histogram_add(quant_histogram *histogram, const void *data, neural_dtype dtype,
                         int64_t len, double largest) {
    int exponent = SMALLEST + BIN_BITS;
    if (largest > 0) {
        frexp(largest, &exponent); /* largest < 2^exponent */
    }
    widen(histogram, exponent - BIN_BITS);
    if (dtype == NEURAL_DTYPE_F64) {
        const double per_width = ldexp(1, -histogram->exponent);
        histogram->zeros += count_double(histogram->side, data, len, per_width);
    } else if (histogram->exponent > -FLT_MAX_EXP) {
        const float per_width = ldexpf(1, -histogram->exponent);
        histogram->zeros += count_float(histogram->side, data, len, per_width);
    } else {
        count_tiny(histogram, data, len);
    }
}

void quant_histogram_merge(quant_histogram *histogram, const quant_histogram *other) {
    quant_histogram finer = *other;
    widen(&finer, histogram->exponent);
    widen(histogram, finer.exponent);
    histogram->zeros += finer.zeros;
    for (int i = 0; i < QUANT_BINS; i++) {
        histogram->side[0][i] += finer.side[0][i];
        histogram->side[1][i] += finer.side[1][i];
    }
}
