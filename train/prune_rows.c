/* What the weights of a model cost. */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "pruning/mask.h"
#include "train/prune.h"

static int is_kind(const neural_layer *layer, const char *kind) {
    char text[160];
    const size_t bytes = strlen(kind);
    neural_layer_describe(layer, text, sizeof text);
    return strncmp(text, kind, bytes) == 0 && text[bytes] == '(';
}

/* How often each element of the weight is multiplied for one row of data. */
static int64_t uses_of(const neural_layer *layer, const neural_tensor *weight,
                       const neural_shape *in, const neural_shape *out) {
    if (is_kind(layer, "Embedding") || weight->shape.dim[0] == 0) {
        return 0;
    }
    const neural_shape *counted = is_kind(layer, "ConvTranspose2d") ? in : out;
    return neural_shape_len(counted) / weight->shape.dim[0];
}

typedef struct row_list {
    neural_prune_row *row; /* NULL: they are only counted */
    int count;
} row_list;

static void add_rows(row_list *list, const neural_layer *layer, const neural_shape *in,
                     const neural_shape *out) {
    for (int i = 0; i < neural_layer_parameter_count(layer); i++) {
        const neural_parameter *parameter = neural_layer_parameter(layer, i);
        const neural_tensor *value = parameter->value;
        if (value->shape.ndim < 2) {
            continue;
        }
        if (list->row) {
            neural_prune_row *row = &list->row[list->count];
            const int64_t uses = uses_of(layer, value, in, out);
            *row = (neural_prune_row){.weights = value->len, .kept = value->len};
            memcpy(row->name, parameter->name, sizeof row->name);
            if (parameter->mask) {
                row->kept = neural_mask_count(neural_tensor_data(parameter->mask), value->len);
            }
            row->macs = uses * row->weights;
            row->macs_kept = uses * row->kept;
        }
        list->count++;
    }
}

static neural_status walk(const neural_layer *layer, const neural_shape *in, row_list *list) {
    neural_shape out, at = *in;
    if (neural_layer_child_count(layer) == 0) {
        NEURAL_TRY(neural_layer_output_shape(layer, in, &out));
        add_rows(list, layer, in, &out);
        return NEURAL_OK;
    }
    for (int i = 0; i < neural_layer_child_count(layer); i++) {
        const neural_layer *child = neural_layer_child(layer, i);
        NEURAL_TRY(walk(child, &at, list));
        if (!neural_layer_is_side_by_side(layer)) {
            NEURAL_TRY(neural_layer_output_shape(child, &at, &at));
        }
    }
    return NEURAL_OK;
}

neural_status neural_model_prune_rows(const neural_model *model, neural_prune_row **out,
                                      int *count) {
    NEURAL_REQUIRE(model && out && count, NEURAL_ERR_NULL_POINTER,
                   "model_prune_rows: model, out and count must be given");
    const neural_layer *network = neural_model_network(model);
    const neural_shape *in = neural_model_row_shape(model);
    row_list list = {0};
    NEURAL_TRY(walk(network, in, &list));
    list.row = neural_alloc((size_t)list.count * sizeof *list.row);
    if (!list.row) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    list.count = 0;
    const neural_status status = walk(network, in, &list);
    if (status) {
        neural_free(list.row);
        return status;
    }
    *out = list.row;
    *count = list.count;
    return NEURAL_OK;
}

void neural_prune_rows_free(neural_prune_row *rows) {
    neural_free(rows);
}
