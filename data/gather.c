#include <inttypes.h>
#include <string.h>

#include "core/tensor/storage.h"
#include "data/dataset_internal.h"

enum {
    AHEAD = 16, /* rows whose first lines are fetched while one is copied */
    LINE_BYTES = 64,
    FETCHED_BYTES = 256
};

/* `tensor` has to take `count` rows of `row_len` elements of `dtype`. */
static neural_status require_room(const neural_tensor *tensor, const char *name, int64_t count,
                                  int64_t row_len, neural_dtype dtype) {
    const int ndim = neural_tensor_ndim(tensor);
    const int64_t *dims = neural_tensor_dims(tensor);
    NEURAL_REQUIRE(neural_tensor_dtype(tensor) == dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "gather: %s is %s, the dataset's %s", name,
                   neural_dtype_name(neural_tensor_dtype(tensor)), neural_dtype_name(dtype));
    const int fits = ndim >= 1 && dims[0] >= count && neural_tensor_is_contiguous(tensor) &&
                     neural_tensor_len(tensor) / (dims[0] ? dims[0] : 1) == row_len;
    NEURAL_REQUIRE(fits || count == 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "gather: %s has to be contiguous, %" PRId64 " rows of %" PRId64, name, count,
                   row_len);
    return NEURAL_OK;
}

/* The first lines of a row; of long ones the processor fetches the rest itself. */
static inline void fetch(const char *row, int64_t bytes) {
    const int64_t near = bytes < FETCHED_BYTES ? bytes : FETCHED_BYTES;
    for (int64_t at = 0; at < near; at += LINE_BYTES) {
        __builtin_prefetch(row + at);
    }
}

static void gather_rows(const neural_tensor *src, const int64_t *rows, int64_t count,
                        int64_t row_bytes, neural_tensor *dst) {
    const char *from = neural_tensor_data(src);
    char *to = neural_tensor_data(dst);
    for (int64_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            fetch(from + rows[i + AHEAD] * row_bytes, row_bytes);
        }
        memcpy(to + i * row_bytes, from + rows[i] * row_bytes, (size_t)row_bytes);
    }
    neural_tensor_touch(dst);
}

neural_status neural_dataset_gather(const neural_dataset *dataset, const int64_t *rows,
                                    int64_t count, neural_tensor *x, neural_tensor *y) {
    NEURAL_REQUIRE(dataset && x && (rows || count == 0), NEURAL_ERR_NULL_POINTER,
                   "gather: dataset, rows or x is NULL");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT, "gather: count is %" PRId64, count);
    const neural_tensor *features = neural_dataset_x(dataset), *targets = neural_dataset_y(dataset);
    const int64_t total = neural_dataset_rows(dataset), width = neural_dataset_features(dataset);
    NEURAL_REQUIRE(targets || !y, NEURAL_ERR_INVALID_ARGUMENT,
                   "gather: y given, but the dataset has no targets");
    NEURAL_TRY(require_room(x, "x", count, width, neural_tensor_dtype(features)));
    if (y) {
        NEURAL_TRY(require_room(y, "y", count, neural_dataset_outputs(dataset),
                                neural_tensor_dtype(targets)));
    }
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(rows[i] >= 0 && rows[i] < total, NEURAL_ERR_INVALID_ARGUMENT,
                       "gather: row %" PRId64 " is outside [0, %" PRId64 ")", rows[i], total);
    }
    gather_rows(features, rows, count, width * neural_dtype_bytes(neural_tensor_dtype(features)),
                x);
    const double *scaling = neural_dataset_scaling(dataset);
    if (scaling) {
        neural_rows_scale(x, count, width, scaling, scaling + width);
    }
    if (y) {
        const neural_dtype dtype = neural_tensor_dtype(targets);
        gather_rows(targets, rows, count,
                    neural_dataset_outputs(dataset) * neural_dtype_bytes(dtype), y);
    }
    return NEURAL_OK;
}
