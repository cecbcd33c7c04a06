#include "train/trainer.h"

#include <inttypes.h>

#include "core/asm/cpu.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"
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
        status = trainer_check_pruning(config);
    }
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
    if (!trainer->average) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_ema_swap(trainer->average));
    neural_parameters_apply_masks(neural_model_parameters(trainer->model));
    return NEURAL_OK;
}

/* --- starting from another model --- */

static neural_status check_same(const neural_parameters *have, const neural_parameters *want) {
    NEURAL_REQUIRE(have->count == want->count, NEURAL_ERR_SHAPE_MISMATCH,
                   "trainer_adopt: the model has %d parameters, the trainer's %d", have->count,
                   want->count);
    for (int i = 0; i < have->count; i++) {
        const neural_tensor *a = have->item[i]->value, *b = want->item[i]->value;
        char has[NEURAL_SHAPE_TEXT], wants[NEURAL_SHAPE_TEXT];
        NEURAL_REQUIRE(
            a->dtype == b->dtype && neural_shape_equal(&a->shape, &b->shape),
            NEURAL_ERR_SHAPE_MISMATCH, "trainer_adopt: %s is %s of %s, the trainer's is %s of %s",
            have->item[i]->name, neural_shape_text(&a->shape, has, sizeof has),
            neural_dtype_name(a->dtype), neural_shape_text(&b->shape, wants, sizeof wants),
            neural_dtype_name(b->dtype));
    }
    return NEURAL_OK;
}

neural_status neural_trainer_adopt(neural_trainer *trainer, const neural_model *model) {
    NEURAL_REQUIRE(trainer && model, NEURAL_ERR_NULL_POINTER,
                   "trainer_adopt: trainer and model must be given");
    const neural_parameters *from = neural_model_parameters(model);
    const neural_parameters *buffers = neural_model_buffers(model);
    neural_parameters *to = neural_model_parameters(trainer->model);
    NEURAL_TRY(check_same(from, to));
    NEURAL_TRY(check_same(buffers, neural_model_buffers(trainer->model)));
    NEURAL_TRY(neural_tensor_copy(to->values, from->values));
    NEURAL_TRY(neural_tensor_copy(neural_model_buffers(trainer->model)->values, buffers->values));
    for (int i = 0; i < to->count; i++) {
        NEURAL_TRY(neural_parameter_set_mask(to->item[i], from->item[i]->mask));
    }
    return trainer->average ? neural_tensor_copy(neural_ema_average(trainer->average), to->values)
                            : NEURAL_OK;
}

/* --- what is there --- */

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
