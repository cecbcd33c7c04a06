#include "data/columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/columns_type.h"

/* The training rows of one column. */
typedef struct fit {
    const neural_dataset *dataset;
    const int64_t *rows; /* NULL = all */
    int64_t count;
    double *values; /* of one column, missing ones left out */
} fit;

neural_status neural_columns_create(int64_t sources, neural_columns **out) {
    int64_t bytes;
    NEURAL_TRY(neural_size_mul(sources, (int64_t)sizeof(neural_column), &bytes));
    neural_columns *columns = neural_alloc_zeroed(sizeof *columns);
    if (!columns) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    columns->sources = sources;
    columns->column = neural_alloc_zeroed((size_t)bytes);
    columns->mask = neural_alloc_zeroed((size_t)sources);
    if (!columns->column || !columns->mask) {
        neural_columns_destroy(columns);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t j = 0; j < sources; j++) {
        columns->column[j].fill = NAN;
    }
    *out = columns;
    return NEURAL_OK;
}

void neural_columns_destroy(neural_columns *columns) {
    if (columns) {
        for (int64_t j = 0; columns->column && j < columns->sources; j++) {
            neural_names_destroy(columns->column[j].names);
        }
        neural_free(columns->column);
        neural_free(columns->mask);
        neural_free(columns);
    }
}

/* --- learning --- */

static double value_at(const neural_tensor *x, int64_t row, int64_t j) {
    const int64_t index = row * neural_tensor_dims(x)[1] + j;
    return neural_tensor_dtype(x) == NEURAL_DTYPE_F64
               ? ((const double *)neural_tensor_data(x))[index]
               : ((const float *)neural_tensor_data(x))[index];
}

static int64_t collect(const fit *from, int64_t j) {
    const neural_tensor *x = neural_dataset_x(from->dataset);
    int64_t used = 0;
    for (int64_t i = 0; i < from->count; i++) {
        const double value = value_at(x, from->rows ? from->rows[i] : i, j);
        if (!isnan(value)) {
            from->values[used++] = value;
        }
    }
    return used;
}

static int compare_doubles(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double mean_of(const double *values, int64_t count) {
    double mean = 0.0;
    for (int64_t i = 0; i < count; i++) {
        mean += (values[i] - mean) / (double)(i + 1);
    }
    return mean;
}

/* The middle value, or the mean of the two in the middle. */
static double median_of(double *values, int64_t count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    const double low = values[(count - 1) / 2], high = values[count / 2];
    return low + (high - low) / 2;
}

static neural_status fail_empty(const fit *from, int64_t j, const char *what) {
    const char *name = neural_dataset_feature_name(from->dataset, j);
    return neural_error(NEURAL_ERR_DATA,
                        "column %" PRId64 "%s%.64s%s has no %s in the training rows", j,
                        name ? " (" : "", name ? name : "", name ? ")" : "", what);
}

static neural_status learn_number(const fit *from, neural_missing missing, int64_t j,
                                  double *fill) {
    if (missing == NEURAL_MISSING_ZERO) {
        *fill = 0.0;
        return NEURAL_OK;
    }
    if (missing != NEURAL_MISSING_MEAN && missing != NEURAL_MISSING_MEDIAN) {
        return NEURAL_OK;
    }
    const int64_t used = collect(from, j);
    if (used == 0) {
        return fail_empty(from, j, "value");
    }
    *fill = missing == NEURAL_MISSING_MEAN ? mean_of(from->values, used)
                                           : median_of(from->values, used);
    return NEURAL_OK;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static neural_status sort_names(const char **texts, int64_t count, neural_names **out) {
    qsort(texts, (size_t)count, sizeof *texts, compare_texts);
    NEURAL_TRY(neural_names_create(out));
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(neural_names_add(*out, texts[i]));
    }
    return NEURAL_OK;
}

/* The categories that the training rows have, sorted. */
static neural_status learn_category(const fit *from, int64_t j, neural_names **out) {
    const int64_t known = neural_dataset_categories(from->dataset, j);
    const int64_t used = collect(from, j);
    const char **texts = neural_alloc_zeroed(((size_t)known + 1) * sizeof *texts);
    if (!texts) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < used; i++) {
        const int64_t code = (int64_t)from->values[i];
        texts[code] = neural_dataset_category_name(from->dataset, j, code);
    }
    int64_t count = 0;
    for (int64_t code = 0; code < known; code++) {
        if (texts[code]) {
            texts[count++] = texts[code];
        }
    }
    const neural_status status =
        count ? sort_names(texts, count, out) : fail_empty(from, j, "category");
    neural_free(texts);
    return status;
}

static neural_status learn(const fit *from, neural_columns *columns) {
    for (int64_t j = 0; j < columns->sources; j++) {
        neural_column *column = &columns->column[j];
        columns->mask[j] = neural_dataset_categories(from->dataset, j) > 0;
        NEURAL_TRY(columns->mask[j] ? learn_category(from, j, &column->names)
                                    : learn_number(from, columns->missing, j, &column->fill));
    }
    return NEURAL_OK;
}

neural_status neural_columns_fit(const neural_dataset *dataset, const int64_t *rows,
                                 int64_t row_count, neural_missing missing,
                                 neural_encoding encoding, int ignore_unknown,
                                 neural_columns **out) {
    NEURAL_REQUIRE(dataset && out, NEURAL_ERR_NULL_POINTER, "columns_fit: dataset or out is NULL");
    fit from = {dataset, rows, rows ? row_count : neural_dataset_rows(dataset), NULL};
    neural_columns *columns = NULL;
    for (int64_t i = 0; rows && i < row_count; i++) {
        NEURAL_REQUIRE(rows[i] >= 0 && rows[i] < neural_dataset_rows(dataset),
                       NEURAL_ERR_INVALID_ARGUMENT, "columns_fit: no row %" PRId64, rows[i]);
    }
    NEURAL_TRY(neural_columns_create(neural_dataset_features(dataset), &columns));
    columns->missing = missing;
    columns->encoding = encoding;
    columns->ignore_unknown = ignore_unknown != 0;
    from.values = neural_alloc((size_t)from.count * sizeof *from.values);
    const neural_status status = from.values ? learn(&from, columns) : NEURAL_ERR_OUT_OF_MEMORY;
    neural_free(from.values);
    if (status) {
        neural_columns_destroy(columns);
        return status;
    }
    *out = columns;
    return NEURAL_OK;
}

/* --- queries --- */

int64_t neural_columns_sources(const neural_columns *columns) {
    return columns->sources;
}

const unsigned char *neural_columns_mask(const neural_columns *columns) {
    return columns->mask;
}

/* Features that source j becomes. */
static int64_t width_of(const neural_columns *columns, int64_t j) {
    const neural_names *names = columns->column[j].names;
    return names && columns->encoding == NEURAL_ENCODING_ONEHOT ? neural_names_count(names) : 1;
}

int64_t neural_columns_features(const neural_columns *columns) {
    int64_t features = 0;
    for (int64_t j = 0; j < columns->sources; j++) {
        features += width_of(columns, j);
    }
    return features;
}

int neural_columns_is_scaled(const neural_columns *columns, int64_t j) {
    int64_t source = 0;
    for (; source < columns->sources && j >= width_of(columns, source); source++) {
        j -= width_of(columns, source);
    }
    return source < columns->sources &&
           !(columns->mask[source] && columns->encoding == NEURAL_ENCODING_ONEHOT);
}
