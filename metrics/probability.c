#include "metrics/probability.h"

#include <float.h>
#include <math.h>

#include "core/base/memory.h"
#include "metrics/metric_inputs.h"

/* Both forms of the arguments as one: the probability of each class, the class of each row. */
typedef struct forecast {
    const neural_tensor *probabilities, *targets;
    int64_t rows, classes;
    int is_binary; /* only class 1's probability is stored */
} forecast;

static double probability(const forecast *f, int64_t row, int64_t c) {
    if (!f->is_binary) {
        return metric_at(f->probabilities, row * f->classes + c);
    }
    const double one = metric_at(f->probabilities, row);
    return c ? one : 1 - one;
}

static int64_t class_of(const forecast *f, int64_t row) {
    return f->is_binary ? metric_at(f->targets, row) > 0.5 : metric_labels(f->targets)[row];
}

static neural_status check_range(const neural_tensor *probabilities) {
    for (int64_t i = 0; i < probabilities->len; i++) {
        const double p = metric_at(probabilities, i);
        NEURAL_REQUIRE(p >= 0 && p <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                       "metrics: probability %lld is %g, expected 0 ... 1", (long long)i, p);
    }
    return NEURAL_OK;
}

static neural_status open_forecast(const char *metric, const neural_tensor *probabilities,
                                   const neural_tensor *targets, const double *out, forecast *f) {
    NEURAL_REQUIRE(probabilities && targets && out, NEURAL_ERR_NULL_POINTER,
                   "%s: probabilities, targets and out must be given", metric);
    *f = (forecast){.probabilities = probabilities,
                    .targets = targets,
                    .is_binary = targets->dtype != NEURAL_DTYPE_I64,
                    .classes = 2};
    if (f->is_binary) {
        NEURAL_TRY(metric_check_pair(probabilities, targets));
        NEURAL_TRY(metric_check_no_nan("targets", targets));
        f->rows = targets->len;
    } else {
        NEURAL_TRY(metric_check_rows(probabilities, targets));
        f->rows = probabilities->shape.dim[0];
        f->classes = probabilities->shape.dim[1];
        NEURAL_TRY(metric_check_labels("targets", targets, f->classes));
    }
    NEURAL_TRY(metric_check_some(metric, f->rows));
    return check_range(probabilities);
}

neural_status neural_log_loss(const neural_tensor *probabilities, const neural_tensor *targets,
                              double *out) {
    forecast f;
    NEURAL_TRY(open_forecast("log_loss", probabilities, targets, out, &f));
    const double epsilon =
        probabilities->dtype == NEURAL_DTYPE_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    double loss = 0;
    for (int64_t row = 0; row < f.rows; row++) {
        double sum = 0, own = 0;
        for (int64_t c = 0; c < f.classes; c++) {
            const double p = fmin(fmax(probability(&f, row, c), epsilon), 1 - epsilon);
            sum += p;
            own = c == class_of(&f, row) ? p : own;
        }
        loss -= log(own / sum);
    }
    *out = loss / (double)f.rows;
    return NEURAL_OK;
}

neural_status neural_brier_score(const neural_tensor *probabilities, const neural_tensor *targets,
                                 double *out) {
    forecast f;
    NEURAL_TRY(open_forecast("brier_score", probabilities, targets, out, &f));
    double sum = 0;
    for (int64_t row = 0; row < f.rows; row++) {
        for (int64_t c = f.is_binary; c < f.classes; c++) {
            const double error = probability(&f, row, c) - (c == class_of(&f, row));
            sum += error * error;
        }
    }
    *out = sum / (double)f.rows;
    return NEURAL_OK;
}

typedef struct calibration_bin {
    double confidence; /* sum */
    double gain;       /* correct rows */
} calibration_bin;

/* The largest probability of a row and whether it is that of its class. */
static double confidence_of(const forecast *f, int64_t row, int *is_correct) {
    int64_t best = 0;
    for (int64_t c = 1; c < f->classes; c++) {
        best = probability(f, row, c) > probability(f, row, best) ? c : best;
    }
    *is_correct = best == class_of(f, row);
    return probability(f, row, best);
}

neural_status neural_calibration_error(const neural_tensor *probabilities,
                                       const neural_tensor *targets, int64_t bins, double *out) {
    forecast f;
    NEURAL_TRY(open_forecast("calibration_error", probabilities, targets, out, &f));
    NEURAL_REQUIRE(bins >= 1 && bins <= 1000000, NEURAL_ERR_INVALID_ARGUMENT,
                   "calibration_error: %lld bins, expected 1 ... 1000000", (long long)bins);
    calibration_bin *bin = neural_alloc_zeroed((size_t)bins * sizeof *bin);
    if (!bin) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t row = 0; row < f.rows; row++) {
        int is_correct = 0;
        const double confidence = confidence_of(&f, row, &is_correct);
        const int64_t i = (int64_t)ceil(confidence * (double)bins) - 1;
        bin[i > 0 ? i : 0].confidence += confidence;
        bin[i > 0 ? i : 0].gain += is_correct;
    }
    double sum = 0;
    for (int64_t i = 0; i < bins; i++) {
        sum += fabs(bin[i].gain - bin[i].confidence);
    }
    neural_free(bin);
    *out = sum / (double)f.rows;
    return NEURAL_OK;
}
