#include "train/checkpoint.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tensor/storage.h"
#include "model/model_frame.h"
#include "model/weights.h"
#include "train/trainer_type.h"

#define FORMAT "neural checkpoint 3"

/* The numbers of train_progress by name. Doubles are kept as their bits in hex: exact in every
 * locale, infinity and NaN included. */
typedef enum number_kind { WHOLE, REAL } number_kind;

static const struct {
    const char *name;
    number_kind kind;
    size_t offset;
} numbers[] = {
    {"epoch", WHOLE, offsetof(train_progress, epoch)},
    {"batch", WHOLE, offsetof(train_progress, batch)},
    {"steps", WHOLE, offsetof(train_progress, steps)},
    {"samples", WHOLE, offsetof(train_progress, samples)},
    {"updates", WHOLE, offsetof(train_progress, updates)},
    {"accumulated", WHOLE, offsetof(train_progress, accumulated)},
    {"sum_loss", REAL, offsetof(train_progress, sums.loss)},
    {"sum_weight", REAL, offsetof(train_progress, sums.weight)},
    {"sum_metric", REAL, offsetof(train_progress, sums.metric)},
    {"sum_rows", WHOLE, offsetof(train_progress, sums.rows)},
    {"sum_elements", WHOLE, offsetof(train_progress, sums.elements)},
    {"learning_rate", REAL, offsetof(train_progress, learning_rate)},
    {"gradient_norm", REAL, offsetof(train_progress, gradient_norm)},
    {"best_epoch", WHOLE, offsetof(train_progress, best_epoch)},
    {"best_loss", REAL, offsetof(train_progress, best_loss)},
    {"best_metric", REAL, offsetof(train_progress, best_metric)},
    {"plateau_best", REAL, offsetof(train_progress, plateau.best)},
    {"plateau_scale", REAL, offsetof(train_progress, plateau.scale)},
    {"plateau_bad", WHOLE, offsetof(train_progress, plateau.bad)},
    {"plateau_cooling", WHOLE, offsetof(train_progress, plateau.cooling)},
    {"plateau_observed", WHOLE, offsetof(train_progress, plateau.observed)},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };

static uint64_t bits_of(const double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    return bits;
}

static void set_bits(double *value, uint64_t bits) {
    memcpy(value, &bits, sizeof bits);
}

static neural_status add_numbers(neural_safetensors_writer *writer, const train_progress *from) {
    for (int i = 0; i < NUMBER_COUNT; i++) {
        const void *field = (const char *)from + numbers[i].offset;
        char text[64];
        switch (numbers[i].kind) {
        case WHOLE:
            snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)field);
            break;
        case REAL:
            snprintf(text, sizeof text, "%016" PRIx64, bits_of(field));
            break;
        }
        NEURAL_TRY(neural_safetensors_add_text(writer, numbers[i].name, text));
    }
    return NEURAL_OK;
}

static neural_status read_number(const char *text, int i, train_progress *to) {
    void *field = (char *)to + numbers[i].offset;
    char *end = NULL;
    NEURAL_REQUIRE(text, NEURAL_ERR_DATA, "the checkpoint has no %s", numbers[i].name);
    switch (numbers[i].kind) {
    case WHOLE:
        *(int64_t *)field = strtoll(text, &end, 10);
        break;
    case REAL:
        set_bits(field, strtoull(text, &end, 16));
        break;
    }
    NEURAL_REQUIRE(end != text && *end == '\0', NEURAL_ERR_DATA,
                   "the checkpoint's %s is \"%s\", expected a number", numbers[i].name, text);
    return NEURAL_OK;
}

static neural_status read_numbers(const neural_safetensors *file, train_progress *to) {
    for (int i = 0; i < NUMBER_COUNT; i++) {
        NEURAL_TRY(read_number(neural_safetensors_text(file, numbers[i].name), i, to));
    }
    NEURAL_REQUIRE(to->epoch >= 0 && to->batch >= 0 && to->steps >= 0 && to->updates >= 0 &&
                       to->accumulated >= 0 && to->accumulated <= to->batch && to->sums.rows >= 0,
                   NEURAL_ERR_DATA, "the checkpoint's counts are negative");
    NEURAL_REQUIRE(to->best_epoch >= 0 && to->best_epoch <= to->epoch, NEURAL_ERR_DATA,
                   "the checkpoint's best epoch is %" PRId64 ", expected 0 to %" PRId64,
                   to->best_epoch, to->epoch);
    return NEURAL_OK;
}

enum { HISTORY_COLUMNS = sizeof(neural_history_row) / sizeof(double) };

static neural_status add_history(neural_safetensors_writer *writer, const neural_trainer *trainer) {
    const int64_t dims[] = {trainer->history_rows, HISTORY_COLUMNS};
    neural_tensor *rows = NULL;
    NEURAL_TRY(neural_tensor_from_data(trainer->history,
                                       dims[0] * (int64_t)sizeof(neural_history_row), 2, dims,
                                       NEURAL_DTYPE_F64, &rows));
    const neural_status status = neural_safetensors_add_tensor(writer, "history", rows);
    neural_tensor_release(rows);
    return status;
}

static neural_status read_history(neural_trainer *trainer, const neural_safetensors *file) {
    neural_tensor *rows = NULL;
    NEURAL_TRY(neural_safetensors_read(file, "history", &rows));
    const int64_t *dims = neural_tensor_dims(rows), epochs = trainer->progress.epoch;
    neural_status status =
        neural_tensor_dtype(rows) == NEURAL_DTYPE_F64 && neural_tensor_ndim(rows) == 2 &&
                dims[0] == epochs && dims[1] == HISTORY_COLUMNS
            ? trainer_history_resize(trainer, epochs)
            : neural_error(NEURAL_ERR_DATA, "its history is not f64 [%" PRId64 ", %d]", epochs,
                           HISTORY_COLUMNS);
    if (!status && epochs > 0) {
        memcpy(trainer->history, neural_tensor_data(rows), (size_t)neural_tensor_bytes(rows));
    }
    neural_tensor_release(rows);
    return status;
}

static neural_status add_tensors(neural_safetensors_writer *writer, const neural_trainer *trainer) {
    const char *name;
    neural_tensor *state;
    NEURAL_TRY(neural_weights_add(writer, neural_model_parameters(trainer->model)));
    NEURAL_TRY(neural_weights_add(writer, neural_model_buffers(trainer->model)));
    for (int i = 0; (state = neural_optimizer_state(trainer->optimizer, i, &name)); i++) {
        char full[64];
        snprintf(full, sizeof full, "optim.%s", name);
        NEURAL_TRY(neural_safetensors_add_tensor(writer, full, state));
    }
    NEURAL_TRY(neural_model_frame_add(trainer->model, writer));
    NEURAL_TRY(add_history(writer, trainer));
    if (trainer->average) {
        NEURAL_TRY(
            neural_safetensors_add_tensor(writer, "average", neural_ema_average(trainer->average)));
    }
    if (trainer->progress.accumulated > 0) {
        NEURAL_TRY(neural_safetensors_add_tensor(writer, "gradients",
                                                 neural_model_parameters(trainer->model)->grads));
    }
    if (!trainer->best_buffers) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_safetensors_add_tensor(writer, "best", trainer->best_values));
    return neural_safetensors_add_tensor(writer, "best_buffers", trainer->best_buffers);
}

static neural_status add_texts(neural_safetensors_writer *writer, const neural_trainer *trainer) {
    char *config = NULL;
    NEURAL_TRY(neural_config_resolved(trainer->config, 1, &config));
    neural_status status = neural_safetensors_add_text(writer, "config", config);
    neural_text_free(config);
    if (!status) {
        status = neural_safetensors_add_text(writer, "format", FORMAT);
    }
    if (!status) {
        status = neural_safetensors_add_text(writer, "digest", trainer->digest);
    }
    return status ? status : add_numbers(writer, &trainer->progress);
}

neural_status neural_trainer_save_checkpoint(const neural_trainer *trainer, const char *path) {
    NEURAL_REQUIRE(trainer && path, NEURAL_ERR_NULL_POINTER,
                   "save_checkpoint: trainer and path must be given");
    neural_safetensors_writer *writer = NULL;
    NEURAL_TRY(neural_safetensors_writer_create(&writer));
    neural_status status = add_tensors(writer, trainer);
    if (!status) {
        status = add_texts(writer, trainer);
    }
    if (!status) {
        status = neural_safetensors_write(writer, path);
    }
    neural_safetensors_writer_destroy(writer);
    return status;
}

/* The checkpoint must come from these data and from a config that can go on with it. */
static neural_status check_origin(const neural_trainer *trainer, const neural_safetensors *file) {
    const char *format = neural_safetensors_text(file, "format");
    const char *digest = neural_safetensors_text(file, "digest");
    NEURAL_REQUIRE(format && strcmp(format, FORMAT) == 0, NEURAL_ERR_DATA,
                   "its format is \"%s\", expected \"%s\"", format ? format : "", FORMAT);
    NEURAL_REQUIRE(neural_safetensors_text(file, "checksum"), NEURAL_ERR_DATA,
                   "a checkpoint without its checksum: the file is damaged");
    NEURAL_REQUIRE(digest && strcmp(digest, trainer->digest) == 0, NEURAL_ERR_DATA,
                   "it was made from other training data (digest %s, these have %s)",
                   digest ? digest : "", trainer->digest);
    neural_config *then = NULL;
    const char *text = neural_safetensors_text(file, "config");
    NEURAL_REQUIRE(text, NEURAL_ERR_DATA, "it holds no config");
    NEURAL_TRY(neural_config_parse(text, "config", NULL, 0, &then));
    const neural_status status = neural_config_check_resumable(trainer->config, then);
    neural_config_destroy(then);
    return status;
}

static neural_status read_best(neural_trainer *trainer, const neural_safetensors *file) {
    if (trainer->progress.best_epoch == 0) {
        return NEURAL_OK;
    }
    NEURAL_TRY(trainer_keep_best(trainer));
    NEURAL_TRY(neural_safetensors_read_into(file, "best", trainer->best_values));
    return neural_safetensors_read_into(file, "best_buffers", trainer->best_buffers);
}

static neural_status read_tensors(neural_trainer *trainer, const neural_safetensors *file) {
    const char *name;
    neural_tensor *state;
    NEURAL_TRY(neural_weights_read(file, neural_model_parameters(trainer->model)));
    NEURAL_TRY(neural_weights_read(file, neural_model_buffers(trainer->model)));
    for (int i = 0; (state = neural_optimizer_state(trainer->optimizer, i, &name)); i++) {
        char full[64];
        snprintf(full, sizeof full, "optim.%s", name);
        NEURAL_TRY(neural_safetensors_read_into(file, full, state));
    }
    if (trainer->average) {
        NEURAL_TRY(
            neural_safetensors_read_into(file, "average", neural_ema_average(trainer->average)));
    }
    if (trainer->progress.accumulated > 0) {
        NEURAL_TRY(neural_safetensors_read_into(file, "gradients",
                                                neural_model_parameters(trainer->model)->grads));
    }
    return neural_optimizer_set_steps(trainer->optimizer, trainer->progress.updates);
}

static neural_status restore(neural_trainer *trainer, const neural_safetensors *file) {
    train_progress progress = {0};
    NEURAL_TRY(check_origin(trainer, file));
    NEURAL_TRY(read_numbers(file, &progress));
    trainer->progress = progress;
    neural_schedule_restore(trainer->schedule, &progress.plateau);
    trainer->progress.stopped_early = trainer_is_out_of_patience(trainer);
    NEURAL_TRY(neural_model_frame_check(trainer->model, file));
    NEURAL_TRY(read_tensors(trainer, file));
    NEURAL_TRY(read_history(trainer, file));
    return read_best(trainer, file);
}

neural_status neural_trainer_load_checkpoint(neural_trainer *trainer, const char *path) {
    NEURAL_REQUIRE(trainer && path, NEURAL_ERR_NULL_POINTER,
                   "load_checkpoint: trainer and path must be given");
    neural_safetensors *file = NULL;
    NEURAL_TRY(neural_safetensors_open(path, &file));
    neural_status status = restore(trainer, file);
    if (status) {
        status = neural_error_prefix("%s", path);
    }
    neural_safetensors_close(file);
    return status;
}
