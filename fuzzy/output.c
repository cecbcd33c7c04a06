#include "fuzzy/output.h"

#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "fuzzy/exact.h"
#include "fuzzy/value.h"

static void fill(double *dst, double value, int64_t len) {
    for (int64_t i = 0; i < len; i++) {
        dst[i] = value;
    }
}

/* --- sampled sets --- */

/* Linear and Function terms have other samples in every row. */
static void resample(const neural_fuzzy_system *system, const fuzzy_variable *output, int64_t row) {
    const int64_t n = output->given.resolution;
    const double step = (output->given.maximum - output->given.minimum) / (double)n;
    for (int64_t t = 0; t < output->term_count; t++) {
        const neural_fuzzy_shape shape = output->terms[t].given.shape;
        const int moves = shape == NEURAL_FUZZY_LINEAR || shape == NEURAL_FUZZY_FUNCTION;
        for (int64_t i = 0; moves && i < n; i++) {
            const double x = output->given.minimum + ((double)i + 0.5) * step;
            output->samples[t * n + i] = neural_fuzzy_term_value(system, &output->terms[t], x, row);
        }
    }
}

/* system->set = the samples of the terms, each implied by its degree, aggregated. */
static void aggregate(const neural_fuzzy_system *system, const fuzzy_variable *output,
                      int64_t row) {
    const int64_t n = output->given.resolution;
    fill(system->set, 0, n);
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        const fuzzy_conclusion *c = &output->conclusions[i];
        if (c->degrees[row] == 0 || !c->is_reached) {
            continue;
        }
        fill(system->level, c->degrees[row], n);
        neural_fuzzy_combine_all(c->implication, system->clipped, output->samples + c->term * n,
                                 system->level, n);
        neural_fuzzy_combine_all(output->given.aggregation, system->set, system->set,
                                 system->clipped, n);
    }
}

static double sampled(const neural_fuzzy_system *system, const fuzzy_variable *output,
                      int64_t row) {
    const neural_fuzzy_variable *given = &output->given;
    if (output->has_moving_terms) {
        resample(system, output, row);
    }
    aggregate(system, output, row);
    return neural_fuzzy_defuzzify(given->defuzzifier, system->set, given->resolution,
                                  given->minimum, given->maximum);
}

/* Centroid under Maximum, all conclusions clipped or all scaled: the degrees of a term's
 * conclusions act as their maximum, and the rows stand in the lanes of a kernel. */
static void group_degrees(fuzzy_variable *output, int64_t rows) {
    const neural_kernel_table *kernels = neural_kernels();
    memset(output->grouped, 0, (size_t)output->term_count * FUZZY_ROWS * sizeof(double));
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        const fuzzy_conclusion *c = &output->conclusions[i];
        double *column = output->grouped + c->term * FUZZY_ROWS;
        if (c->is_reached) {
            kernels->maximum_f64(column, column, c->degrees, rows);
        }
    }
}

static void centroids(fuzzy_variable *output, int64_t rows, double *out) {
    const neural_kernel_table *kernels = neural_kernels();
    const neural_fuzzy_set_args args = {output->term_count, output->given.resolution,
                                        FUZZY_ROWS * sizeof(double)};
    double sums[2 * FUZZY_ROWS];
    neural_fuzzy_set_f64 *kernel =
        output->kernel == FUZZY_CLIPS ? kernels->fuzzy_clip_f64 : kernels->fuzzy_scale_f64;
    group_degrees(output, rows);
    kernel(sums, output->grouped, output->table, (rows + 15) / 16 * 16, &args);
    for (int64_t r = 0; r < rows; r++) {
        out[r] = sums[FUZZY_ROWS + r] / sums[r];
    }
}

/* --- weighted --- */

/* SShape and ZShape: of two candidates the one whose membership is nearer to w. */
static double nearer(const neural_fuzzy_term *t, double w, double a, double b) {
    const double *p = t->params;
    const double by_a = neural_fuzzy_membership(t->shape, p, t->count, t->height, a);
    const double by_b = neural_fuzzy_membership(t->shape, p, t->count, t->height, b);
    return fabs(w - by_a) < fabs(w - by_b) ? a : b;
}

/* Tsukamoto's z as fuzzylite 6 computes it. Three of its formulas are not the inverse: Concave
 * takes the membership of the degree for the degree, and half of SShape and of ZShape lies mirrored
 * beyond the end. They are kept, so that a system gives the same numbers here and there. */
static double tsukamoto(const neural_fuzzy_variable *given, const neural_fuzzy_term *t, double w) {
    const double *p = t->params;
    const double width = p[1] - p[0], half = w / t->height / 2;
    if (t->shape == NEURAL_FUZZY_S_SHAPE) {
        return nearer(t, w, p[0] + width * sqrt(half), p[1] + width * sqrt(0.5 - half));
    }
    if (t->shape == NEURAL_FUZZY_Z_SHAPE) {
        return nearer(t, w, p[0] + width * sqrt(0.5 - half), p[1] + width * sqrt(half));
    }
    if (t->shape == NEURAL_FUZZY_CONCAVE) {
        w = neural_fuzzy_membership(t->shape, p, t->count, t->height, w);
    }
    return neural_fuzzy_tsukamoto(t->shape, p, t->count, t->height, w, given->minimum,
                                  given->maximum);
}

/* z of a conclusion of degree w. */
static double z_of(const neural_fuzzy_system *system, const fuzzy_variable *output,
                   const fuzzy_term *term, neural_fuzzy_inference inference, double w,
                   int64_t row) {
    const neural_fuzzy_term *t = &term->given;
    if (inference == NEURAL_FUZZY_TAKAGI_SUGENO || !neural_fuzzy_shape_is_monotonic(t->shape)) {
        return neural_fuzzy_term_value(system, term, w, row);
    }
    if (inference == NEURAL_FUZZY_INVERSE) {
        return neural_fuzzy_tsukamoto(t->shape, t->params, t->count, t->height, w,
                                      output->given.minimum, output->given.maximum);
    }
    return tsukamoto(&output->given, t, w);
}

static double weighted(const neural_fuzzy_system *system, const fuzzy_variable *output,
                       int64_t row) {
    const neural_fuzzy_variable *given = &output->given;
    neural_fuzzy_inference inference = given->inference;
    double sum = 0, weights = 0;
    for (int64_t i = 0; i < output->conclusion_count; i++) {
        const fuzzy_conclusion *c = &output->conclusions[i];
        const neural_fuzzy_term *t = &output->terms[c->term].given;
        const double w = c->degrees[row];
        if (w == 0 || !c->is_reached) {
            continue;
        }
        if (inference == NEURAL_FUZZY_AUTOMATIC) {
            inference = neural_fuzzy_shape_is_monotonic(t->shape) ? NEURAL_FUZZY_TSUKAMOTO
                                                                  : NEURAL_FUZZY_TAKAGI_SUGENO;
        }
        sum += w * z_of(system, output, &output->terms[c->term], inference, w, row);
        weights += w;
    }
    return given->defuzzifier == NEURAL_FUZZY_WEIGHTED_SUM ? sum : sum / weights;
}

/* --- all of them --- */

static double concluded(const neural_fuzzy_system *system, const fuzzy_variable *output,
                        int64_t row) {
    if (neural_fuzzy_defuzzifier_is_sampled(output->given.defuzzifier)) {
        return sampled(system, output, row);
    }
    if (output->given.defuzzifier == NEURAL_FUZZY_EXACT_CENTROID) {
        return neural_fuzzy_exact_centroid(system, output, row);
    }
    return weighted(system, output, row);
}

static double without_rule(const fuzzy_variable *output) {
    const neural_fuzzy_variable *given = &output->given;
    return given->locks_previous && isfinite(output->previous) ? output->previous
                                                               : given->default_value;
}

void neural_fuzzy_output_values(neural_fuzzy_system *system, fuzzy_variable *output, int64_t rows) {
    const neural_fuzzy_variable *given = &output->given;
    if (given->is_disabled) {
        fill(output->values, NAN, rows);
        return;
    }
    if (output->kernel) {
        centroids(output, rows, system->row_values);
    }
    for (int64_t r = 0; r < rows; r++) {
        const double set = output->kernel     ? system->row_values[r]
                           : output->fired[r] ? concluded(system, output, r)
                                              : 0;
        double value = output->fired[r] ? set : without_rule(output);
        if (given->locks_range && value < given->minimum) {
            value = given->minimum;
        }
        if (given->locks_range && value > given->maximum) {
            value = given->maximum;
        }
        output->values[r] = value;
        output->previous = isfinite(value) ? value : output->previous;
    }
}
