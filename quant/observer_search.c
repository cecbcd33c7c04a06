#include "quant/observer_search.h"

#include <math.h>

enum { CUTS = 256, END_CUTS = 128, ROUNDS = 2 };

static int64_t sum_counts(const int64_t *counts) {
    int64_t sum = 0;
    for (int i = 0; i < QUANT_BINS; i++) {
        sum += counts[i];
    }
    return sum;
}

/* Bins up to the last that is not empty. */
static int used_bins(const int64_t *counts) {
    int used = QUANT_BINS;
    while (used > 0 && !counts[used - 1]) {
        used--;
    }
    return used;
}

static void fold_signs(const quant_histogram *histogram, int64_t *counts) {
    for (int i = 0; i < QUANT_BINS; i++) {
        counts[i] = histogram->side[0][i] + histogram->side[1][i];
    }
}

static void cut(double magnitude, double *min, double *max) {
    *min = fmax(*min, -magnitude);
    *max = fmin(*max, magnitude);
}

/* The magnitude beyond which `tail` numbers of counts lie, in bins. */
static double tail_begin(const int64_t *counts, double tail) {
    int i = used_bins(counts);
    double beyond = 0;
    while (i > 0 && beyond + (double)counts[i - 1] <= tail) {
        beyond += (double)counts[--i];
    }
    return i ? (double)i - (tail - beyond) / (double)counts[i - 1] : 0;
}

void quant_search_percentile(const quant_histogram *histogram, neural_quant_scheme scheme,
                             double kept, double *min, double *max) {
    int64_t counts[QUANT_BINS];
    fold_signs(histogram, counts);
    const double width = quant_histogram_width(histogram);
    const double tail = (1 - kept) * (double)(sum_counts(counts) + histogram->zeros);
    if (scheme == NEURAL_QUANT_S8_SYMMETRIC) {
        cut(tail_begin(counts, tail) * width, min, max);
    } else {
        *min = fmax(*min, -tail_begin(histogram->side[1], tail / 2) * width);
        *max = fmin(*max, tail_begin(histogram->side[0], tail / 2) * width);
    }
}

/* --- entropy --- */

/* The divergence of the cut after `bins` bins (see the header); `inside` of `total` numbers are in
 * them. Both sums of P and Q are over the same bins, which the logarithms share. */
static double divergence(const int64_t *counts, int bins, int levels, int64_t inside,
                         int64_t total) {
    const int64_t outside = total - inside;
    if (inside == 0 || (outside > 0 && counts[bins - 1] == 0)) {
        return INFINITY;
    }
    double sum = 0;
    int bin = 0;
    for (int level = 0; level < levels; level++) {
        const int end = (int)(((int64_t)(level + 1) * bins + levels - 1) / levels);
        int64_t group = 0, filled = 0;
        for (int i = bin; i < end; i++) {
            group += counts[i];
            filled += counts[i] > 0;
        }
        const double q = filled ? (double)group / (double)filled / (double)inside : 0;
        for (; bin < end; bin++) {
            const int64_t count = counts[bin] + (bin == bins - 1 ? outside : 0);
            const double p = (double)count / (double)total;
            sum += count ? p * log(p / q) : 0;
        }
    }
    return sum;
}

void quant_search_entropy(const quant_histogram *histogram, neural_quant_scheme scheme, double *min,
                          double *max) {
    int64_t counts[QUANT_BINS];
    fold_signs(histogram, counts);
    const int one_sided = *min == 0 || *max == 0;
    const int levels = scheme != NEURAL_QUANT_S8_SYMMETRIC && one_sided ? 256 : 128;
    const int used = used_bins(counts);
    const int64_t total = sum_counts(counts);
    int64_t inside = total;
    double best = INFINITY;
    int best_bins = used;
    for (int bins = used; bins >= levels; inside -= counts[--bins]) {
        const double found = divergence(counts, bins, levels, inside, total);
        if (found < best) {
            best = found;
            best_bins = bins;
        }
    }
    cut(best_bins * quant_histogram_width(histogram), min, max);
}

/* --- mean squared error; numbers in units of the scale --- */

/* Integral of (t - round(t))^2 from 0 to u >= 0. */
static double rounding_integral(double u) {
    const double nearest = floor(u + 0.5), rest = u - nearest;
    return nearest / 12 + rest * rest * rest / 3;
}

/* The same to the grid 0 ... last. */
static double grid_integral(double u, double last) {
    if (u <= last) {
        return rounding_integral(u);
    }
    const double beyond = u - last;
    return rounding_integral(last) + beyond * beyond * beyond / 3;
}

/* Sum of the squared errors of the numbers in counts on the grid 0 ... last, in scales. */
static double side_error(const int64_t *counts, int used, double bin, double last) {
    double sum = 0, before = 0;
    for (int i = 0; i < used; i++) {
        const double upto = grid_integral((i + 1) * bin, last);
        sum += (double)counts[i] * (upto - before) / bin;
        before = upto;
    }
    return sum;
}

typedef struct mse_search {
    const quant_histogram *histogram;
    int used_negative, used_positive;
    neural_quant_scheme scheme;
} mse_search;

static double range_error(const mse_search *search, double min, double max) {
    neural_quant_params grid;
    if (neural_quant_params_choose(min, max, search->scheme, &grid)) {
        return INFINITY;
    }
    const double bin = quant_histogram_width(search->histogram) / grid.scale;
    const double below = grid.zero_point - neural_quant_low(grid.scheme);
    const double above = neural_quant_high(grid.scheme) - grid.zero_point;
    return grid.scale * grid.scale *
           (side_error(search->histogram->side[1], search->used_negative, bin, below) +
            side_error(search->histogram->side[0], search->used_positive, bin, above));
}

/* Both ends, or one of them, at the best fraction of where they are; of equals the widest. */
static void search_ends(const mse_search *search, int cuts, int move_min, int move_max, double *min,
                        double *max) {
    const double from_min = *min, from_max = *max;
    double best = INFINITY;
    for (int i = cuts; i > 0; i--) {
        const double fraction = (double)i / cuts;
        const double low = move_min ? from_min * fraction : from_min;
        const double high = move_max ? from_max * fraction : from_max;
        const double found = range_error(search, low, high);
        if (found < best) {
            best = found;
            *min = low;
            *max = high;
        }
    }
}

void quant_search_mse(const quant_histogram *histogram, neural_quant_scheme scheme, double *min,
                      double *max) {
    const mse_search search = {histogram, used_bins(histogram->side[1]),
                               used_bins(histogram->side[0]), scheme};
    if (scheme == NEURAL_QUANT_S8_SYMMETRIC) {
        const double magnitude = fmax(-*min, *max);
        double low = -magnitude, high = magnitude;
        search_ends(&search, CUTS, 1, 1, &low, &high);
        cut(high, min, max);
        return;
    }
    const double full_min = *min, full_max = *max;
    for (int round = 0; round < ROUNDS; round++) {
        *max = full_max;
        search_ends(&search, END_CUTS, 0, 1, min, max);
        *min = full_min;
        search_ends(&search, END_CUTS, 1, 0, min, max);
    }
}
