/* Fitted columns at work. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/columns_type.h"
#include "data/dataset_internal.h"

enum { NAME_BYTES = 600 };

/* One dataset on its way. */
typedef struct work {
    const neural_columns *columns;
    const neural_dataset *dataset;
    double **number; /* per category source: of each code of the dataset, -1 = unknown */
    int64_t features;
} work;

/* --- codes of this dataset -> learned numbers --- */

static int64_t find(const neural_names *names, const char *text) {
    int64_t low = 0, high = neural_names_count(names);
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int sign = strcmp(neural_names_get(names, middle), text);
        if (sign == 0) {
            return middle;
        }
        low = sign < 0 ? middle + 1 : low;
        high = sign > 0 ? middle : high;
    }
    return -1;
}

static neural_status number_codes(work *w) {
    const neural_columns *columns = w->columns;
    w->number = neural_alloc_zeroed((size_t)columns->sources * sizeof *w->number);
    if (!w->number) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t j = 0; j < columns->sources; j++) {
        const int64_t known = neural_dataset_categories(w->dataset, j);
        if (!columns->mask[j]) {
            continue;
        }
        w->number[j] = neural_alloc(((size_t)known + 1) * sizeof **w->number);
        if (!w->number[j]) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        for (int64_t code = 0; code < known; code++) {
            w->number[j][code] = (double)find(columns->column[j].names,
                                              neural_dataset_category_name(w->dataset, j, code));
        }
    }
    return NEURAL_OK;
}

static void release(work *w) {
    for (int64_t j = 0; w->number && j < w->columns->sources; j++) {
        neural_free(w->number[j]);
    }
    neural_free(w->number);
}

/* --- values --- */

static const char *name_of(const work *w, int64_t j, char text[32]) {
    const char *name = neural_dataset_feature_name(w->dataset, j);
    snprintf(text, 32, "%" PRId64, j);
    return name ? name : text;
}

static neural_status category_value(const work *w, int64_t row, int64_t j, double code,
                                    double *out) {
    char text[32];
    *out = isnan(code) ? -1.0 : w->number[j][(int64_t)code];
    NEURAL_REQUIRE(*out >= 0 || isnan(code) || w->columns->ignore_unknown, NEURAL_ERR_DATA,
                   "row %" PRId64 ", column %.64s: category \"%.64s\" is not among those of the "
                   "training rows",
                   row, name_of(w, j, text),
                   neural_dataset_category_name(w->dataset, j, (int64_t)code));
    return NEURAL_OK;
}

static double load(const neural_tensor *x, int64_t index) {
    return neural_tensor_dtype(x) == NEURAL_DTYPE_F64
               ? ((const double *)neural_tensor_data(x))[index]
               : ((const float *)neural_tensor_data(x))[index];
}

static void store(neural_tensor *x, int64_t index, double value) {
    if (neural_tensor_dtype(x) == NEURAL_DTYPE_F64) {
        ((double *)neural_tensor_data(x))[index] = value;
    } else {
        ((float *)neural_tensor_data(x))[index] = (float)value;
    }
}

static neural_status encode_row(const work *w, int64_t row, neural_tensor *to) {
    const neural_columns *columns = w->columns;
    const neural_tensor *x = neural_dataset_x(w->dataset);
    int64_t at = row * w->features;
    for (int64_t j = 0; j < columns->sources; j++) {
        const neural_column *column = &columns->column[j];
        double value = load(x, row * columns->sources + j);
        char text[32];
        if (!columns->mask[j]) {
            value = isnan(value) ? column->fill : value;
            NEURAL_REQUIRE(!isnan(value), NEURAL_ERR_DATA,
                           "row %" PRId64 ", column %.64s: the value is missing", row,
                           name_of(w, j, text));
            store(to, at++, value);
            continue;
        }
        NEURAL_TRY(category_value(w, row, j, value, &value));
        if (columns->encoding == NEURAL_ENCODING_ORDINAL) {
            store(to, at++, value);
            continue;
        }
        const int64_t count = neural_names_count(column->names);
        for (int64_t c = 0; c < count; c++) {
            store(to, at++, (double)c == value);
        }
    }
    return NEURAL_OK;
}

/* --- names --- */

static neural_status name_features(const work *w, neural_names **out) {
    const neural_columns *columns = w->columns;
    if (!neural_dataset_feature_name(w->dataset, 0)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_names_create(out));
    for (int64_t j = 0; j < columns->sources; j++) {
        const neural_names *names = columns->column[j].names;
        const int is_onehot = names && columns->encoding == NEURAL_ENCODING_ONEHOT;
        const int64_t count = is_onehot ? neural_names_count(names) : 1;
        for (int64_t c = 0; c < count; c++) {
            char text[NAME_BYTES];
            snprintf(text, sizeof text, is_onehot ? "%s=%s" : "%s",
                     neural_dataset_feature_name(w->dataset, j),
                     is_onehot ? neural_names_get(names, c) : "");
            NEURAL_TRY(neural_names_add(*out, text));
        }
    }
    return NEURAL_OK;
}

static neural_status copy_class_names(const neural_dataset *dataset, neural_names **out) {
    const int64_t classes = neural_dataset_classes(dataset);
    if (!classes) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_names_create(out));
    for (int64_t c = 0; c < classes; c++) {
        NEURAL_TRY(neural_names_add(*out, neural_dataset_class_name(dataset, c)));
    }
    return NEURAL_OK;
}

/* --- all --- */

static neural_status fill_parts(work *w, neural_parts *parts) {
    const int64_t dims[2] = {parts->rows, w->features};
    const neural_dataset *dataset = w->dataset;
    NEURAL_TRY(number_codes(w));
    NEURAL_TRY(
        neural_tensor_create(2, dims, neural_tensor_dtype(neural_dataset_x(dataset)), &parts->x));
    for (int64_t row = 0; row < parts->rows; row++) {
        NEURAL_TRY(encode_row(w, row, parts->x));
    }
    if (neural_dataset_y(dataset)) {
        parts->y = neural_tensor_retain(neural_dataset_y(dataset));
    }
    parts->classes = neural_dataset_classes(dataset);
    NEURAL_TRY(name_features(w, &parts->feature_names));
    return copy_class_names(dataset, &parts->class_names);
}

neural_status neural_columns_apply(const neural_columns *columns, const neural_dataset *dataset,
                                   neural_dataset **out) {
    NEURAL_REQUIRE(columns && dataset && out, NEURAL_ERR_NULL_POINTER,
                   "columns_apply: columns, dataset or out is NULL");
    NEURAL_REQUIRE(neural_dataset_features(dataset) == columns->sources, NEURAL_ERR_DATA,
                   "expected %" PRId64 " feature columns, found %" PRId64, columns->sources,
                   neural_dataset_features(dataset));
    for (int64_t j = 0; j < columns->sources; j++) {
        NEURAL_REQUIRE(columns->mask[j] || neural_dataset_categories(dataset, j) == 0,
                       NEURAL_ERR_DATA,
                       "column %" PRId64 " is a category, in training it was a number", j);
    }
    work w = {.columns = columns, .dataset = dataset, .features = neural_columns_features(columns)};
    neural_parts parts = {.rows = neural_dataset_rows(dataset)};
    neural_status status = fill_parts(&w, &parts);
    if (!status) {
        status = neural_dataset_from_parts(&parts, neural_dataset_target_kind(dataset), out);
    }
    neural_parts_release(&parts);
    release(&w);
    return status;
}
