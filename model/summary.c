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

/* Weights and biases of a plan, which may be NULL: of the layer at `path`, or of all (path NULL).
 */
static int64_t weights_in_8bit(const neural_quantized_plan *plan, const char *path) {
    int64_t weights = 0;
    for (int i = 0; plan && i < plan->count; i++) {
        const neural_quantized_record *record = &plan->record[i];
        const size_t stem = strlen(record->name) - strlen(".weight");
        if (record->weight && record->kind != NEURAL_QUANTIZED_NOT &&
            (!path || (strlen(path) == stem && strncmp(path, record->name, stem) == 0))) {
            weights += neural_tensor_len(record->weight);
            weights += record->bias ? neural_tensor_len(record->bias) : 0;
        }
    }
    return weights;
}

/* What a walk over the layers has to carry: once to measure (text NULL), once to write. */
typedef struct table {
    const neural_quantized_plan *plan; /* or NULL */
    int layer_width, shape_width;
    neural_text *text;
} table;

static int wider(int width, const char *cell) {
    const int len = (int)strlen(cell);
    return len > width ? len : width;
}

static void add_row(table *t, const table_row *row) {
    t->layer_width = wider(t->layer_width, row->layer);
    t->shape_width = wider(t->shape_width, row->shape);
    if (t->text) {
        neural_text_add(t->text, "%-*s%-*s%12s\n", t->layer_width + GAP, row->layer,
                        t->shape_width + GAP, row->shape, row->weights);
    }
}

/* "3" and "shortcut" to "3.shortcut"; an empty name adds nothing. */
static void join_path(const char *path, const char *name, char out[CELL]) {
    snprintf(out, CELL, "%s%s%s", path, *path && *name ? "." : "", name);
}

static neural_status walk(const neural_layer *layer, const char *path, neural_shape shape,
                          table *t);

/* The row of one layer, whose parameters' names begin with `path`, and those of its children, which
 * carry its weights then; *shape moves behind it. */
static neural_status walk_layer(const neural_layer *layer, const char *path, int number,
                                neural_shape *shape, table *t) {
    char name[CELL - 16];
    table_row row = {.weights = "-"};
    neural_shape next;
    const int is_block = neural_layer_child_count(layer) > 0;
    NEURAL_TRY(neural_layer_output_shape(layer, shape, &next));
    neural_layer_describe(layer, name, sizeof name);
    if (number >= 0) {
        snprintf(row.layer, sizeof row.layer, "%2d  %s", number, name);
    } else {
        snprintf(row.layer, sizeof row.layer, "    %.*s  %.*s", CELL / 3, path, CELL / 2, name);
    }
    batch_shape(&next, row.shape);
    if (!is_block) {
        group_digits(weights_of(layer) + weights_in_8bit(t->plan, path), row.weights);
    }
    add_row(t, &row);
    NEURAL_TRY(walk(layer, path, *shape, t));
    *shape = next;
    return NEURAL_OK;
}

/* The children of a block. Those that run side by side are chains, which get no row. */
static neural_status walk(const neural_layer *layer, const char *path, neural_shape shape,
                          table *t) {
    const int side_by_side = neural_layer_is_side_by_side(layer);
    for (int i = 0; i < neural_layer_child_count(layer); i++) {
        const neural_layer *child = neural_layer_child(layer, i);
        char inner[CELL];
        join_path(path, neural_layer_name(child), inner);
        NEURAL_TRY(side_by_side && neural_layer_child_count(child)
                       ? walk(child, inner, shape, t)
                       : walk_layer(child, inner, *path ? -1 : i, &shape, t));
    }
    return NEURAL_OK;
}

static neural_status walk_model(const neural_model *model, table *t) {
    const neural_shape shape = model->row_shape;
    return walk(model->network, "", shape, t);
}

static void add_totals(const neural_model *model, neural_text *text) {
    char weights[NUMBER], shape[CELL];
    const int64_t count = neural_model_weight_count(model);
    const int64_t in_8bit = weights_in_8bit(model->plan, NULL);
    const int64_t bytes = count * neural_dtype_bytes(model->dtype) + in_8bit;
    if (model->plan) {
        group_digits(in_8bit, weights);
        neural_text_add(text, "%s parameters in 8 bits, ", weights);
    }
    group_digits(count, weights);
    batch_shape(&model->input_shape, shape);
    neural_text_add(text, "%s parameters, %s, %.1f KiB; input %s, loss %s", weights,
                    neural_dtype_name(model->dtype), (double)bytes / 1024, shape,
                    neural_loss_name(model->criterion.loss));
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
    table t = {.plan = model->plan,
               .layer_width = (int)strlen("Layer"),
               .shape_width = (int)strlen("Output shape")};
    NEURAL_TRY(walk_model(model, &t));
    const int width = t.layer_width + t.shape_width + 2 * GAP + 12;
    neural_text_add(&text, "%-*s%-*s%12s\n", t.layer_width + GAP, "Layer", t.shape_width + GAP,
                    "Output shape", "Parameters");
    add_line(&text, width);
    t.text = &text;
    const neural_status status = walk_model(model, &t);
    add_line(&text, width);
    add_totals(model, &text);
    char *made = NULL;
    NEURAL_TRY(neural_text_finish(&text, &made));
    if (status) {
        neural_text_free(made);
        return status;
    }
    *out = made;
    return NEURAL_OK;
}
