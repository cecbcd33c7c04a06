#include "logging/histogram.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"

/* 774 limits from 1e-12 to 1e20, and the largest double; those twice, and 0. */
enum { POSITIVE = 775, LIMITS = 2 * POSITIVE + 1 };

/* A cell holds the positive doubles of one exponent and the first 4 bits of the fraction. It is
 * narrower than a bucket, so that it meets at most one limit. */
enum { CELL_SHIFT = 48, FIRST_EXPONENT = 1023 - 40, LAST_EXPONENT = 1023 + 67 };
enum { FIRST_CELL = FIRST_EXPONENT << 4, CELLS = ((LAST_EXPONENT + 1) << 4) - FIRST_CELL };

struct neural_histogram {
    double limit[LIMITS], count[LIMITS];
    double joined_limit[LIMITS], joined_count[LIMITS];
    uint16_t first[CELLS]; /* positive limits that are not above the cell's smallest value */
    double min, max, sum, sum_squares;
    int64_t len, nonfinite;
};

static void fill_limits(double *limit) {
    double *positive = limit + POSITIVE + 1;
    double value = 1e-12;
    for (int i = 0; i < POSITIVE - 1; i++) {
        positive[i] = value;
        value *= 1.1;
    }
    positive[POSITIVE - 1] = DBL_MAX;
    limit[POSITIVE] = 0;
    for (int i = 0; i < POSITIVE; i++) {
        limit[POSITIVE - 1 - i] = -positive[i];
    }
}

static double cell_start(int cell) {
    const uint64_t bits = (uint64_t)(FIRST_CELL + cell) << CELL_SHIFT;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_cells(neural_histogram *histogram) {
    const double *positive = histogram->limit + POSITIVE + 1;
    uint16_t below = 0;
    for (int cell = 0; cell < CELLS; cell++) {
        while (positive[below] <= cell_start(cell)) {
            below++;
        }
        histogram->first[cell] = below;
    }
}

neural_status neural_histogram_create(neural_histogram **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "histogram_create: out is NULL");
    neural_histogram *histogram = neural_alloc(sizeof(*histogram));
    if (!histogram) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    fill_limits(histogram->limit);
    fill_cells(histogram);
    neural_histogram_reset(histogram);
    *out = histogram;
    return NEURAL_OK;
}

void neural_histogram_destroy(neural_histogram *histogram) {
    neural_free(histogram);
}

void neural_histogram_reset(neural_histogram *histogram) {
    memset(histogram->count, 0, sizeof histogram->count);
    histogram->min = INFINITY;
    histogram->max = -INFINITY;
    histogram->sum = histogram->sum_squares = 0;
    histogram->len = histogram->nonfinite = 0;
}

/* --- counting --- */

/* Positive limits that are not above size > 0. */
static int limits_up_to(const neural_histogram *histogram, double size) {
    const double *positive = histogram->limit + POSITIVE + 1;
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    const int64_t cell = (int64_t)(bits >> CELL_SHIFT) - FIRST_CELL;
    if (cell < 0) {
        return 0;
    }
    const int below = cell < CELLS ? histogram->first[cell] : POSITIVE - 1;
    return below + (positive[below] <= size);
}

/* Limits below a negative value mirror those above its size: a value on a limit belongs to the next
 * bucket on either side of 0. */
static int bucket_of(const neural_histogram *histogram, double value) {
    if (value >= 0) {
        const int bucket = POSITIVE + 1 + (value > 0 ? limits_up_to(histogram, value) : 0);
        return bucket < LIMITS ? bucket : LIMITS - 1;
    }
    const double *positive = histogram->limit + POSITIVE + 1;
    const int up_to = limits_up_to(histogram, -value);
    const int is_limit = up_to > 0 && positive[up_to - 1] == -value;
    return POSITIVE - up_to + is_limit;
}

static void count(neural_histogram *histogram, double value) {
    if (!isfinite(value)) {
        histogram->nonfinite++;
        return;
    }
    histogram->count[bucket_of(histogram, value)]++;
    histogram->min = value < histogram->min ? value : histogram->min;
    histogram->max = value > histogram->max ? value : histogram->max;
    histogram->sum += value;
    histogram->sum_squares += value * value;
    histogram->len++;
}

void neural_histogram_add_f32(neural_histogram *histogram, const float *src, int64_t len) {
    const neural_fp_state state = neural_fp_enter();
    for (int64_t i = 0; i < len; i++) {
        count(histogram, (double)src[i]);
    }
    neural_fp_leave(state);
}

void neural_histogram_add_f64(neural_histogram *histogram, const double *src, int64_t len) {
    const neural_fp_state state = neural_fp_enter();
    for (int64_t i = 0; i < len; i++) {
        count(histogram, src[i]);
    }
    neural_fp_leave(state);
}

int64_t neural_histogram_nonfinite(const neural_histogram *histogram) {
    return histogram->nonfinite;
}

/* --- the result --- */

neural_buckets neural_histogram_buckets(neural_histogram *histogram) {
    int64_t buckets = 0;
    for (int i = 0; i < LIMITS; i++, buckets++) {
        const int is_empty = histogram->count[i] == 0;
        while (is_empty && i + 1 < LIMITS && histogram->count[i + 1] == 0) {
            i++;
        }
        histogram->joined_limit[buckets] = histogram->limit[i];
        histogram->joined_count[buckets] = histogram->count[i];
    }
    const int has_values = histogram->len > 0;
    return (neural_buckets){.min = has_values ? histogram->min : 0,
                            .max = has_values ? histogram->max : 0,
                            .sum = histogram->sum,
                            .sum_squares = histogram->sum_squares,
                            .len = (double)histogram->len,
                            .limit = histogram->joined_limit,
                            .count = histogram->joined_count,
                            .buckets = buckets};
}
