#include "train/quantize.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "train/quantize_type.h"

enum { JUDGE_BATCH = 256, MEASURED_ROWS = 64 };

neural_quantize_options neural_quantize_default(void) {
    return (neural_quantize_options){
        .calibration = NEURAL_OBSERVER_MINMAX, .samples = 1024, .max_drop = 0.003};
}

void neural_quantize_report_clear(neural_quantize_report *report) {
    if (report) {
        neural_free(report->layers);
        memset(report, 0, sizeof *report);
    }
}

static neural_status check(const neural_model *model, const neural_dataset *calibration,
                           const neural_dataset *judge, const neural_quantize_options *options) {
    NEURAL_REQUIRE(neural_model_dtype(model) == NEURAL_DTYPE_F32, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: the model is %s, expected f32",
                   neural_dtype_name(neural_model_dtype(model)));
    NEURAL_REQUIRE(neural_dataset_rows(calibration) > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: no rows to calibrate on");
    NEURAL_REQUIRE(neural_dataset_y(judge), NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: the data to judge by have no targets");
    NEURAL_REQUIRE(options->samples >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: samples is %lld, expected at least 1", (long long)options->samples);
    NEURAL_REQUIRE(options->max_drop >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: max_drop is %g, expected at least 0", options->max_drop);
    NEURAL_REQUIRE(options->calibration != NEURAL_OBSERVER_CHANNELS, NEURAL_ERR_INVALID_ARGUMENT,
                   "quantize: activations are calibrated by one range, not by channels");
    return NEURAL_OK;
}

/* How much worse `after` is: the drop of an accuracy, the rise of an error in parts of itself. */
static double drop_of(const neural_score *before, const neural_score *after) {
    if (before->is_accuracy) {
        return before->metric - after->metric;
    }
    return before->metric > 0 ? after->metric / before->metric - 1
                              : (after->metric > 0 ? INFINITY : 0);
}

typedef struct job {
    const neural_model *model;
    const neural_dataset *judge;
    const neural_quantize_options *options;
    neural_quantized_plan *plan;
    neural_quantize_report *report;
    int *ids; /* the node of each layer of the report */
} job;

static void leave_out(job *j, int layer, const char *reason) {
    j->report->layers[layer].is_8bit = 0;
    j->report->layers[layer].reason = reason;
    j->plan->record[j->ids[layer]].kind = NEURAL_QUANTIZED_NOT;
}

static void leave_out_slow(job *j) {
    for (int i = 0; i < j->report->count && !j->options->keep_slow; i++) {
        const neural_quantize_layer *layer = &j->report->layers[i];
        if (layer->int8_seconds > layer->f32_seconds) {
            leave_out(j, i, "slower in 8 bits");
        }
    }
}

/* The layer in 8 bits with the smallest SNR, or -1. */
static int noisiest(const neural_quantize_report *report) {
    int worst = -1;
    for (int i = 0; i < report->count; i++) {
        if (report->layers[i].is_8bit &&
            (worst < 0 || report->layers[i].snr < report->layers[worst].snr)) {
            worst = i;
        }
    }
    return worst;
}

static neural_status build(const job *j, neural_model **out) {
    neural_quantized_plan *plan = NULL;
    NEURAL_TRY(neural_quantized_plan_copy(j->plan, &plan));
    const neural_status status = neural_model_quantized(j->model, plan, out);
    if (status) {
        neural_quantized_plan_destroy(plan);
    }
    return status;
}

/* Builds and judges until the result is good enough, one layer less each time. */
static neural_status search(job *j, neural_model **out) {
    for (;;) {
        neural_model *made = NULL;
        NEURAL_TRY(build(j, &made));
        const neural_status status =
            neural_model_score(made, j->judge, 1, JUDGE_BATCH, &j->report->after);
        if (status) {
            neural_model_destroy(made);
            return status;
        }
        const int worst = noisiest(j->report);
        if (worst < 0 || drop_of(&j->report->before, &j->report->after) <= j->options->max_drop) {
            *out = made;
            return NEURAL_OK;
        }
        neural_model_destroy(made);
        leave_out(j, worst, "accuracy");
    }
}

static neural_status compare(neural_model *folded, neural_model *made, const neural_dataset *data,
                             neural_quantize_report *report) {
    static const int64_t rows[NEURAL_QUANTIZE_SPEEDS] = {1, MEASURED_ROWS};
    for (int i = 0; i < NEURAL_QUANTIZE_SPEEDS; i++) {
        report->speed[i].rows = rows[i];
        NEURAL_TRY(quantize_race(folded, made, data, &report->speed[i]));
    }
    return NEURAL_OK;
}

static neural_status measure(job *j, const neural_model *folded,
                             const neural_dataset *calibration) {
    const int64_t rows = neural_dataset_rows(calibration);
    const int64_t seen = rows < j->options->samples ? rows : j->options->samples;
    neural_tensor *x = NULL;
    NEURAL_TRY(quantize_rows(folded, calibration, j->options->samples, 0,
                             seen < MEASURED_ROWS ? seen : MEASURED_ROWS, &x));
    const neural_status status = quantize_measure(folded, j->plan, x, j->report, &j->ids);
    neural_tensor_release(x);
    return status;
}

neural_status neural_quantize_model(const neural_model *model, const neural_dataset *calibration,
                                    const neural_dataset *judge,
                                    const neural_quantize_options *options,
                                    neural_quantize_report *report, neural_model **out) {
    NEURAL_REQUIRE(model && calibration && judge && options && report && out,
                   NEURAL_ERR_NULL_POINTER, "quantize: an argument is NULL");
    NEURAL_TRY(check(model, calibration, judge, options));
    memset(report, 0, sizeof *report);
    job j = {.model = model, .judge = judge, .options = options, .report = report};
    neural_model *folded = NULL, *made = NULL;
    neural_status status = neural_model_fold_batch_norm(model, NULL, &folded);
    if (!status) {
        status = neural_model_score(folded, judge, 1, JUDGE_BATCH, &report->before);
    }
    if (!status) {
        status = quantize_calibrate(folded, calibration, options, &j.plan);
    }
    if (!status) {
        status = measure(&j, folded, calibration);
    }
    if (!status) {
        leave_out_slow(&j);
        status = search(&j, &made);
    }
    if (!status) {
        status = compare(folded, made, judge, report);
    }
    neural_free(j.ids);
    neural_quantized_plan_destroy(j.plan);
    neural_model_destroy(folded);
    if (status) {
        neural_model_destroy(made);
        neural_quantize_report_clear(report);
        return status;
    }
    *out = made;
    return NEURAL_OK;
}
