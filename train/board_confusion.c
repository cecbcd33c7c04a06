#include <string.h>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "metrics/metrics.h"
#include "train/board_type.h"

/* The picture is about so wide; more classes than MAX_CLASSES get none. */
enum { PICTURE = 256, MAX_CLASSES = 1024, CHANNELS = 3 };

/* --- counting --- */

typedef struct counter {
    neural_model *model;
    int64_t classes;
    int64_t *counts; /* [class][prediction] */
} counter;

/* One output is a decision at probability 0.5, as the scores have it. */
static neural_status guess(const neural_model *model, const neural_tensor *prediction,
                           neural_tensor *out) {
    if (neural_model_outputs(model) > 1) {
        return neural_argmax(prediction, out);
    }
    const double threshold = neural_model_loss(model) == NEURAL_LOSS_BCE ? 0.5 : 0;
    int64_t *to = neural_tensor_data(out);
    for (int64_t i = 0; i < neural_tensor_len(out); i++) {
        double value = 0;
        NEURAL_TRY(neural_tensor_get(prediction, (const int64_t[]){i, 0}, &value));
        to[i] = value > threshold;
    }
    return NEURAL_OK;
}

/* Labels outside the classes, ignored ones, are not counted. */
static neural_status count_rows(counter *c, const neural_tensor *guesses, const neural_tensor *y) {
    neural_tensor *labels = NULL;
    NEURAL_TRY(neural_tensor_cast(y, NEURAL_DTYPE_I64, &labels));
    const int64_t *label = neural_tensor_data(labels), *guessed = neural_tensor_data(guesses);
    for (int64_t i = 0; i < neural_tensor_len(guesses); i++) {
        if (label[i] >= 0 && label[i] < c->classes) {
            c->counts[label[i] * c->classes + guessed[i]]++;
        }
    }
    neural_tensor_release(labels);
    return NEURAL_OK;
}

static neural_status count_batch(counter *c, neural_tensor *x, const neural_tensor *y) {
    neural_tensor *prediction = NULL, *guesses = NULL;
    neural_status status = neural_model_forward(c->model, x, &prediction);
    if (!status) {
        status = neural_tensor_create(1, neural_tensor_dims(x), NEURAL_DTYPE_I64, &guesses);
    }
    if (!status) {
        status = guess(c->model, prediction, guesses);
    }
    if (!status) {
        status = count_rows(c, guesses, y);
    }
    neural_tensor_release(guesses);
    neural_tensor_release(prediction);
    return status;
}

static neural_status count_batches(counter *c, neural_batches *batches) {
    NEURAL_TRY(neural_batches_seek(batches, 0, 0));
    for (;;) {
        neural_tensor *x = NULL, *y = NULL;
        NEURAL_TRY(neural_batches_next(batches, &x, &y));
        if (!x) {
            return NEURAL_OK;
        }
        NEURAL_TRY(count_batch(c, x, y));
    }
}

/* Evaluates the validation rows with the weights that would be saved. */
static neural_status count_validation(neural_trainer *trainer, counter *c) {
    const neural_dataset *dataset = trainer->val_rows ? trainer->train_data : trainer->test_data;
    const int64_t rows = trainer->val_rows ? trainer->val_row_count : neural_dataset_rows(dataset);
    neural_layer *network = neural_model_network(c->model);
    neural_batches *batches = NULL;
    NEURAL_TRY(neural_batches_create(dataset, trainer->val_rows, rows, trainer->config->batch_size,
                                     0, 0, &batches));
    const int was_training = neural_layer_training(network);
    const int was_recording = neural_set_grad_enabled(0);
    neural_layer_set_training(network, 0);
    neural_status status = trainer_swap_average(trainer);
    if (!status) {
        status = count_batches(c, batches);
        const neural_status swapped = trainer_swap_average(trainer);
        status = status ? status : swapped;
    }
    neural_layer_set_training(network, was_training);
    neural_set_grad_enabled(was_recording);
    neural_batches_destroy(batches);
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

neural_status board_log_confusion(neural_board *board, int64_t step) {
    neural_model *model = board->trainer->model;
    const neural_loss_target target = neural_loss_target_of(neural_model_loss(model));
    const int64_t outputs = neural_model_outputs(model);
    const int is_decision = target == NEURAL_LOSS_TARGET_PROBABILITIES && outputs == 1;
    if ((target != NEURAL_LOSS_TARGET_CLASSES && !is_decision) || outputs > MAX_CLASSES ||
        !trainer_has_validation(board->trainer)) {
        return NEURAL_OK;
    }
    counter c = {.model = model, .classes = is_decision ? 2 : outputs};
    c.counts = neural_alloc_zeroed((size_t)(c.classes * c.classes) * sizeof *c.counts);
    neural_status status = c.counts ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        status = count_validation(board->trainer, &c);
    }
    if (!status) {
        status = log_picture(board, &c, step);
    }
    neural_free(c.counts);
    return status;
}
