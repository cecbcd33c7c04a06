/* Rules from data: subtractive clustering (Chiu, "Fuzzy model identification based on cluster
 * estimation", 1994) and k-means with the starts of k-means++ (Arthur & Vassilvitskii 2007). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/random.h"
#include "core/base/threads.h"
#include "train/anfis_type.h"

enum { MAX_SUBTRACTIVE_ROWS = 20000, MAX_PASSES = 100, PART = 512 };

/* Chiu's figures: how much wider a found centre suppresses than it attracts, and the shares of the
 * first potential above which a centre is taken, below which the search ends. */
static const double squash = 1.25, accept = 0.5, reject = 0.15;
/* Of k-means, in parts of the range: no term is narrower. */
static const double narrowest = 0.05;

static double distance2(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static neural_status allocate_clusters(int64_t count, int64_t inputs, anfis_clusters *out) {
    int64_t bytes = 0;
    NEURAL_TRY(neural_size_mul(count, inputs, &bytes));
    NEURAL_TRY(neural_size_mul(bytes, (int64_t)sizeof(double), &bytes));
    out->centers = neural_alloc((size_t)bytes);
    out->spreads = out->centers ? neural_alloc((size_t)bytes) : NULL;
    out->count = count;
    return out->spreads ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

/* --- subtractive clustering --- */

typedef struct potentials {
    const double *points; /* [rows, width]: x and y */
    double *potential;    /* [rows] */
    int64_t *found;       /* rows that are centres */
    int64_t rows, width, count;
    double radius;
} potentials;

/* sum over j of exp(-4 |p_i - p_j|^2 / radius^2) */
static void sum_potentials(void *context, int64_t begin, int64_t end) {
    const potentials *p = context;
    const double factor = -4 / (p->radius * p->radius);
    double near[PART];
    for (int64_t i = begin; i < end; i++) {
        p->potential[i] = 0;
        for (int64_t from = 0; from < p->rows; from += PART) {
            const int64_t len = p->rows - from < PART ? p->rows - from : PART;
            for (int64_t j = 0; j < len; j++) {
                near[j] = factor * distance2(p->points + i * p->width,
                                             p->points + (from + j) * p->width, p->width);
            }
            neural_kernels()->exp_f64(near, near, len);
            p->potential[i] += neural_kernels()->sum_f64(near, len);
        }
    }
}

static void suppress(potentials *p, int64_t center) {
    const double wide = squash * p->radius, peak = p->potential[center];
    for (int64_t i = 0; i < p->rows; i++) {
        const double d =
            distance2(p->points + i * p->width, p->points + center * p->width, p->width);
        p->potential[i] -= peak * exp(-4 * d / (wide * wide));
    }
}

/* In the grey range a centre has to lie far from those found. */
static int is_far(const potentials *p, int64_t row, double share) {
    double nearest = INFINITY;
    for (int64_t i = 0; i < p->count; i++) {
        nearest = fmin(nearest, distance2(p->points + row * p->width,
                                          p->points + p->found[i] * p->width, p->width));
    }
    return sqrt(nearest) / p->radius + share >= 1;
}

static int64_t highest(const potentials *p) {
    int64_t best = 0;
    neural_kernels()->argmax_f64(&best, p->potential, 1, p->rows);
    return best;
}

static void find_centers(potentials *p) {
    neural_parallel_for(p->rows, 1 + (1 << 15) / (p->rows * p->width), sum_potentials, p);
    const double first = p->potential[highest(p)];
    for (int64_t tries = 0; tries < p->rows; tries++) {
        const int64_t row = highest(p);
        const double share = p->potential[row] / first;
        if (share < reject) {
            return;
        }
        if (share > accept || is_far(p, row, share)) {
            p->found[p->count++] = row;
            suppress(p, row);
        } else {
            p->potential[row] = 0;
        }
    }
}

static neural_status take_centers(const potentials *p, int64_t inputs, anfis_clusters *out) {
    NEURAL_TRY(allocate_clusters(p->count, inputs, out));
    for (int64_t c = 0; c < p->count; c++) {
        for (int64_t i = 0; i < inputs; i++) {
            out->centers[c * inputs + i] = p->points[p->found[c] * p->width + i];
            out->spreads[c * inputs + i] = p->radius / sqrt(8);
        }
    }
    return NEURAL_OK;
}

static neural_status subtractive(const double *x, const double *y, int64_t rows, int64_t inputs,
                                 int64_t outputs, double radius, anfis_clusters *out) {
    NEURAL_REQUIRE(rows <= MAX_SUBTRACTIVE_ROWS, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "anfis: subtractive clustering of %" PRId64 " rows, expected at most %d", rows,
                   MAX_SUBTRACTIVE_ROWS);
    NEURAL_REQUIRE(radius > 0 && isfinite(radius), NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis: radius is %g, expected a number above 0", radius);
    const int64_t width = inputs + outputs;
    double *points = neural_alloc((size_t)(rows * (width + 2)) * sizeof *points);
    if (!points) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < rows; i++) {
        memcpy(points + i * width, x + i * inputs, (size_t)inputs * sizeof *x);
        memcpy(points + i * width + inputs, y + i * outputs, (size_t)outputs * sizeof *y);
    }
    potentials p = {.points = points,
                    .potential = points + rows * width,
                    .found = (int64_t *)(void *)(points + rows * (width + 1)),
                    .rows = rows,
                    .width = width,
                    .radius = radius};
    find_centers(&p);
    const neural_status status = take_centers(&p, inputs, out);
    neural_free(points);
    return status;
}

/* --- k-means --- */

typedef struct k_means {
    const double *x;
    int64_t rows, inputs, count;
    double *centers; /* [count, inputs] */
    double *sums;    /* [count, inputs] */
    double *nearest; /* [rows]: squared distance to the nearest centre */
    int64_t *owner;  /* [rows] */
    int64_t *size;   /* [count] */
} k_means;

/* Draws a row in proportion to its squared distance from the centres so far. */
static int64_t draw_row(const k_means *k, double uniform) {
    double sum = 0;
    for (int64_t i = 0; i < k->rows; i++) {
        sum += k->nearest[i];
    }
    double rest = uniform * sum;
    for (int64_t i = 0; i < k->rows && sum > 0; i++) {
        rest -= k->nearest[i];
        if (rest < 0) {
            return i;
        }
    }
    const int64_t row = (int64_t)(uniform * (double)k->rows); /* all rows are centres already */
    return row < k->rows ? row : k->rows - 1;
}

static void start_centers(k_means *k, uint64_t seed) {
    const neural_random stream = {.seed = seed, .purpose = NEURAL_RANDOM_INIT};
    for (int64_t i = 0; i < k->rows; i++) {
        k->nearest[i] = 1;
    }
    for (int64_t c = 0; c < k->count; c++) {
        const int64_t row = draw_row(k, neural_random_uniform_f64(&stream, (uint64_t)c));
        double *center = k->centers + c * k->inputs;
        memcpy(center, k->x + row * k->inputs, (size_t)k->inputs * sizeof *center);
        for (int64_t i = 0; i < k->rows; i++) {
            const double d = distance2(k->x + i * k->inputs, center, k->inputs);
            k->nearest[i] = c == 0 || d < k->nearest[i] ? d : k->nearest[i];
        }
    }
}

/* Returns how many rows changed their cluster. */
static int64_t assign(k_means *k) {
    int64_t changed = 0;
    for (int64_t i = 0; i < k->rows; i++) {
        int64_t best = 0;
        double least = INFINITY;
        for (int64_t c = 0; c < k->count; c++) {
            const double d = distance2(k->x + i * k->inputs, k->centers + c * k->inputs, k->inputs);
            if (d < least) {
                least = d;
                best = c;
            }
        }
        changed += k->owner[i] != best;
        k->owner[i] = best;
    }
    return changed;
}

/* To the means of their rows; one without rows stays. */
static void move_centers(k_means *k) {
    memset(k->sums, 0, (size_t)(k->count * k->inputs) * sizeof *k->sums);
    memset(k->size, 0, (size_t)k->count * sizeof *k->size);
    for (int64_t i = 0; i < k->rows; i++) {
        double *sum = k->sums + k->owner[i] * k->inputs;
        k->size[k->owner[i]]++;
        for (int64_t j = 0; j < k->inputs; j++) {
            sum[j] += k->x[i * k->inputs + j];
        }
    }
    for (int64_t i = 0; i < k->count * k->inputs; i++) {
        const int64_t size = k->size[i / k->inputs];
        k->centers[i] = size ? k->sums[i] / (double)size : k->centers[i];
    }
}

/* Root mean square per input of the distance to the nearest other centre, halved. */
static double half_gap(const k_means *k, int64_t c) {
    double least = INFINITY;
    for (int64_t other = 0; other < k->count; other++) {
        if (other != c) {
            least = fmin(least, distance2(k->centers + c * k->inputs,
                                          k->centers + other * k->inputs, k->inputs));
        }
    }
    return isfinite(least) ? sqrt(least / (double)k->inputs) / 2 : 0;
}

/* The standard deviation of the rows, at least half the gap to the next centre. */
static void measure_spreads(k_means *k, double *spreads) {
    memset(k->sums, 0, (size_t)(k->count * k->inputs) * sizeof *k->sums);
    for (int64_t i = 0; i < k->rows * k->inputs; i++) {
        const int64_t at = k->owner[i / k->inputs] * k->inputs + i % k->inputs;
        k->sums[at] += (k->x[i] - k->centers[at]) * (k->x[i] - k->centers[at]);
    }
    for (int64_t c = 0; c < k->count; c++) {
        const double least = fmax(narrowest, half_gap(k, c));
        for (int64_t j = 0; j < k->inputs; j++) {
            const int64_t at = c * k->inputs + j;
            spreads[at] = k->size[c] ? sqrt(k->sums[at] / (double)k->size[c]) : 0;
            spreads[at] = fmax(spreads[at], least);
        }
    }
}

static neural_status run_k_means(k_means *k, uint64_t seed, anfis_clusters *out) {
    NEURAL_TRY(allocate_clusters(k->count, k->inputs, out));
    k->centers = out->centers;
    start_centers(k, seed);
    for (int pass = 0; pass < MAX_PASSES && assign(k) > 0; pass++) {
        move_centers(k);
    }
    measure_spreads(k, out->spreads);
    return NEURAL_OK;
}

static neural_status by_k_means(const double *x, int64_t rows, int64_t inputs, int64_t count,
                                uint64_t seed, anfis_clusters *out) {
    NEURAL_REQUIRE(count >= 1 && count <= rows, NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis: %" PRId64 " clusters of %" PRId64 " rows, expected 1 to as many", count,
                   rows);
    const int64_t doubles = count * inputs + rows, integers = rows + count;
    double *memory = neural_alloc((size_t)(doubles + integers) * sizeof *memory);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    int64_t *owner = (int64_t *)(void *)(memory + doubles);
    k_means k = {.x = x,
                 .rows = rows,
                 .inputs = inputs,
                 .count = count,
                 .sums = memory,
                 .nearest = memory + count * inputs,
                 .owner = owner,
                 .size = owner + rows};
    for (int64_t i = 0; i < rows; i++) {
        owner[i] = -1;
    }
    const neural_status status = run_k_means(&k, seed, out);
    neural_free(memory);
    return status;
}

neural_status anfis_cluster(const double *x, const double *y, int64_t rows, int64_t inputs,
                            int64_t outputs, const neural_anfis_options *options,
                            anfis_clusters *out) {
    return options->partition == NEURAL_ANFIS_SUBTRACTIVE
               ? subtractive(x, y, rows, inputs, outputs, options->radius, out)
               : by_k_means(x, rows, inputs, options->clusters, options->seed, out);
}
