/* Tables of vectors. */
#include "core/base/memory.h"
#include "layers/embedding.h"
#include "model/layer_builders.h"

enum { MAX_ROWS = 1000000000, MAX_COLS = 1 << 24 };

neural_status neural_build_embedding(neural_layer_call *call, neural_layer_site *site,
                                     neural_layer **out) {
    int64_t rows = 0, cols = 0, padding = -1, weights = 0;
    const char *text = NULL;
    NEURAL_TRY(neural_layer_int(call, 0, "rows", 1, MAX_ROWS, &rows));
    NEURAL_TRY(neural_layer_int(call, 1, "cols", 1, MAX_COLS, &cols));
    NEURAL_TRY(neural_layer_text(call, 2, "padding", &text));
    if (text) {
        NEURAL_TRY(neural_layer_int(call, 2, "padding", 0, rows - 1, &padding));
    }
    NEURAL_TRY(neural_layer_call_finish(call));
    if (site->position != 0) {
        return neural_layer_call_name(
            call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                               "it looks up the columns of the data as indices, so it must be the "
                               "first layer"));
    }
    NEURAL_TRY(neural_layer_call_name(call, neural_size_mul(rows, cols, &weights)));
    NEURAL_TRY(neural_layer_site_take(site, call, weights));
    return neural_layer_call_name(
        call, neural_embedding_create(rows, cols, padding, site->dtype, site->seed, out));
}
