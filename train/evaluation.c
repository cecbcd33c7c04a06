#include "train/evaluation.h"

#include <math.h>
#include <string.h>

#include "core/tensor/storage.h"
#include "metrics/metrics.h"
#include "metrics/probability.h"
#include "metrics/ranking.h"
#include "train/trainer_type.h"

enum { CALIBRATION_BINS = 15 };

/* --- predictions of all rows --- */

static neural_status check_finite(const neural_tensor *prediction) {
    int64_t position = -1;
    NEURAL_TRY(neural_tensor_find_nonfinite(prediction, &position));
    NEURAL_REQUIRE(position < 0, NEURAL_ERR_NAN_DETECTED,
                   "row %lld: the prediction is not a finite number",
                   (long long)(position / prediction->shape.dim[1] + 1));
    return NEURAL_OK;
}

/* One pass over the rows: their score, and what the model says of each. */
static neural_status predict_all(neural_model *model, const neural_dataset *dataset,
                                 int64_t batch_size, neural_score *score, neural_tensor **out) {
    const int64_t dims[] = {neural_dataset_rows(dataset), neural_model_outputs(model)};
    neural_tensor *outputs = NULL, *prediction = NULL;
    NEURAL_TRY(neural_tensor_create(2, dims, neural_model_dtype(model), &outputs));
    neural_status status = score_dataset(model, dataset, 1, batch_size, outputs, score);
    if (!status) {
        status =
            neural_activation_apply(neural_model_output_activation(model), outputs, &prediction);
    }
    neural_tensor_release(outputs);
    if (!status) {
        status = check_finite(prediction);
    }
    if (status) {
        neural_tensor_release(prediction);
        return status;
    }
    *out = prediction;
    return NEURAL_OK;
}

/* --- figures --- */

/* A figure that the data do not define is NaN; every other error stays one. */
static neural_status defined_or_nan(neural_status status, double *figure) {
    if (status == NEURAL_ERR_INVALID_ARGUMENT) {
        *figure = NAN;
        return NEURAL_OK;
    }
    return status;
}

/* Counts label[i] against (guess of row i), both i64 [rows]. */
static neural_status count(int64_t classes, const neural_tensor *labels,
                           const neural_tensor *guesses, neural_confusion **out) {
    neural_confusion *confusion = NULL;
    NEURAL_TRY(neural_confusion_create(classes, &confusion));
    const neural_status status = neural_confusion_update(confusion, labels, guesses);
    if (status) {
        neural_confusion_destroy(confusion);
        return status;
    }
    *out = confusion;
    return NEURAL_OK;
}

static neural_status count_classes(const neural_tensor *p, const neural_tensor *labels,
                                   neural_confusion **out) {
    neural_tensor *guesses = NULL;
    NEURAL_TRY(neural_tensor_create(1, p->shape.dim, NEURAL_DTYPE_I64, &guesses));
    neural_status status = neural_argmax(p, guesses);
    if (!status) {
        status = count(p->shape.dim[1], labels, guesses, out);
    }
    neural_tensor_release(guesses);
    return status;
}

/* values > 0.5 as i64 [len]. */
static neural_status decide(const neural_tensor *values, neural_tensor **out) {
    neural_tensor *decisions = NULL;
    NEURAL_TRY(neural_tensor_create(1, &values->len, NEURAL_DTYPE_I64, &decisions));
    int64_t *to = (int64_t *)(void *)decisions->data;
    for (int64_t i = 0; i < values->len; i++) {
        to[i] = values->dtype == NEURAL_DTYPE_F32 ? neural_tensor_f32(values)[i] > 0.5f
                                                  : neural_tensor_f64(values)[i] > 0.5;
    }
    *out = decisions;
    return NEURAL_OK;
}

static neural_status count_decisions(const neural_tensor *p, const neural_tensor *targets,
                                     neural_confusion **out) {
    neural_tensor *labels = NULL, *guesses = NULL;
    neural_status status = decide(targets, &labels);
    if (!status) {
        status = decide(p, &guesses);
    }
    if (!status) {
        status = count(2, labels, guesses, out);
    }
    neural_tensor_release(guesses);
    neural_tensor_release(labels);
    return status;
}

static neural_status measure_probabilities(const neural_tensor *p, const neural_tensor *targets,
                                           neural_evaluation *out) {
    NEURAL_TRY(defined_or_nan(neural_log_loss(p, targets, &out->log_loss), &out->log_loss));
    NEURAL_TRY(defined_or_nan(neural_brier_score(p, targets, &out->brier), &out->brier));
    return defined_or_nan(
        neural_calibration_error(p, targets, CALIBRATION_BINS, &out->calibration_error),
        &out->calibration_error);
}

static neural_status measure_classes(const neural_tensor *p, const neural_tensor *labels,
                                     neural_evaluation *out) {
    const int64_t classes = p->shape.dim[1];
    NEURAL_TRY(count_classes(p, labels, &out->confusion));
    NEURAL_TRY(measure_probabilities(p, labels, out));
    NEURAL_TRY(defined_or_nan(neural_roc_auc_ovr(p, labels, &out->roc_auc), &out->roc_auc));
    NEURAL_TRY(defined_or_nan(neural_pr_auc_ovr(p, labels, &out->pr_auc), &out->pr_auc));
    out->top_k = classes >= 10 ? 5 : classes >= 3 ? 2 : 0;
    return out->top_k ? neural_top_k_accuracy(p, labels, out->top_k, &out->top_k_accuracy)
                      : NEURAL_OK;
}

static neural_status measure_binary(const neural_tensor *p, const neural_tensor *targets,
                                    neural_evaluation *out) {
    NEURAL_TRY(count_decisions(p, targets, &out->confusion));
    NEURAL_TRY(measure_probabilities(p, targets, out));
    NEURAL_TRY(defined_or_nan(neural_roc_auc(p, targets, &out->roc_auc), &out->roc_auc));
    return defined_or_nan(neural_pr_auc(p, targets, &out->pr_auc), &out->pr_auc);
}

static neural_status measure(const neural_model *model, const neural_tensor *prediction,
                             const neural_tensor *targets, neural_evaluation *out) {
    if (neural_model_is_classifier(model)) {
        return measure_classes(prediction, targets, out);
    }
    return out->score.is_accuracy ? measure_binary(prediction, targets, out)
                                  : neural_regression(prediction, targets, &out->values);
}

neural_status neural_model_evaluate(neural_model *model, const neural_dataset *dataset,
                                    int64_t batch_size, neural_evaluation *out) {
    NEURAL_REQUIRE(model && dataset && out, NEURAL_ERR_NULL_POINTER,
                   "model_evaluate: model, dataset and out must be given");
    NEURAL_REQUIRE(batch_size >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_evaluate: batch size %lld, expected at least 1", (long long)batch_size);
    NEURAL_REQUIRE(neural_dataset_rows(dataset) > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "model_evaluate: the dataset has no rows");
    neural_evaluation evaluation = {0};
    neural_tensor *prediction = NULL;
    NEURAL_TRY(predict_all(model, dataset, batch_size, &evaluation.score, &prediction));
    const neural_status status = measure(model, prediction, neural_dataset_y(dataset), &evaluation);
    neural_tensor_release(prediction);
    if (status) {
        neural_evaluation_clear(&evaluation);
        return status;
    }
    *out = evaluation;
    return NEURAL_OK;
}

void neural_evaluation_clear(neural_evaluation *evaluation) {
    if (evaluation) {
        neural_confusion_destroy(evaluation->confusion);
        memset(evaluation, 0, sizeof *evaluation);
    }
}
