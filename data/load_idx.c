#include <inttypes.h>

#include "core/base/memory.h"
#include "data/dataset_internal.h"
#include "data/idx.h"
#include "data/labels.h"

/* All elements as [rows, rest] of dtype; images (u8 of 3 and more dimensions) become [0, 1]. */
static neural_status to_matrix(const char *path, const neural_idx *idx, neural_dtype dtype,
                               neural_tensor **out) {
    const int is_image = idx->type == NEURAL_IDX_U8 && idx->ndim >= 3;
    const int64_t rows = idx->dims[0], dims[2] = {rows, rows ? idx->len / rows : 0};
    neural_tensor *matrix = NULL;
    int64_t bad = -1;
    NEURAL_TRY(neural_tensor_create(2, dims, dtype, &matrix));
    neural_idx_to_float(idx, dtype, is_image ? 255.0 : 1.0, neural_tensor_data(matrix));
    neural_status status = NEURAL_OK;
    if (idx->type == NEURAL_IDX_F32 || idx->type == NEURAL_IDX_F64) {
        status = neural_tensor_find_nonfinite(matrix, &bad);
    }
    if (!status && bad >= 0) {
        status = neural_error(
            NEURAL_ERR_DATA,
            "%s: item %" PRId64 ", element %" PRId64 ": expected a number in the range of %s",
            /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): bad is an element */
            path, bad / dims[1], bad % dims[1], neural_dtype_name(dtype));
    }
    if (status) {
        neural_tensor_release(matrix);
        return status;
    }
    *out = matrix;
    return NEURAL_OK;
}

static neural_status read_labels(const char *path, const neural_idx *idx,
                                 const neural_data_options *options, neural_parts *out) {
    neural_labels *labels = NULL;
    int64_t *rows = NULL;
    NEURAL_REQUIRE(idx->type < NEURAL_IDX_F32 && idx->len == idx->dims[0], NEURAL_ERR_DATA,
                   "%s: expected one integer label per item", path);
    NEURAL_TRY(
        neural_labels_create(path, idx->len, options->classes, options->class_names, &labels));
    neural_status status = NEURAL_OK;
    for (int64_t i = 0; !status && i < idx->len; i++) {
        status = neural_labels_add_number(labels, neural_idx_integer(idx, i));
    }
    if (!status) {
        status = neural_labels_finish(labels, &rows, &out->classes, &out->class_names);
    }
    if (!status) {
        status = neural_parts_wrap(rows, 1, &idx->len, NEURAL_DTYPE_I64, &out->y);
    }
    neural_labels_destroy(labels);
    return status;
}

static neural_status read_values(const char *path, const neural_idx *idx,
                                 const neural_data_options *options, neural_parts *out) {
    const int64_t outputs = options->outputs ? options->outputs : 1;
    NEURAL_TRY(to_matrix(path, idx, options->dtype, &out->y));
    NEURAL_REQUIRE(neural_tensor_dims(out->y)[1] == outputs, NEURAL_ERR_DATA,
                   "%s: expected %" PRId64 " targets per item, found %" PRId64, path, outputs,
                   neural_tensor_dims(out->y)[1]);
    return options->probability ? neural_parts_check_probabilities(path, out->y) : NEURAL_OK;
}

static neural_status read_parts(const char *path, const neural_idx *idx,
                                const neural_data_options *options, int is_label_file,
                                neural_parts *out) {
    NEURAL_REQUIRE(idx->len > 0, NEURAL_ERR_DATA, "%s: expected items, found none", path);
    out->rows = idx->dims[0];
    if (!is_label_file) {
        return to_matrix(path, idx, options->dtype, &out->x);
    }
    return options->target == NEURAL_TARGET_CLASS ? read_labels(path, idx, options, out)
                                                  : read_values(path, idx, options, out);
}

neural_status neural_parts_read_idx(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out) {
    NEURAL_REQUIRE(is_label_file || options->label_file || options->target == NEURAL_TARGET_NONE,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: an IDX file needs a label file", path);
    neural_idx idx = {.owned = NULL};
    NEURAL_TRY(neural_idx_open(path, file->data, file->bytes, &idx));
    const neural_status status = read_parts(path, &idx, options, is_label_file, out);
    if (status) {
        neural_parts_release(out);
    }
    neural_idx_close(&idx);
    return status;
}
