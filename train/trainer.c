#include "train/trainer.h"

#include <inttypes.h>

#include "core/asm/cpu.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "train/trainer_type.h"

static neural_status apply_performance(const neural_config *config) {
    NEURAL_REQUIRE(config->use_simd || neural_isa_active() == NEURAL_ISA_C,
                   NEURAL_ERR_INVALID_CONFIG,
                   "use_simd = false needs a process started with NEURAL_ISA=c, this one uses %s",
                   neural_isa_name(neural_isa_active()));
    return neural_set_num_threads((int)config->num_threads);
}

/* Refuses at once what would fail at the end of the first epoch. */
static neural_status check_last_batch(const neural_trainer *trainer) {
    const int64_t size = trainer->config->batch_size, rows = trainer->train_row_count;
    if (rows != 1 && size != 1 && rows % size != 1) {
        return NEURAL_OK;
    }
    return neural_model_check_single_row(trainer->model)
               ? neural_error_prefix("batch_size is %" PRId64 " and leaves one of %" PRId64
                                     " training rows on its own",
                                     size, rows)
               : NEURAL_OK;
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
    neural_status status = apply_performance(config);
    if (!status) {
        status = neural_model_create(config, &trainer->model);
    }
    if (!status) {
        status = trainer_load_data(trainer, resolve, context);
    }
    if (!status) {
        status = check_last_batch(trainer);
    }
    if (!status) {
        status = trainer_create_optimizer(trainer);
    }
    if (!status) {
        status = trainer_create_schedule(trainer);
    }
    if (status) {
        neural_trainer_destroy(trainer);
        return status;
    }
    *out = trainer;
    return NEURAL_OK;
}

void neural_trainer_destroy(neural_trainer *trainer) {
    if (!trainer) {
        return;
    }
    neural_optimizer_destroy(trainer->optimizer);
    neural_schedule_destroy(trainer->schedule);
    neural_ema_destroy(trainer->average);
    neural_tensor_release(trainer->share);
    neural_batches_destroy(trainer->batches);
    neural_tensor_release(trainer->best_values);
    neural_tensor_release(trainer->best_buffers);
    neural_tensor_release(trainer->outputs);
    neural_model_destroy(trainer->model);
    neural_dataset_destroy(trainer->train_data);
    neural_dataset_destroy(trainer->test_data);
    neural_free(trainer->history);
    neural_free(trainer->train_rows);
    neural_free(trainer->val_rows);
    neural_free(trainer);
}

static neural_status copy_into(neural_tensor **copy, const neural_tensor *from) {
    return *copy ? neural_tensor_copy(*copy, from) : neural_tensor_clone(from, copy);
}

neural_status trainer_keep_best(neural_trainer *trainer) {
    NEURAL_TRY(copy_into(&trainer->best_values, neural_model_parameters(trainer->model)->values));
    return copy_into(&trainer->best_buffers, neural_model_buffers(trainer->model)->values);
}

neural_status trainer_restore_best(neural_trainer *trainer) {
    if (!trainer->best_buffers) {
        return NEURAL_OK;
    }
    NEURAL_TRY(
        neural_tensor_copy(neural_model_parameters(trainer->model)->values, trainer->best_values));
    return neural_tensor_copy(neural_model_buffers(trainer->model)->values, trainer->best_buffers);
}

neural_status trainer_swap_average(neural_trainer *trainer) {
    return trainer->average ? neural_ema_swap(trainer->average) : NEURAL_OK;
}

neural_model *neural_trainer_model(const neural_trainer *trainer) {
    return trainer->model;
}

int64_t neural_trainer_train_rows(const neural_trainer *trainer) {
    return trainer->train_row_count;
}

int64_t neural_trainer_validation_rows(const neural_trainer *trainer) {
    return trainer->val_row_count;
}

int64_t neural_trainer_test_rows(const neural_trainer *trainer) {
    return trainer->test_data ? neural_dataset_rows(trainer->test_data) : 0;
}
