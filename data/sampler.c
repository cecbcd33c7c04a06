#include "data/sampler.h"

#include <inttypes.h>
#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/threads.h"

enum { DRAWS = 2048 /* uniform numbers made at a time */ };

struct neural_sampler {
    neural_sampling kind;
    int64_t len;
    uint64_t seed;
    /* WEIGHTED: position k is kept below keep[k], else alias[k] is taken */
    double *keep;
    int64_t *alias;
    /* BALANCED: the classes that have rows; class c's positions are member[begin[c] ...] */
    int64_t classes;
    int64_t *begin, *member;
};

/* --- tables --- */

static neural_status sum_weights(const neural_sampler *sampler, const double *weights,
                                 double *out) {
    double sum = 0.0;
    NEURAL_REQUIRE(weights, NEURAL_ERR_NULL_POINTER, "sampler: weighted needs weights");
    for (int64_t i = 0; i < sampler->len; i++) {
        NEURAL_REQUIRE(weights[i] >= 0.0 && isfinite(weights[i]), NEURAL_ERR_INVALID_ARGUMENT,
                       "sampler: weight %" PRId64 " is %g, expected a finite number >= 0", i,
                       weights[i]);
        sum += weights[i];
    }
    NEURAL_REQUIRE(sum > 0.0 && isfinite(sum), NEURAL_ERR_INVALID_ARGUMENT,
                   "sampler: the weights add up to %g, expected a finite sum above 0", sum);
    *out = sum;
    return NEURAL_OK;
}

/* Vose: each position below the mean is filled up by one above it. `stack` holds the small ones
 * from its bottom and the large ones from its top. */
static void build_alias(neural_sampler *sampler, int64_t *stack) {
    const int64_t len = sampler->len;
    double *keep = sampler->keep;
    int64_t small = 0, large = len;
    for (int64_t i = 0; i < len; i++) {
        sampler->alias[i] = i;
        if (keep[i] < 1.0) {
            stack[small++] = i;
        } else {
            stack[--large] = i;
        }
    }
    while (small > 0 && large < len) {
        const int64_t little = stack[--small], big = stack[large];
        sampler->alias[little] = big;
        keep[big] -= 1.0 - keep[little];
        if (keep[big] < 1.0) {
            large++;
            stack[small++] = big;
        }
    }
    for (; small > 0; small--) {
        keep[stack[small - 1]] = 1.0; /* what rounding left over */
    }
}

static neural_status make_weighted(neural_sampler *sampler, const double *weights) {
    double sum = 0.0;
    NEURAL_TRY(sum_weights(sampler, weights, &sum));
    const size_t len = (size_t)sampler->len;
    int64_t *stack = neural_alloc(len * sizeof *stack);
    sampler->keep = neural_alloc(len * sizeof *sampler->keep);
    sampler->alias = neural_alloc(len * sizeof *sampler->alias);
    if (!stack || !sampler->keep || !sampler->alias) {
        neural_free(stack);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < sampler->len; i++) {
        sampler->keep[i] = weights[i] / sum * (double)sampler->len;
    }
    build_alias(sampler, stack);
    neural_free(stack);
    return NEURAL_OK;
}

static neural_status make_balanced(neural_sampler *sampler, const int64_t *labels,
                                   int64_t classes) {
    NEURAL_REQUIRE(labels && classes >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "sampler: balanced needs class labels");
    sampler->begin = neural_alloc_zeroed(((size_t)classes + 2) * sizeof(int64_t));
    sampler->member = neural_alloc((size_t)sampler->len * sizeof(int64_t));
    if (!sampler->begin || !sampler->member) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    int64_t *begin = sampler->begin;
    for (int64_t i = 0; i < sampler->len; i++) {
        NEURAL_REQUIRE(labels[i] >= 0 && labels[i] < classes, NEURAL_ERR_INVALID_ARGUMENT,
                       "sampler: label %" PRId64 " is outside [0, %" PRId64 ")", labels[i],
                       classes);
        begin[labels[i] + 2]++;
    }
    for (int64_t c = 2; c <= classes + 1; c++) {
        begin[c] += begin[c - 1];
    }
    for (int64_t i = 0; i < sampler->len; i++) {
        sampler->member[begin[labels[i] + 1]++] = i;
    }
    int64_t filled = 0;
    for (int64_t c = 0; c < classes; c++) {
        if (begin[c + 1] > begin[filled]) {
            begin[++filled] = begin[c + 1];
        }
    }
    sampler->classes = filled;
    return NEURAL_OK;
}

neural_status neural_sampler_create(neural_sampling kind, int64_t len, uint64_t seed,
                                    const double *weights, const int64_t *labels, int64_t classes,
                                    neural_sampler **out) {
    int64_t bytes;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "sampler: out is NULL");
    NEURAL_REQUIRE(kind >= NEURAL_SAMPLING_SEQUENTIAL && kind <= NEURAL_SAMPLING_BALANCED,
                   NEURAL_ERR_INVALID_ARGUMENT, "sampler: unknown kind %d", (int)kind);
    NEURAL_REQUIRE(len >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "sampler: expected at least 1 row, found %" PRId64, len);
    NEURAL_TRY(neural_size_mul(len, (int64_t)sizeof(int64_t), &bytes));
    neural_sampler *sampler = neural_alloc_zeroed(sizeof(*sampler));
    if (!sampler) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    sampler->kind = kind;
    sampler->len = len;
    sampler->seed = seed;
    const neural_status status = kind == NEURAL_SAMPLING_WEIGHTED ? make_weighted(sampler, weights)
                                 : kind == NEURAL_SAMPLING_BALANCED
                                     ? make_balanced(sampler, labels, classes)
                                     : NEURAL_OK;
    if (status) {
        neural_sampler_destroy(sampler);
        return status;
    }
    *out = sampler;
    return NEURAL_OK;
}

void neural_sampler_destroy(neural_sampler *sampler) {
    if (sampler) {
        neural_free(sampler->keep);
        neural_free(sampler->alias);
        neural_free(sampler->begin);
        neural_free(sampler->member);
        neural_free(sampler);
    }
}

/* --- draws --- */

/* floor(u * count), and in *rest what is left of u in [0, 1). */
static inline int64_t pick(double u, int64_t count, double *rest) {
    const double at = u * (double)count;
    const int64_t index = (int64_t)at < count ? (int64_t)at : count - 1;
    *rest = at - (double)index;
    return index;
}

static inline int64_t draw_weighted(const neural_sampler *sampler, double u) {
    double rest;
    const int64_t k = pick(u, sampler->len, &rest);
    return rest < sampler->keep[k] ? k : sampler->alias[k];
}

static inline int64_t draw_balanced(const neural_sampler *sampler, double u) {
    double rest, unused;
    const int64_t c = pick(u, sampler->classes, &rest), first = sampler->begin[c];
    return sampler->member[first + pick(rest, sampler->begin[c + 1] - first, &unused)];
}

static void draw(const neural_sampler *sampler, int64_t epoch, int64_t *order) {
    const neural_random stream = {sampler->seed, NEURAL_RANDOM_SAMPLE, (uint64_t)epoch};
    double u[DRAWS];
    for (int64_t begin = 0; begin < sampler->len; begin += DRAWS) {
        const int64_t left = sampler->len - begin, count = left < DRAWS ? left : DRAWS;
        neural_kernels()->uniform_f64(u, count, &stream, (uint64_t)begin / 2, 0.0, 1.0);
        for (int64_t i = 0; i < count; i++) {
            order[begin + i] = sampler->kind == NEURAL_SAMPLING_WEIGHTED
                                   ? draw_weighted(sampler, u[i])
                                   : draw_balanced(sampler, u[i]);
        }
    }
}

neural_status neural_sampler_order(const neural_sampler *sampler, int64_t epoch, int64_t *order) {
    NEURAL_REQUIRE(sampler && order, NEURAL_ERR_NULL_POINTER, "sampler: sampler or order is NULL");
    NEURAL_REQUIRE(epoch >= 0, NEURAL_ERR_INVALID_ARGUMENT, "sampler: epoch is %" PRId64, epoch);
    if (sampler->kind >= NEURAL_SAMPLING_WEIGHTED) {
        const neural_fp_state state = neural_fp_enter();
        draw(sampler, epoch, order);
        neural_fp_leave(state);
        return NEURAL_OK;
    }
    for (int64_t i = 0; i < sampler->len; i++) {
        order[i] = i;
    }
    if (sampler->kind == NEURAL_SAMPLING_RANDOM) {
        const neural_random stream = {sampler->seed, NEURAL_RANDOM_SHUFFLE, (uint64_t)epoch};
        neural_random_shuffle(&stream, order, sampler->len);
    }
    return NEURAL_OK;
}
