#include <math.h>

#include "core/autograd/tape.h"
#include "layers/activation.h"
#include "metrics/metrics.h"
#include "train/trainer_type.h"

static neural_loss_target target_of(const neural_model *model) {
    return neural_loss_target_of(neural_model_loss(model));
}

/* Squared errors of the distributions that log-probabilities stand for. */
static neural_status distribution_errors(neural_tensor *prediction, const neural_tensor *target,
                                         double *out) {
    neural_tensor *logs = NULL, *distribution = NULL;
    NEURAL_TRY(neural_tensor_detach(prediction, &logs));
    neural_status status = neural_activation_apply(NEURAL_ACTIVATION_SOFTMAX, logs, &distribution);
    if (!status) {
        status = neural_sum_errors(distribution, target, out, NULL);
    }
    neural_tensor_release(distribution);
    neural_tensor_release(logs);
    return status;
}

/* Correct rows (classes), correct elements (binary) or squared errors (values). */
static neural_status metric_sum(const neural_model *model, neural_tensor *prediction,
                                const neural_tensor *target, double *out) {
    int64_t correct = 0;
    switch (target_of(model)) {
    case NEURAL_LOSS_TARGET_CLASSES:
        NEURAL_TRY(neural_count_correct(prediction, target, &correct));
        break;
    case NEURAL_LOSS_TARGET_PROBABILITIES:
        NEURAL_TRY(neural_count_correct_binary(
            prediction, target, neural_model_loss(model) == NEURAL_LOSS_BCE ? 0.5 : 0, &correct));
        break;
    case NEURAL_LOSS_TARGET_VALUES:
        return neural_sum_errors(prediction, target, out, NULL);
    case NEURAL_LOSS_TARGET_DISTRIBUTIONS:
        return distribution_errors(prediction, target, out);
    }
    *out = (double)correct;
    return NEURAL_OK;
}

neural_status score_sums_add(score_sums *sums, const neural_model *model, neural_tensor *prediction,
                             const neural_tensor *target, double loss) {
    double metric = 0, weight = 0;
    NEURAL_TRY(metric_sum(model, prediction, target, &metric));
    NEURAL_TRY(neural_criterion_weight(neural_model_criterion(model), target, &weight));
    sums->loss += loss * weight;
    sums->weight += weight;
    sums->metric += metric;
    sums->rows += neural_tensor_dims(prediction)[0];
    sums->elements += neural_tensor_len(target);
    return NEURAL_OK;
}

neural_score score_of(const score_sums *sums, const neural_model *model) {
    const neural_loss_target target = target_of(model);
    neural_score score = {.rows = sums->rows,
                          .is_accuracy = target == NEURAL_LOSS_TARGET_CLASSES ||
                                         target == NEURAL_LOSS_TARGET_PROBABILITIES};
    if (sums->rows > 0) {
        score.loss = sums->loss / sums->weight;
        score.metric = sums->metric / (double)sums->elements;
    }
    return score;
}

static neural_status copy_rows(neural_tensor *to, int64_t first, const neural_tensor *rows) {
    neural_tensor *place = NULL;
    NEURAL_TRY(neural_tensor_slice(to, 0, first, neural_tensor_dims(rows)[0], 1, &place));
    const neural_status status = neural_tensor_copy(place, rows);
    neural_tensor_release(place);
    return status;
}

static neural_status score_batch(neural_model *model, neural_tensor *x, neural_tensor *y,
                                 neural_tensor *outputs, score_sums *sums) {
    neural_tensor *prediction = NULL;
    neural_tensor *loss = NULL;
    double value = 0;
    neural_status status = neural_model_forward(model, x, &prediction);
    if (!status && outputs) {
        status = copy_rows(outputs, sums->rows, prediction);
    }
    if (!status) {
        status = neural_criterion_apply(neural_model_criterion(model), prediction, y, &loss);
    }
    if (!status) {
        status = neural_tensor_item(loss, &value);
    }
    if (!status) {
        status = score_sums_add(sums, model, prediction, y, value);
    }
    neural_tensor_release(loss);
    neural_tensor_release(prediction);
    return status;
}

static neural_status score_batches(neural_model *model, neural_batches *batches,
                                   neural_tensor *outputs, score_sums *sums) {
    NEURAL_TRY(neural_batches_seek(batches, 0, 0));
    for (;;) {
        neural_tensor *x = NULL;
        neural_tensor *y = NULL;
        NEURAL_TRY(neural_batches_next(batches, &x, &y));
        if (!x) {
            return NEURAL_OK;
        }
        NEURAL_TRY(score_batch(model, x, y, outputs, sums));
    }
}

neural_status score_rows(neural_model *model, const neural_dataset *dataset, const int64_t *rows,
                         int64_t row_count, int64_t batch_size, neural_tensor *outputs,
                         neural_score *out) {
    neural_batches *batches = NULL;
    score_sums sums = {0};
    NEURAL_TRY(neural_batches_create(dataset, rows, row_count, batch_size, 0, 0, &batches));
    const int was_evaluating = neural_layer_set_evaluating(1);
    const int was_recording = neural_set_grad_enabled(0);
    const neural_status status = score_batches(model, batches, outputs, &sums);
    neural_layer_set_evaluating(was_evaluating);
    neural_set_grad_enabled(was_recording);
    neural_batches_destroy(batches);
    if (!status) {
        *out = score_of(&sums, model);
    }
    return status;
}

/* The dataset as the network wants it: a transformed copy of its features. */
static neural_status transformed(const neural_model *model, const neural_dataset *dataset,
                                 neural_dataset **out) {
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_clone(neural_dataset_x(dataset), &x));
    neural_status status = neural_transform_apply(neural_model_transform(model), x);
    if (!status) {
        status =
            neural_dataset_create(x, neural_dataset_y(dataset), neural_dataset_target_kind(dataset),
                                  neural_dataset_classes(dataset), out);
    }
    neural_tensor_release(x);
    return status;
}

neural_status score_dataset(neural_model *model, const neural_dataset *dataset, int raw,
                            int64_t batch_size, neural_tensor *outputs, neural_score *out) {
    NEURAL_REQUIRE(neural_dataset_y(dataset), NEURAL_ERR_INVALID_ARGUMENT,
                   "model_score: the dataset has no targets");
    const int64_t rows = neural_dataset_rows(dataset);
    if (!raw || !neural_model_transform(model)) {
        return score_rows(model, dataset, NULL, rows, batch_size, outputs, out);
    }
    neural_dataset *copy = NULL;
    NEURAL_TRY(transformed(model, dataset, &copy));
    const neural_status status = score_rows(model, copy, NULL, rows, batch_size, outputs, out);
    neural_dataset_destroy(copy);
    return status;
}

neural_status neural_model_score(neural_model *model, const neural_dataset *dataset, int raw,
                                 int64_t batch_size, neural_score *out) {
    NEURAL_REQUIRE(model && dataset && out, NEURAL_ERR_NULL_POINTER,
                   "model_score: model, dataset and out must be given");
    return score_dataset(model, dataset, raw, batch_size, NULL, out);
}
