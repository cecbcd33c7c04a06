#include <math.h>

#include "core/autograd/tape.h"
#include "optim/clip.h"
#include "train/trainer_type.h"

/* From the loss back to new weights; the gradients start at zero. */
static neural_status update(neural_trainer *trainer, neural_tensor *loss) {
    const double limit = trainer->config->gradient_clip;
    NEURAL_TRY(neural_optimizer_zero_grad(trainer->optimizer));
    NEURAL_TRY(neural_backward(loss, NULL, 0));
    if (limit > 0) {
        const neural_status status = neural_clip_grad_norm(neural_model_parameters(trainer->model),
                                                           limit, &trainer->progress.gradient_norm);
        if (status) {
            NEURAL_TRY(trainer_check_gradients(trainer)); /* says when and where, too */
            return status;
        }
    } else {
        NEURAL_TRY(trainer_check_gradients(trainer));
    }
    NEURAL_TRY(neural_optimizer_set_lr(trainer->optimizer, trainer->progress.learning_rate));
    return neural_optimizer_step(trainer->optimizer);
}

neural_status trainer_step(neural_trainer *trainer, neural_tensor *x, neural_tensor *y,
                           score_sums *sums, double *loss) {
    neural_model *model = trainer->model;
    neural_tensor *prediction = NULL;
    neural_tensor *loss_tensor = NULL;
    double value = 0;
    neural_layer_set_step(neural_model_network(model), (uint64_t)trainer->progress.steps);
    neural_status status = neural_model_forward(model, x, &prediction);
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
        status = update(trainer, loss_tensor);
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
