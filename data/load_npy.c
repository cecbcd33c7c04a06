/* NPY and NPZ files as datasets. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/dataset_internal.h"
#include "data/labels.h"
#include "data/npy.h"
#include "data/zip.h"

/* An array and the memory it lies in, when that is not the file's. */
typedef struct array {
    neural_npy npy;
    void *owned;
    int is_given;
} array;

/* --- which array --- */

static int is_called(const neural_zip_member *member, const char *name) {
    const size_t bytes = strlen(name);
    return (size_t)member->name_bytes == bytes + 4 && memcmp(member->name, name, bytes) == 0 &&
           memcmp(member->name + bytes, ".npy", 4) == 0;
}

/* The member of that name. */
static neural_status find_member(const neural_zip *zip, const char *name, neural_zip_member *out,
                                 int *found) {
    const unsigned char *at = NULL;
    *found = 0;
    for (int more = 1; more && !*found;) {
        NEURAL_TRY(neural_zip_next(zip, &at, out, &more));
        *found = more && is_called(out, name);
    }
    return NEURAL_OK;
}

/* The array called `name`, or where that is NULL the first of `usual` (ends with NULL) there is. */
static neural_status read_member(const neural_zip *zip, const char *name, const char *const *usual,
                                 array *out) {
    const char *const given[] = {name, NULL};
    neural_zip_member member;
    int found = 0;
    for (const char *const *try = name ? given : usual; *try && !found; try++) {
        NEURAL_TRY(find_member(zip, *try, &member, &found));
    }
    NEURAL_REQUIRE(found || !name, NEURAL_ERR_DATA, "%s: there is no array \"%.64s\"", zip->path,
                   name);
    if (!found) {
        return NEURAL_OK;
    }
    const unsigned char *data = NULL;
    NEURAL_TRY(neural_zip_read(zip, &member, &data, &out->owned));
    out->is_given = 1;
    return neural_npy_open(zip->path, data, (size_t)member.bytes, &out->npy);
}

static neural_status read_archive(const char *path, const neural_file_view *file,
                                  const neural_data_options *options, int is_label_file, array *x,
                                  array *y) {
    static const char *const usual_x[] = {"x", "X", "features", "data", "arr_0", NULL};
    static const char *const usual_y[] = {"y", "Y", "labels", "targets", "target", "arr_1", NULL};
    static const char *const only_y[] = {"y",      "Y",     "labels", "targets",
                                         "target", "arr_1", "arr_0",  NULL};
    neural_zip zip;
    NEURAL_TRY(neural_zip_open(path, file->data, file->bytes, &zip));
    if (is_label_file) {
        NEURAL_TRY(read_member(&zip, options->label_array, only_y, y));
        NEURAL_REQUIRE(y->is_given, NEURAL_ERR_DATA, "%s: expected an array y or labels", path);
        return NEURAL_OK;
    }
    NEURAL_TRY(read_member(&zip, options->array, usual_x, x));
    NEURAL_REQUIRE(x->is_given, NEURAL_ERR_DATA, "%s: expected an array x, features or arr_0",
                   path);
    return options->target != NEURAL_TARGET_NONE && !options->label_file
               ? read_member(&zip, options->label_array, usual_y, y)
               : NEURAL_OK;
}

/* --- features --- */

static int64_t width_of(const neural_npy *npy) {
    int64_t width = 1;
    for (int i = 1; i < npy->ndim; i++) {
        width *= npy->dims[i];
    }
    return width;
}

static neural_status require_items(const char *path, const neural_npy *npy) {
    NEURAL_REQUIRE(npy->ndim >= 1 && npy->len > 0, NEURAL_ERR_DATA,
                   "%s: expected an array of rows, found %s", path,
                   npy->ndim ? "an empty one" : "a single number");
    return NEURAL_OK;
}

/* u8 of 3 and more dimensions are images: [0, 1]. */
static void scale_images(const neural_npy *npy, neural_tensor *matrix) {
    const int is_f64 = neural_tensor_dtype(matrix) == NEURAL_DTYPE_F64;
    for (int64_t i = 0; i < npy->len; i++) {
        if (is_f64) {
            ((double *)neural_tensor_data(matrix))[i] /= 255.0;
        } else {
            ((float *)neural_tensor_data(matrix))[i] /= 255.0f;
        }
    }
}

static neural_status require_finite(const char *path, const neural_tensor *matrix) {
    int64_t bad = -1;
    NEURAL_TRY(neural_tensor_find_nonfinite(matrix, &bad));
    const int64_t width = neural_tensor_dims(matrix)[1];
    NEURAL_REQUIRE(bad < 0, NEURAL_ERR_DATA,
                   "%s: item %" PRId64 ", element %" PRId64
                   ": expected a number in the range of %s",
                   path, bad / width, bad % width, neural_dtype_name(neural_tensor_dtype(matrix)));
    return NEURAL_OK;
}

static neural_status to_matrix(const char *path, const neural_npy *npy, neural_dtype dtype,
                               neural_tensor **out) {
    const int64_t dims[2] = {npy->dims[0], width_of(npy)};
    neural_tensor *matrix = NULL;
    NEURAL_TRY(require_items(path, npy));
    NEURAL_TRY(neural_tensor_create(2, dims, dtype, &matrix));
    neural_npy_to_float(npy, dtype, neural_tensor_data(matrix));
    if (npy->kind == 'u' && npy->element_bytes == 1 && npy->ndim >= 3) {
        scale_images(npy, matrix);
    }
    const neural_status status = npy->kind == 'f' ? require_finite(path, matrix) : NEURAL_OK;
    if (status) {
        neural_tensor_release(matrix);
        return status;
    }
    *out = matrix;
    return NEURAL_OK;
}

static void close_view(void *context) {
    neural_file_view_close(context);
    neural_free(context);
}

/* The features stay in the mapped file, which now belongs to the tensor. */
static neural_status keep_in_file(const char *path, const neural_npy *npy, neural_dtype dtype,
                                  neural_file_view *file, neural_parts *out) {
    const int64_t dims[2] = {npy->dims[0], width_of(npy)};
    neural_file_view *kept = neural_alloc(sizeof *kept);
    if (!kept) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *kept = *file;
    *file = (neural_file_view){0};
    const neural_status status = neural_tensor_wrap((void *)(uintptr_t)npy->data, 2, dims, NULL,
                                                    dtype, close_view, kept, &out->x);
    if (status) {
        close_view(kept);
        return status;
    }
    out->is_mapped = 1;
    return require_finite(path, out->x);
}

/* --- targets --- */

static neural_status add_label(const char *path, const array *y, int64_t row,
                               neural_labels *labels) {
    int64_t value = 0;
    NEURAL_REQUIRE(neural_npy_integer(&y->npy, row, &value), NEURAL_ERR_DATA,
                   "%s: item %" PRId64 ": expected an integer label", path, row);
    return neural_labels_add_number(labels, value);
}

static neural_status finish_labels(neural_labels *labels, const int64_t *rows, neural_parts *out) {
    int64_t *memory = NULL;
    NEURAL_TRY(neural_labels_finish(labels, &memory, &out->classes, &out->class_names));
    return neural_parts_wrap(memory, 1, rows, NEURAL_DTYPE_I64, &out->y);
}

static neural_status read_labels(const char *path, const array *y,
                                 const neural_data_options *options, neural_parts *out) {
    const int64_t rows = y->npy.ndim ? y->npy.dims[0] : 0;
    neural_labels *labels = NULL;
    NEURAL_TRY(require_items(path, &y->npy));
    NEURAL_REQUIRE(y->npy.len == rows, NEURAL_ERR_DATA, "%s: expected one label per item", path);
    NEURAL_TRY(neural_labels_create(path, rows, options->classes, options->class_names, &labels));
    neural_status status = NEURAL_OK;
    for (int64_t i = 0; !status && i < rows; i++) {
        status = add_label(path, y, i, labels);
    }
    if (!status) {
        status = finish_labels(labels, &rows, out);
    }
    neural_labels_destroy(labels);
    return status;
}

static neural_status check_values(const char *path, const neural_data_options *options,
                                  const neural_tensor *y) {
    const int64_t outputs = options->outputs ? options->outputs : 1;
    NEURAL_REQUIRE(neural_tensor_dims(y)[1] == outputs, NEURAL_ERR_DATA,
                   "%s: expected %" PRId64 " targets per item, found %" PRId64, path, outputs,
                   neural_tensor_dims(y)[1]);
    return options->probability ? neural_parts_check_probabilities(path, y) : NEURAL_OK;
}

static neural_status read_targets(const char *path, const array *y,
                                  const neural_data_options *options, neural_parts *out) {
    if (options->target == NEURAL_TARGET_CLASS) {
        return read_labels(path, y, options, out);
    }
    NEURAL_TRY(to_matrix(path, &y->npy, options->dtype, &out->y));
    return check_values(path, options, out->y);
}

/* --- targets among the columns of one matrix --- */

static neural_status target_column(const char *path, const neural_data_options *options,
                                   int64_t columns, int64_t targets, int64_t *out) {
    const char *text = options->label_column ? options->label_column : "-1";
    char *end;
    const long long value = strtoll(text, &end, 10);
    const int64_t column = strcmp(text, "-1") == 0 ? columns - targets
                           : value < 0             ? columns + value
                                                   : value;
    NEURAL_REQUIRE(end != text && !*end && column >= 0 && column <= columns - targets,
                   NEURAL_ERR_DATA, "%s: no label column \"%.64s\" among %" PRId64 " columns", path,
                   text, columns);
    *out = column;
    return NEURAL_OK;
}

static neural_status slice_copy(neural_tensor *from, int64_t first, int64_t count,
                                neural_tensor *into, int64_t at) {
    neural_tensor *src = NULL, *dst = NULL;
    if (count == 0) {
        return NEURAL_OK;
    }
    neural_status status = neural_tensor_slice(from, 1, first, count, 1, &src);
    if (!status) {
        status = neural_tensor_slice(into, 1, at, count, 1, &dst);
    }
    if (!status) {
        status = neural_tensor_copy(dst, src);
    }
    neural_tensor_release(src);
    neural_tensor_release(dst);
    return status;
}

static neural_status label_column(const char *path, const neural_tensor *y,
                                  const neural_data_options *options, neural_parts *out) {
    const int64_t rows = neural_tensor_dims(y)[0];
    neural_labels *labels = NULL;
    NEURAL_TRY(neural_labels_create(path, rows, options->classes, options->class_names, &labels));
    neural_status status = NEURAL_OK;
    for (int64_t i = 0; !status && i < rows; i++) {
        double value = 0;
        status = neural_tensor_get(y, (int64_t[2]){i, 0}, &value);
        const int is_integer = value > -9e15 && value < 9e15 && value == (double)(int64_t)value;
        if (!status && !is_integer) {
            status = neural_error(NEURAL_ERR_DATA,
                                  "%s: item %" PRId64 ": expected an integer label, found %g", path,
                                  i, value);
        }
        status = status ? status : neural_labels_add_number(labels, (int64_t)value);
    }
    if (!status) {
        status = finish_labels(labels, &rows, out);
    }
    neural_labels_destroy(labels);
    return status;
}

/* Splits `whole` [rows, columns] into x and y; both are new. */
static neural_status split_columns(const char *path, neural_tensor *whole,
                                   const neural_data_options *options, neural_parts *out) {
    const int is_class = options->target == NEURAL_TARGET_CLASS;
    const int64_t targets = !is_class && options->outputs > 1 ? options->outputs : 1;
    const int64_t rows = neural_tensor_dims(whole)[0], columns = neural_tensor_dims(whole)[1];
    const int64_t dims_x[2] = {rows, columns - targets}, dims_y[2] = {rows, targets};
    int64_t at = 0;
    NEURAL_REQUIRE(columns > targets, NEURAL_ERR_DATA,
                   "%s: expected at least %" PRId64 " columns, found %" PRId64, path, targets + 1,
                   columns);
    NEURAL_TRY(target_column(path, options, columns, targets, &at));
    neural_tensor *y = NULL;
    NEURAL_TRY(neural_tensor_create(2, dims_x, options->dtype, &out->x));
    NEURAL_TRY(neural_tensor_create(2, dims_y, options->dtype, &y));
    neural_status status = slice_copy(whole, 0, at, out->x, 0);
    if (!status) {
        status = slice_copy(whole, at + targets, columns - targets - at, out->x, at);
    }
    if (!status) {
        status = slice_copy(whole, at, targets, y, 0);
    }
    if (!status && is_class) {
        status = label_column(path, y, options, out);
    }
    if (status || is_class) {
        neural_tensor_release(y);
        return status;
    }
    out->y = y;
    return check_values(path, options, y);
}

/* --- a file --- */

static neural_status read_features(const char *path, const array *x, const array *y,
                                   neural_file_view *file, const neural_data_options *options,
                                   neural_parts *out) {
    const neural_npy *npy = &x->npy;
    NEURAL_TRY(require_items(path, npy));
    const int has_columns =
        options->target != NEURAL_TARGET_NONE && !options->label_file && !y->is_given;
    const int is_aligned = (uintptr_t)npy->data % (uintptr_t)npy->element_bytes == 0;
    out->rows = npy->dims[0];
    if (!has_columns && !x->owned && is_aligned && neural_npy_is_plain(npy, options->dtype)) {
        return keep_in_file(path, npy, options->dtype, file, out);
    }
    if (!has_columns) {
        return to_matrix(path, npy, options->dtype, &out->x);
    }
    neural_tensor *whole = NULL;
    NEURAL_TRY(to_matrix(path, npy, options->dtype, &whole));
    const neural_status status = split_columns(path, whole, options, out);
    neural_tensor_release(whole);
    return status;
}

static neural_status read_parts(const char *path, neural_file_view *file,
                                const neural_data_options *options, int is_label_file, array *x,
                                array *y, neural_parts *out) {
    if (neural_zip_is(file->data, file->bytes)) {
        NEURAL_TRY(read_archive(path, file, options, is_label_file, x, y));
    } else {
        array *one = is_label_file ? y : x;
        one->is_given = 1;
        NEURAL_TRY(neural_npy_open(path, file->data, file->bytes, &one->npy));
    }
    if (y->is_given) {
        NEURAL_TRY(read_targets(path, y, options, out));
        out->rows = y->npy.dims[0];
    }
    if (is_label_file) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!y->is_given || x->npy.ndim == 0 || x->npy.dims[0] == out->rows, NEURAL_ERR_DATA,
                   "%s: the targets have %" PRId64 " rows, the features %" PRId64, path, out->rows,
                   x->npy.dims[0]);
    return read_features(path, x, y, file, options, out);
}

int neural_parts_is_npy(const neural_file_view *file) {
    return neural_npy_is(file->data, file->bytes) || neural_zip_is(file->data, file->bytes);
}

neural_status neural_parts_read_npy(const char *path, neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out) {
    array x = {.owned = NULL}, y = {.owned = NULL};
    const neural_status status = read_parts(path, file, options, is_label_file, &x, &y, out);
    neural_free(x.owned);
    neural_free(y.owned);
    if (status) {
        neural_parts_release(out);
    }
    return status;
}
