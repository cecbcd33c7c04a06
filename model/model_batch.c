/* What a network asks of the rows of a batch. */
#include <stdio.h>

#include "layers/norm.h"
#include "model/model_type.h"

enum { PATH = 128 };

/* "3" and 2 to "3.2"; blocks that stand side by side count from 1 as in the layers line, the branch
 * of a residual (without a name) adds nothing. */
static void join_path(const char *path, const neural_layer *parent, int i, char out[PATH]) {
    const char *name = neural_layer_name(neural_layer_child(parent, i));
    char part[24];
    if (*name >= '0' && *name <= '9') {
        snprintf(part, sizeof part, "%d", i + 1);
    } else {
        snprintf(part, sizeof part, "%s", name);
    }
    snprintf(out, PATH, "%s%s%s", path, *path && *part ? "." : "", part);
}

static neural_status check(const neural_layer *layer, const char *path, neural_shape in) {
    const int side_by_side = neural_layer_is_side_by_side(layer);
    if (neural_batch_norm_trains_on_batch(layer) && neural_shape_len(&in) == in.dim[0]) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG,
                            "layer %s (batchnorm) takes statistics over the batch, expected at "
                            "least 2 values per channel",
                            path);
    }
    for (int i = 0; i < neural_layer_child_count(layer); i++) {
        const neural_layer *child = neural_layer_child(layer, i);
        char inner[PATH];
        join_path(path, layer, i, inner);
        NEURAL_TRY(check(child, inner, in));
        if (!side_by_side) {
            NEURAL_TRY(neural_layer_output_shape(child, &in, &in));
        }
    }
    return NEURAL_OK;
}

neural_status neural_model_check_single_row(const neural_model *model) {
    return check(model->network, "", model->row_shape);
}
