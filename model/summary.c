/* The table people expect of a network. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/model_type.h"
#include "model/text.h"

enum { CELL = 128, NUMBER = 32, GAP = 2 };

typedef struct table_row {
    char layer[CELL], shape[CELL], weights[NUMBER];
} table_row;

/* "1,234,567" */
static void group_digits(int64_t value, char out[NUMBER]) {
    char digits[NUMBER];
    const int len = snprintf(digits, sizeof digits, "%" PRId64, value);
    for (int i = 0; i <= len; i++) {
        *out++ = digits[i];
        if (i + 1 < len && (len - i - 1) % 3 == 0) {
            *out++ = ',';
        }
    }
}

/* "[N, 256]" */
static void batch_shape(const neural_shape *shape, char out[CELL]) {
    char text[NEURAL_SHAPE_TEXT];
    neural_shape_text(shape, text, sizeof text);
    snprintf(out, CELL, "[N%s%.100s", shape->ndim ? ", " : "", text + 1);
}

static int64_t weights_of(const neural_layer *layer) {
    int64_t weights = 0;
    for (int i = 0; i < neural_layer_parameter_count(layer); i++) {
        weights += neural_tensor_len(neural_layer_weight(layer, i));
    }
    return weights;
}

/* Row i: the layer at position i; *shape moves behind it. */
static neural_status fill_row(const neural_model *model, int i, neural_shape *shape,
                              table_row *row) {
    const neural_layer *layer = neural_layer_child(model->network, i);
    char name[CELL - 16];
    neural_shape next;
    NEURAL_TRY(neural_layer_output_shape(layer, shape, &next));
    snprintf(row->layer, sizeof row->layer, "%2d  %s", i,
             neural_layer_describe(layer, name, sizeof name));
    batch_shape(&next, row->shape);
    group_digits(weights_of(layer), row->weights);
    *shape = next;
    return NEURAL_OK;
}

static int wider(int width, const char *cell) {
    const int len = (int)strlen(cell);
    return len > width ? len : width;
}

/* Calls the rows one after the other: once to measure (text NULL), once to write. */
static neural_status walk_rows(const neural_model *model, int *layer_width, int *shape_width,
                               neural_text *text) {
    neural_shape shape = {.ndim = 1, .dim = {model->features}};
    for (int i = 0; i < neural_layer_child_count(model->network); i++) {
        table_row row;
        NEURAL_TRY(fill_row(model, i, &shape, &row));
        *layer_width = wider(*layer_width, row.layer);
        *shape_width = wider(*shape_width, row.shape);
        if (text) {
            neural_text_add(text, "%-*s%-*s%12s\n", *layer_width + GAP, row.layer,
                            *shape_width + GAP, row.shape, row.weights);
        }
    }
    return NEURAL_OK;
}

static void add_totals(const neural_model *model, neural_text *text) {
    char weights[NUMBER], shape[CELL];
    const int64_t count = neural_model_weight_count(model);
    const int64_t bytes = count * neural_dtype_bytes(model->dtype);
    group_digits(count, weights);
    batch_shape(&model->input_shape, shape);
    neural_text_add(text, "%s parameters, %s, %.1f KiB; input %s, loss %s", weights,
                    neural_dtype_name(model->dtype), (double)bytes / 1024, shape,
                    neural_loss_name(model->loss));
    if (model->output_activation != NEURAL_ACTIVATION_NONE) {
        neural_text_add(text, ", %s in predictions",
                        neural_activation_name(model->output_activation));
    }
    neural_text_add(text, "\n");
}

static void add_line(neural_text *text, int width) {
    for (int i = 0; i < width; i++) {
        neural_text_add_bytes(text, "-", 1);
    }
    neural_text_add(text, "\n");
}

neural_status neural_model_summary(const neural_model *model, char **out) {
    NEURAL_REQUIRE(model && out, NEURAL_ERR_NULL_POINTER,
                   "model_summary: model and out must be given");
    neural_text text = {0};
    int layer_width = (int)strlen("Layer"), shape_width = (int)strlen("Output shape");
    NEURAL_TRY(walk_rows(model, &layer_width, &shape_width, NULL));
    const int width = layer_width + shape_width + 2 * GAP + 12;
    neural_text_add(&text, "%-*s%-*s%12s\n", layer_width + GAP, "Layer", shape_width + GAP,
                    "Output shape", "Parameters");
    add_line(&text, width);
    const neural_status status = walk_rows(model, &layer_width, &shape_width, &text);
    add_line(&text, width);
    add_totals(model, &text);
    char *table = NULL;
    NEURAL_TRY(neural_text_finish(&text, &table));
    if (status) {
        neural_text_free(table);
        return status;
    }
    *out = table;
    return NEURAL_OK;
}
