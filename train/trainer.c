#include "train/trainer.h"

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "train/trainer_type.h"

static neural_status make_optimizer(neural_trainer *trainer) {
    const train_settings *s = &trainer->settings;
    neural_parameters *parameters = neural_model_parameters(trainer->model);
    if (s->optimizer == TRAIN_OPTIMIZER_SGD) {
        const neural_sgd_options options = {.lr = s->learning_rate,
                                            .momentum = s->momentum,
                                            .weight_decay = s->weight_decay,
                                            .nesterov = s->nesterov};
        return neural_sgd_create(parameters, &options, &trainer->optimizer);
    }
    const neural_adam_options options = {.lr = s->learning_rate,
                                         .beta1 = s->beta1,
                                         .beta2 = s->beta2,
                                         .epsilon = s->epsilon,
                                         .weight_decay = s->weight_decay,
                                         .decoupled = s->optimizer == TRAIN_OPTIMIZER_ADAMW};
    return neural_adam_create(parameters, &options, &trainer->optimizer);
}

neural_status neural_trainer_create(const neural_config *config, neural_path_resolver resolve,
                                    void *context, neural_trainer **out) {
    NEURAL_REQUIRE(config && out, NEURAL_ERR_NULL_POINTER,
                   "trainer_create: config and out must be given");
    neural_trainer *trainer = neural_alloc_zeroed(sizeof *trainer);
    if (!trainer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    trainer->config = config;
    neural_status status = train_settings_read(config, &trainer->settings);
    if (!status) {
        status = neural_set_num_threads(trainer->settings.num_threads);
    }
    if (!status) {
        status = neural_model_create(config, &trainer->model);
    }
    if (!status) {
        status = trainer_load_data(trainer, resolve, context);
    }
    if (!status) {
        status = make_optimizer(trainer);
    }
    if (status) {
        neural_trainer_destroy(trainer);
        return status;
    }
    trainer->progress.learning_rate = trainer->settings.learning_rate;
    *out = trainer;
    return NEURAL_OK;
}

void neural_trainer_destroy(neural_trainer *trainer) {
    if (!trainer) {
        return;
    }
    neural_optimizer_destroy(trainer->optimizer);
    neural_batches_destroy(trainer->batches);
    neural_tensor_release(trainer->best_values);
    neural_model_destroy(trainer->model);
    neural_dataset_destroy(trainer->train_data);
    neural_dataset_destroy(trainer->test_data);
    neural_free(trainer->train_rows);
    neural_free(trainer->val_rows);
    neural_free(trainer);
}

neural_model *neural_trainer_model(const neural_trainer *trainer) {
    return trainer->model;
}
