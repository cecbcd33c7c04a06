#include <string.h>

#include "core/base/memory.h"
#include "metrics/metrics.h"
#include "train/board_type.h"

/* The picture is about so wide; more classes than MAX_CLASSES get none. */
enum { PICTURE = 256, MAX_CLASSES = 1024, CHANNELS = 3 };

/* --- counting --- */

typedef struct counter {
    int64_t classes;
    int64_t *counts; /* [class][prediction] */
} counter;

/* One output is a decision at probability 0.5, as the scores have it. */
static neural_status guess(const neural_model *model, const neural_tensor *outputs,
                           neural_tensor *guesses) {
    if (neural_model_outputs(model) > 1) {
        return neural_argmax(outputs, guesses);
    }
    const double threshold = neural_model_loss(model) == NEURAL_LOSS_BCE ? 0.5 : 0;
    int64_t *to = neural_tensor_data(guesses);
    for (int64_t i = 0; i < neural_tensor_len(guesses); i++) {
        double value = 0;
        NEURAL_TRY(neural_tensor_get(outputs, (const int64_t[]){i, 0}, &value));
        to[i] = value > threshold;
    }
    return NEURAL_OK;
}

/* Labels outside the classes, ignored ones, are not counted. */
static neural_status count_rows(counter *c, const neural_trainer *trainer,
                                const neural_tensor *guesses) {
    const neural_dataset *dataset;
    int64_t count;
    const int64_t *rows = trainer_validation_rows(trainer, &dataset, &count);
    neural_tensor *labels = NULL;
    NEURAL_TRY(neural_tensor_cast(neural_dataset_y(dataset), NEURAL_DTYPE_I64, &labels));
    const int64_t *label = neural_tensor_data(labels), *guessed = neural_tensor_data(guesses);
    for (int64_t i = 0; i < count; i++) {
        const int64_t k = label[rows ? rows[i] : i];
        if (k >= 0 && k < c->classes) {
            c->counts[k * c->classes + guessed[i]]++;
        }
    }
    neural_tensor_release(labels);
    return NEURAL_OK;
}

static neural_status count_validation(counter *c, const neural_trainer *trainer) {
    neural_tensor *guesses = NULL;
    NEURAL_TRY(
        neural_tensor_create(1, neural_tensor_dims(trainer->outputs), NEURAL_DTYPE_I64, &guesses));
    neural_status status = guess(trainer->model, trainer->outputs, guesses);
    if (!status) {
        status = count_rows(c, trainer, guesses);
    }
    neural_tensor_release(guesses);
    return status;
}

/* --- drawing --- */

/* From white (none of the row) to blue (all of it). */
static void paint(uint8_t *pixel, int64_t part, int64_t whole) {
    const double share = whole > 0 ? (double)part / (double)whole : 0;
    pixel[0] = (uint8_t)(255 - 247 * share);
    pixel[1] = (uint8_t)(255 - 207 * share);
    pixel[2] = (uint8_t)(255 - 148 * share);
}

static void draw(const counter *c, int64_t cell, uint8_t *pixels) {
    const int64_t side = c->classes * cell;
    for (int64_t label = 0; label < c->classes; label++) {
        const int64_t *row = c->counts + label * c->classes;
        uint8_t *first = pixels + label * cell * side * CHANNELS;
        int64_t whole = 0;
        for (int64_t k = 0; k < c->classes; k++) {
            whole += row[k];
        }
        for (int64_t i = 0; i < side; i++) {
            paint(first + i * CHANNELS, row[i / cell], whole);
        }
        for (int64_t i = 1; i < cell; i++) {
            memcpy(first + i * side * CHANNELS, first, (size_t)(side * CHANNELS));
        }
    }
}

static neural_status log_picture(neural_board *board, const counter *c, int64_t step) {
    const int64_t cell = c->classes < PICTURE ? PICTURE / c->classes : 1;
    const int64_t side = c->classes * cell;
    uint8_t *pixels = neural_alloc((size_t)(side * side * CHANNELS));
    if (!pixels) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    draw(c, cell, pixels);
    const neural_status status = neural_summary_writer_add_image(
        board->writer, "confusion/validation", pixels, side, side, CHANNELS, step);
    neural_free(pixels);
    return status;
}

/* Classes of the picture; 0: there is none. */
static int64_t picture_classes(const neural_trainer *trainer) {
    const int64_t outputs = neural_model_outputs(trainer->model);
    if (!trainer_has_validation(trainer) || outputs > MAX_CLASSES) {
        return 0;
    }
    switch (neural_loss_target_of(neural_model_loss(trainer->model))) {
    case NEURAL_LOSS_TARGET_CLASSES:
        return outputs;
    case NEURAL_LOSS_TARGET_PROBABILITIES:
        return outputs == 1 ? 2 : 0;
    default:
        return 0;
    }
}

neural_status board_want_confusion(neural_board *board) {
    return picture_classes(board->trainer) ? trainer_keep_outputs(board->trainer) : NEURAL_OK;
}

neural_status board_log_confusion(neural_board *board, int64_t step) {
    counter c = {.classes = picture_classes(board->trainer)};
    if (!c.classes) {
        return NEURAL_OK;
    }
    c.counts = neural_alloc_zeroed((size_t)(c.classes * c.classes) * sizeof *c.counts);
    neural_status status = c.counts ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        status = count_validation(&c, board->trainer);
    }
    if (!status) {
        status = log_picture(board, &c, step);
    }
    neural_free(c.counts);
    return status;
}
