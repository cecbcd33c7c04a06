#include <math.h>

#include "core/autograd/tape.h"
#include "optim/clip.h"
#include "train/trainer_type.h"

/* A batch outside a run makes an update of its own; in a run: how many batches of the epoch share
 * the update that the next one belongs to. */
static int64_t batches_of_update(const neural_trainer *trainer, int in_run) {
    const train_progress *at = &trainer->progress;
    if (!in_run) {
        return 1;
    }
    const int64_t first = at->batch - at->accumulated;
    const int64_t left = neural_batches_count(trainer->batches) - first;
    return left < trainer->config->accumulate ? left : trainer->config->accumulate;
}

/* Adds this batch's part of the gradient. */
static neural_status accumulate(neural_trainer *trainer, neural_tensor *loss, int64_t batches) {
    if (trainer->progress.accumulated == 0) {
        NEURAL_TRY(neural_optimizer_zero_grad(trainer->optimizer));
    }
    if (batches > 1) {
        NEURAL_TRY(neural_tensor_fill(trainer->share, 1.0 / (double)batches));
    }
    return neural_backward(loss, batches > 1 ? trainer->share : NULL, 0);
}

static neural_status clip(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    neural_parameters *parameters = neural_model_parameters(trainer->model);
    if (config->gradient_clip_value > 0) {
        NEURAL_TRY(neural_clip_grad_value(parameters, config->gradient_clip_value));
    }
    if (config->gradient_clip <= 0 && !config->log_gradient_norm) {
        return trainer_check_gradients(trainer);
    }
    const double most = config->gradient_clip > 0 ? config->gradient_clip : INFINITY;
    const neural_status status =
        neural_clip_grad_norm(parameters, most, &trainer->progress.gradient_norm);
    if (status) {
        NEURAL_TRY(trainer_check_gradients(trainer)); /* says when and where, too */
    }
    return status;
}

/* From the loss back to new weights, or to gradients that wait for the update's other batches. */
static neural_status update(neural_trainer *trainer, neural_tensor *loss, int64_t batches) {
    train_progress *at = &trainer->progress;
    NEURAL_TRY(accumulate(trainer, loss, batches));
    if (at->accumulated + 1 < batches) {
        at->accumulated++;
        return NEURAL_OK;
    }
    NEURAL_TRY(clip(trainer));
    NEURAL_TRY(trainer_set_rate(trainer));
    NEURAL_TRY(neural_optimizer_step(trainer->optimizer));
    at->accumulated = 0;
    at->updates++;
    return trainer->average ? neural_ema_update(trainer->average) : NEURAL_OK;
}

neural_status trainer_step(neural_trainer *trainer, neural_tensor *x, neural_tensor *y,
                           score_sums *sums, double *loss) {
    neural_model *model = trainer->model;
    neural_tensor *prediction = NULL;
    neural_tensor *loss_tensor = NULL;
    double value = 0;
    neural_layer_set_step(neural_model_network(model), (uint64_t)trainer->progress.steps);
    neural_status status = trainer_prune(trainer);
    if (!status) {
        status = neural_model_forward(model, x, &prediction);
    }
    if (!status) {
        status = neural_criterion_apply(neural_model_criterion(model), prediction, y, &loss_tensor);
    }
    if (!status) {
        status = neural_tensor_item(loss_tensor, &value);
    }
    if (!status && !isfinite(value)) {
        status = trainer_blame(trainer, x);
    }
    if (!status) {
        status = update(trainer, loss_tensor, batches_of_update(trainer, sums != NULL));
    }
    if (!status && sums) {
        status = score_sums_add(sums, model, prediction, y, value);
    }
    neural_tensor_release(loss_tensor);
    neural_tensor_release(prediction);
    if (status) {
        return status;
    }
    trainer->progress.steps++;
    trainer->progress.samples += neural_tensor_dims(x)[0];
    if (loss) {
        *loss = value;
    }
    return NEURAL_OK;
}

neural_status neural_trainer_step(neural_trainer *trainer, neural_tensor *x, neural_tensor *y,
                                  double *loss) {
    NEURAL_REQUIRE(trainer && x && y, NEURAL_ERR_NULL_POINTER,
                   "trainer_step: trainer, x and y must be given");
    return trainer_step(trainer, x, y, NULL, loss);
}
