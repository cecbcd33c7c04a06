#include <math.h>
#include <stdio.h>

#include "core/autograd/tape.h"
#include "train/trainer_type.h"

enum { MOMENT_BYTES = 64 };

/* The step under way, "epoch 3, step 211". */
static const char *moment_of_step(const neural_trainer *trainer, char out[MOMENT_BYTES]) {
    snprintf(out, MOMENT_BYTES, "epoch %lld, step %lld", (long long)trainer->progress.epoch + 1,
             (long long)trainer->progress.steps + 1);
    return out;
}

/* NEURAL_OK when the tensor is finite, else the error that names it and the element. */
static neural_status check(const char *moment, const char *what, const neural_tensor *tensor) {
    int64_t position = -1;
    NEURAL_TRY(neural_tensor_find_nonfinite(tensor, &position));
    if (position < 0) {
        return NEURAL_OK;
    }
    char index[160];
    int used = snprintf(index, sizeof index, "[");
    int64_t coordinate[NEURAL_MAX_DIMS];
    const int ndim = neural_tensor_ndim(tensor);
    int64_t rest = position;
    for (int i = ndim - 1; i >= 0; i--) {
        coordinate[i] = rest % neural_tensor_dims(tensor)[i];
        rest /= neural_tensor_dims(tensor)[i];
    }
    for (int i = 0; i < ndim; i++) {
        used += snprintf(index + used, sizeof index - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)coordinate[i]);
    }
    double value = 0;
    NEURAL_TRY(neural_tensor_get(tensor, coordinate, &value));
    return neural_error(isnan(value) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INF_DETECTED,
                        "%s: %s is %s at %s]", moment, what, isnan(value) ? "nan" : "infinite",
                        index);
}

static neural_status check_parameters(const neural_trainer *trainer, const char *moment,
                                      int gradients) {
    const neural_parameters *all = neural_model_parameters(trainer->model);
    for (int i = 0; i < all->count; i++) {
        const neural_parameter *parameter = all->item[i];
        char what[NEURAL_PARAMETER_NAME_BYTES + 16];
        snprintf(what, sizeof what, "%s%s", gradients ? "gradient of " : "", parameter->name);
        NEURAL_TRY(check(moment, what, gradients ? parameter->grad : parameter->value));
    }
    return NEURAL_OK;
}

/* Runs the network layer by layer and checks each output. */
static neural_status check_outputs(const neural_trainer *trainer, const char *moment,
                                   neural_tensor *x) {
    const neural_layer *network = neural_model_network(trainer->model);
    neural_tensor *current = NULL;
    neural_status status = neural_model_shape_rows(trainer->model, x, &current);
    for (int i = 0; i < neural_layer_child_count(network) && !status; i++) {
        neural_tensor *next = NULL;
        char what[160], text[128];
        status = neural_layer_forward(neural_layer_child(network, i), current, &next);
        if (!status) {
            snprintf(what, sizeof what, "output of layer %d, %s,", i,
                     neural_layer_describe(neural_layer_child(network, i), text, sizeof text));
            status = check(moment, what, next);
        }
        neural_tensor_release(current);
        current = next;
    }
    neural_tensor_release(current);
    return status;
}

neural_status trainer_blame(neural_trainer *trainer, neural_tensor *x) {
    char moment[MOMENT_BYTES];
    moment_of_step(trainer, moment);
    NEURAL_TRY(check(moment, "the input", x));
    NEURAL_TRY(check_parameters(trainer, moment, 0));
    const int was_recording = neural_set_grad_enabled(0);
    const neural_status status = check_outputs(trainer, moment, x);
    neural_set_grad_enabled(was_recording);
    NEURAL_TRY(status);
    return neural_error(NEURAL_ERR_INF_DETECTED, "%s: the loss is not finite", moment);
}

static neural_status check_all_outputs(const neural_trainer *trainer, const char *moment) {
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_batches_seek(trainer->batches, 0, 0));
    for (;;) {
        NEURAL_TRY(neural_batches_next(trainer->batches, &x, NULL));
        if (!x) {
            return NEURAL_OK;
        }
        NEURAL_TRY(check_outputs(trainer, moment, x));
    }
}

neural_status trainer_blame_end(const neural_trainer *trainer) {
    neural_layer *network = neural_model_network(trainer->model);
    char moment[MOMENT_BYTES];
    snprintf(moment, sizeof moment, "after step %lld", (long long)trainer->progress.steps);
    NEURAL_TRY(check_parameters(trainer, moment, 0));
    const int was_recording = neural_set_grad_enabled(0);
    neural_layer_set_training(network, 0);
    const neural_status status = check_all_outputs(trainer, moment);
    neural_layer_set_training(network, 1);
    neural_set_grad_enabled(was_recording);
    NEURAL_TRY(status);
    return neural_error(NEURAL_ERR_INF_DETECTED, "%s: the training loss is not finite", moment);
}

neural_status trainer_check_gradients(const neural_trainer *trainer) {
    int64_t position = -1;
    NEURAL_TRY(
        neural_tensor_find_nonfinite(neural_model_parameters(trainer->model)->grads, &position));
    char moment[MOMENT_BYTES];
    return position < 0 ? NEURAL_OK : check_parameters(trainer, moment_of_step(trainer, moment), 1);
}
