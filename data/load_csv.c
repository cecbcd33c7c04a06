#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/csv.h"
#include "data/dataset_internal.h"
#include "data/labels.h"

enum { NAME_BYTES = 256 };

/* Where the columns of a row go: [0, target) and [target + targets, fields) to x, the others to y
 * or to the labels. */
typedef struct plan {
    const neural_data_options *options;
    int64_t features, target, targets;
    int64_t room; /* rows */
    char *x, *y;  /* NULL where there are none */
    neural_labels *labels;
} plan;

/* --- columns --- */

/* "3", "-1": a column by number, negative ones from the end. */
static int is_column_number(const char *text, int64_t fields, int64_t *column) {
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno) {
        return 0;
    }
    *column = value < 0 ? fields + value : value;
    return 1;
}

/* Looks `name` up in the first row; *column = -1 when it is not there. */
static neural_status find_named_column(neural_csv csv, const char *name, int64_t *column) {
    int more = 0;
    *column = -1;
    NEURAL_TRY(neural_csv_begin_row(&csv, &more));
    for (int64_t i = 0; i < csv.fields; i++) {
        neural_csv_field field;
        NEURAL_TRY(neural_csv_read_field(&csv, &field));
        if (field.bytes == (int64_t)strlen(name) &&
            memcmp(field.text, name, (size_t)field.bytes) == 0) {
            *column = i;
            break;
        }
    }
    return NEURAL_OK;
}

/* The target columns; *is_named: found in the first row, which is a header then. */
static neural_status place_target(const neural_csv *csv, const neural_data_options *options,
                                  plan *out, int *is_named) {
    const char *name = options->label_column;
    out->target = csv->fields - out->targets;
    *is_named = 0;
    if (out->targets && name && strcmp(name, "-1") != 0) {
        int64_t column = -1;
        if (options->header >= 0 && !is_column_number(name, csv->fields, &column)) {
            NEURAL_TRY(find_named_column(*csv, name, &column));
            *is_named = column >= 0;
        }
        NEURAL_REQUIRE(column >= 0 && column <= csv->fields - out->targets, NEURAL_ERR_DATA,
                       "%s: no label column \"%.64s\" among %" PRId64 " columns", csv->path, name,
                       csv->fields);
        out->target = column;
    }
    return NEURAL_OK;
}

static neural_status plan_columns(const neural_csv *csv, const neural_data_options *options,
                                  int is_label_file, plan *out, int *is_named) {
    const int64_t outputs =
        options->target != NEURAL_TARGET_CLASS && options->outputs > 1 ? options->outputs : 1;
    const int is_left_out =
        options->label_column && options->features && csv->fields == options->features + outputs;
    const int has_target =
        is_label_file ||
        (options->target == NEURAL_TARGET_NONE ? is_left_out : !options->label_file);
    out->options = options;
    out->targets = has_target ? outputs : 0;
    out->features = csv->fields - out->targets;
    if (is_label_file) {
        NEURAL_REQUIRE(out->features == 0, NEURAL_ERR_DATA,
                       "%s: expected %" PRId64 " columns, found %" PRId64, csv->path, outputs,
                       csv->fields);
        out->target = *is_named = 0;
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!out->targets || !options->features || csv->fields != options->features,
                   NEURAL_ERR_DATA,
                   "%s: expected %" PRId64 " columns, %" PRId64 " features and %s; found %" PRId64
                   ": %s missing, or a feature is",
                   csv->path, options->features + out->targets, options->features,
                   out->targets > 1 ? "the targets" : "the label", csv->fields,
                   out->targets > 1 ? "the target columns are" : "the label column is");
    NEURAL_REQUIRE(out->features >= 1, NEURAL_ERR_DATA,
                   "%s: expected at least %" PRId64 " columns, found %" PRId64, csv->path,
                   out->targets + 1, csv->fields);
    NEURAL_REQUIRE(options->features == 0 || options->features == out->features, NEURAL_ERR_DATA,
                   "%s: expected %" PRId64 " features, found %" PRId64, csv->path,
                   options->features, out->features);
    return place_target(csv, options, out, is_named);
}

static int has_header(const neural_csv *csv, const plan *columns, int is_label_file, int is_named) {
    if (columns->options->header && !is_label_file) {
        return columns->options->header > 0;
    }
    if (columns->options->header < 0) {
        return 0;
    }
    return is_named ||
           neural_csv_has_header(csv, columns->target, is_label_file ? 0 : columns->targets);
}

/* --- rows --- */

/* Leaves the header; the names of the feature columns go to *names. */
static neural_status read_header(neural_csv *csv, const plan *columns, neural_names **names) {
    int more = 0;
    NEURAL_TRY(neural_names_create(names));
    NEURAL_TRY(neural_csv_begin_row(csv, &more));
    for (int64_t i = 0; i < csv->fields; i++) {
        neural_csv_field field;
        char text[NAME_BYTES];
        NEURAL_TRY(neural_csv_read_field(csv, &field));
        NEURAL_TRY(neural_csv_unquote(csv, &field, text, sizeof(text)));
        if (i < columns->target || i >= columns->target + columns->targets) {
            NEURAL_TRY(neural_names_add(*names, text));
        }
    }
    return neural_csv_end_row(csv);
}

/* Refuses the first of a row's target fields, from `csv` on, that is outside [0, 1]. */
static neural_status check_probabilities(neural_csv csv, int64_t targets) {
    for (int64_t i = 0; i < targets; i++) {
        neural_csv_field field;
        neural_csv at = csv;
        double value;
        NEURAL_TRY(neural_csv_read_numbers(&csv, 1, NEURAL_DTYPE_F64, &value));
        if (!(value >= 0 && value <= 1)) {
            NEURAL_TRY(neural_csv_read_field(&at, &field));
            return neural_csv_fail(&at, &field, "a target from 0 to 1");
        }
    }
    return NEURAL_OK;
}

static neural_status read_target(neural_csv *csv, const plan *columns, int64_t row) {
    const neural_dtype dtype = columns->options->dtype;
    neural_csv_field field;
    if (columns->options->target == NEURAL_TARGET_NONE) {
        for (int64_t i = 0; i < columns->targets; i++) {
            NEURAL_TRY(neural_csv_read_field(csv, &field));
        }
        return NEURAL_OK;
    }
    if (!columns->labels) {
        const int64_t bytes = columns->targets * neural_dtype_bytes(dtype);
        if (columns->options->probability) {
            NEURAL_TRY(check_probabilities(*csv, columns->targets));
        }
        return neural_csv_read_numbers(csv, columns->targets, dtype, columns->y + row * bytes);
    }
    NEURAL_TRY(neural_csv_read_field(csv, &field));
    return neural_labels_add_field(columns->labels, csv, &field);
}

static neural_status read_rows(neural_csv *csv, const plan *columns, int64_t *rows) {
    const neural_dtype dtype = columns->options->dtype;
    const int64_t element = neural_dtype_bytes(dtype), before = columns->target;
    int64_t row = 0;
    for (int more; row < columns->room; row++) {
        NEURAL_TRY(neural_csv_begin_row(csv, &more));
        if (!more) {
            break;
        }
        char *x = columns->x + row * columns->features * element;
        NEURAL_TRY(neural_csv_read_numbers(csv, before, dtype, x));
        if (columns->targets) {
            NEURAL_TRY(read_target(csv, columns, row));
        }
        NEURAL_TRY(
            neural_csv_read_numbers(csv, columns->features - before, dtype, x + before * element));
        NEURAL_TRY(neural_csv_end_row(csv));
    }
    *rows = row;
    return NEURAL_OK;
}

/* Room for the rows that the text can hold; its pages are touched by those that it does. */
static neural_status make_room(const neural_csv *csv, plan *columns) {
    const neural_data_options *options = columns->options;
    const int64_t element = neural_dtype_bytes(options->dtype);
    columns->room = neural_csv_rows_bound(csv);
    if (columns->features) {
        columns->x = neural_alloc((size_t)(columns->room * columns->features * element));
        if (!columns->x) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    if (columns->targets && options->target == NEURAL_TARGET_CLASS) {
        return neural_labels_create(csv->path, columns->room, options->classes,
                                    options->class_names, &columns->labels);
    }
    const int is_kept = columns->targets && options->target == NEURAL_TARGET_VALUE;
    if (is_kept) {
        columns->y = neural_alloc((size_t)(columns->room * columns->targets * element));
    }
    return is_kept && !columns->y ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK;
}

/* The memory of the plan becomes tensors. */
static neural_status finish(plan *columns, neural_parts *out) {
    const neural_dtype dtype = columns->options->dtype;
    if (columns->x) {
        const int64_t dims[2] = {out->rows, columns->features};
        void *memory = columns->x;
        columns->x = NULL;
        NEURAL_TRY(neural_parts_wrap(memory, 2, dims, dtype, &out->x));
    }
    if (columns->y) {
        const int64_t dims[2] = {out->rows, columns->targets};
        void *memory = columns->y;
        columns->y = NULL;
        NEURAL_TRY(neural_parts_wrap(memory, 2, dims, dtype, &out->y));
    }
    if (columns->labels) {
        int64_t *memory = NULL;
        NEURAL_TRY(
            neural_labels_finish(columns->labels, &memory, &out->classes, &out->class_names));
        NEURAL_TRY(neural_parts_wrap(memory, 1, &out->rows, NEURAL_DTYPE_I64, &out->y));
    }
    return NEURAL_OK;
}

static neural_status read_parts(neural_csv *csv, int is_label_file, plan *columns,
                                neural_parts *out) {
    int is_named = 0;
    NEURAL_TRY(plan_columns(csv, columns->options, is_label_file, columns, &is_named));
    if (has_header(csv, columns, is_label_file, is_named)) {
        NEURAL_TRY(read_header(csv, columns, &out->feature_names));
    }
    NEURAL_TRY(make_room(csv, columns));
    NEURAL_TRY(read_rows(csv, columns, &out->rows));
    NEURAL_REQUIRE(out->rows > 0, NEURAL_ERR_DATA, "%s: expected rows after the header, found none",
                   csv->path);
    return finish(columns, out);
}

neural_status neural_parts_read_csv(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out) {
    plan columns = {.options = options};
    neural_csv csv;
    NEURAL_TRY(neural_csv_open(path, file->data, file->bytes, options->separator, &csv));
    const neural_status status = read_parts(&csv, is_label_file, &columns, out);
    if (status) {
        neural_parts_release(out);
    }
    neural_free(columns.x);
    neural_free(columns.y);
    neural_labels_destroy(columns.labels);
    return status;
}
