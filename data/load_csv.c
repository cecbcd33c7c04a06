#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/cache.h"
#include "data/csv_missing.h"
#include "data/csv_rows.h"
#include "data/dataset_internal.h"
#include "data/list.h"
#include "data/number.h"

enum { NAME_BYTES = 256, SAMPLE_ROWS = 100 };

/* The memory that rows go to; it becomes tensors. */
typedef struct room {
    const neural_csv_plan *plan;
    int64_t rows; /* there is room for */
    int64_t used;
    char *x, *y; /* NULL where there are none */
    neural_labels *labels;
    neural_cache_writer *cache; /* takes x instead, or NULL */
} room;

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
                                  neural_csv_plan *out, int *is_named) {
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
                                  int is_label_file, neural_csv_plan *out, int *is_named) {
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

static int has_header(const neural_csv *csv, const neural_csv_plan *columns, int is_label_file,
                      int is_named) {
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
static neural_status read_header(neural_csv *csv, const neural_csv_plan *columns,
                                 neural_names **names) {
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

/* --- category columns --- */

static int is_category_text(const neural_csv *csv, const neural_csv_field *field) {
    double value;
    const char *end = field->text + field->bytes;
    return neural_number_parse_f64(field->text, end, &value) != end &&
           !neural_csv_is_missing(csv, field);
}

/* Columns of which some field in the first rows is neither a number nor missing. */
static neural_status recognise_categories(neural_csv csv, const neural_csv_plan *columns,
                                          unsigned char *mask) {
    for (int row = 0, more = 1; row < SAMPLE_ROWS && more; row++) {
        NEURAL_TRY(neural_csv_begin_row(&csv, &more));
        for (int64_t i = 0; more && i < csv.fields; i++) {
            neural_csv_field field;
            NEURAL_TRY(neural_csv_read_field(&csv, &field));
            const int is_target = i >= columns->target && i < columns->target + columns->targets;
            const int64_t feature = i < columns->target ? i : i - columns->targets;
            if (!is_target && is_category_text(&csv, &field)) {
                mask[feature] = 1;
            }
        }
    }
    return NEURAL_OK;
}

/* The feature called `name`, or in the file's column of that number. */
static neural_status find_feature(const neural_csv *csv, const neural_csv_plan *columns,
                                  const neural_names *names, const char *name, int64_t *out) {
    int64_t column = -1;
    for (int64_t j = 0; j < neural_names_count(names); j++) {
        if (strcmp(neural_names_get(names, j), name) == 0) {
            *out = j;
            return NEURAL_OK;
        }
    }
    const int is_number = is_column_number(name, csv->fields, &column);
    const int is_target = column >= columns->target && column < columns->target + columns->targets;
    NEURAL_REQUIRE(is_number && column >= 0 && column < csv->fields && !is_target, NEURAL_ERR_DATA,
                   "%s: categorical: no feature column \"%.64s\" among %" PRId64 " columns",
                   csv->path, name, csv->fields);
    *out = column < columns->target ? column : column - columns->targets;
    return NEURAL_OK;
}

static neural_status mark_categories(const neural_csv *csv, const neural_csv_plan *columns,
                                     const neural_names *names, unsigned char *mask) {
    const neural_data_options *options = columns->options;
    if (options->category_columns) {
        memcpy(mask, options->category_columns, (size_t)columns->features);
        return NEURAL_OK;
    }
    if (strcmp(options->categorical, "auto") == 0) {
        return recognise_categories(*csv, columns, mask);
    }
    for (const char *at = options->categorical; *at;) {
        char name[NAME_BYTES];
        int64_t feature = 0;
        NEURAL_TRY(neural_list_next("categorical", &at, name, sizeof name));
        NEURAL_TRY(find_feature(csv, columns, names, name, &feature));
        mask[feature] = 1;
    }
    return NEURAL_OK;
}

/* Fills in which features are categories; their texts go to *lists. */
static neural_status plan_categories(const neural_csv *csv, const neural_names *names,
                                     neural_csv_plan *columns, unsigned char **mask,
                                     neural_categories ***lists) {
    const neural_data_options *options = columns->options;
    if (!columns->features || (!options->categorical && !options->category_columns)) {
        return NEURAL_OK;
    }
    *mask = neural_alloc_zeroed((size_t)columns->features);
    if (!*mask) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    NEURAL_TRY(mark_categories(csv, columns, names, *mask));
    int64_t count = 0;
    for (int64_t j = 0; j < columns->features; j++) {
        count += (*mask)[j] != 0;
    }
    *lists = neural_alloc_zeroed(((size_t)count + 1) * sizeof **lists);
    if (!*lists) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < count; i++) {
        NEURAL_TRY(neural_categories_create(&(*lists)[i]));
    }
    columns->is_category = *mask;
    columns->names = *lists;
    columns->categories = count;
    return NEURAL_OK;
}

/* The texts of the category columns, by feature. */
static neural_status take_categories(const neural_csv_plan *columns, neural_parts *out) {
    if (!columns->categories) {
        return NEURAL_OK;
    }
    out->categories = neural_alloc_zeroed((size_t)columns->features * sizeof *out->categories);
    if (!out->categories) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    out->features = columns->features;
    for (int64_t j = 0, column = 0; j < columns->features; j++) {
        if (columns->is_category[j]) {
            out->categories[j] = neural_categories_take_names(columns->names[column++]);
        }
    }
    return NEURAL_OK;
}

/* --- rows --- */

/* Room for the rows that the text can hold; its pages are touched by those that it does. */
static neural_status make_room(const neural_csv *csv, const neural_csv_plan *columns, room *out) {
    const neural_data_options *options = columns->options;
    const int64_t element = neural_dtype_bytes(options->dtype);
    out->rows = neural_csv_rows_bound(csv);
    if (columns->features && !out->cache) {
        out->x = neural_alloc((size_t)(out->rows * columns->features * element));
        if (!out->x) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    if (columns->targets && options->target == NEURAL_TARGET_CLASS) {
        return neural_labels_create(csv->path, out->rows, options->classes, options->class_names,
                                    &out->labels);
    }
    const int is_kept = columns->targets && options->target == NEURAL_TARGET_VALUE;
    if (is_kept) {
        out->y = neural_alloc((size_t)(out->rows * columns->targets * element));
    }
    return is_kept && !out->y ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK;
}

static neural_status take_rows(void *context, const void *x, const void *y, int64_t rows) {
    room *to = context;
    const neural_csv_plan *plan = to->plan;
    const int64_t element = neural_dtype_bytes(plan->options->dtype);
    const int64_t width = plan->features * element, targets = plan->targets * element;
    NEURAL_REQUIRE(rows <= to->rows - to->used, NEURAL_ERR_INTERNAL, "csv: more rows than counted");
    if (to->cache) {
        NEURAL_TRY(neural_cache_writer_rows(to->cache, x, rows * width));
    }
    if (to->x) {
        memcpy(to->x + to->used * width, x, (size_t)(rows * width));
    }
    if (to->y) {
        memcpy(to->y + to->used * targets, y, (size_t)(rows * targets));
    }
    to->used += rows;
    return NEURAL_OK;
}

/* The memory becomes tensors. */
static neural_status finish(const neural_csv_plan *columns, room *from, neural_parts *out) {
    const neural_dtype dtype = columns->options->dtype;
    if (from->x) {
        const int64_t dims[2] = {out->rows, columns->features};
        void *memory = from->x;
        from->x = NULL;
        NEURAL_TRY(neural_parts_wrap(memory, 2, dims, dtype, &out->x));
    }
    if (from->y) {
        const int64_t dims[2] = {out->rows, columns->targets};
        void *memory = from->y;
        from->y = NULL;
        NEURAL_TRY(neural_parts_wrap(memory, 2, dims, dtype, &out->y));
    }
    if (from->labels) {
        int64_t *memory = NULL;
        NEURAL_TRY(neural_labels_finish(from->labels, &memory, &out->classes, &out->class_names));
        NEURAL_TRY(neural_parts_wrap(memory, 1, &out->rows, NEURAL_DTYPE_I64, &out->y));
    }
    return take_categories(columns, out);
}

static neural_status read_rows(neural_csv *csv, const neural_csv_plan *columns, room *to,
                               neural_parts *out) {
    to->plan = columns;
    NEURAL_TRY(make_room(csv, columns, to));
    const neural_csv_sink sink = {take_rows, to, to->labels};
    NEURAL_TRY(neural_csv_rows_read(csv, columns, &sink, &out->rows));
    NEURAL_REQUIRE(out->rows > 0, NEURAL_ERR_DATA, "%s: expected rows after the header, found none",
                   csv->path);
    return finish(columns, to, out);
}

static neural_status read_parts(neural_csv *csv, int is_label_file, neural_csv_plan *columns,
                                room *to, unsigned char **mask, neural_categories ***lists,
                                neural_parts *out) {
    int is_named = 0;
    NEURAL_TRY(plan_columns(csv, columns->options, is_label_file, columns, &is_named));
    if (has_header(csv, columns, is_label_file, is_named)) {
        NEURAL_TRY(read_header(csv, columns, &out->feature_names));
    }
    NEURAL_TRY(plan_categories(csv, out->feature_names, columns, mask, lists));
    return read_rows(csv, columns, to, out);
}

static neural_status read_csv(const char *path, const neural_file_view *file,
                              const neural_data_options *options, int is_label_file,
                              neural_cache_writer *cache, int64_t *features, neural_parts *out) {
    neural_csv_plan columns = {.options = options};
    neural_csv_missing *missing = NULL;
    unsigned char *mask = NULL;
    neural_categories **lists = NULL;
    room to = {.cache = cache};
    neural_csv csv;
    NEURAL_TRY(neural_csv_open(path, file->data, file->bytes, options->separator, &csv));
    csv.is_mapped = cache && file->mapped;
    neural_status status = NEURAL_OK;
    if (options->missing != NEURAL_MISSING_ERROR && !is_label_file) {
        status = neural_csv_missing_create(options->na_values, &missing);
        csv.missing = missing;
    }
    if (!status) {
        status = read_parts(&csv, is_label_file, &columns, &to, &mask, &lists, out);
    }
    if (status) {
        neural_parts_release(out);
    }
    for (int64_t i = 0; lists && i < columns.categories; i++) {
        neural_categories_destroy(lists[i]);
    }
    neural_csv_missing_destroy(missing);
    neural_labels_destroy(to.labels);
    neural_free(lists);
    neural_free(mask);
    neural_free(to.x);
    neural_free(to.y);
    *features = columns.features;
    return status;
}

neural_status neural_parts_read_csv(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, int is_label_file,
                                    neural_parts *out) {
    int64_t features;
    return read_csv(path, file, options, is_label_file, NULL, &features, out);
}

neural_status neural_parts_cache_csv(const char *path, const neural_file_view *file,
                                     const neural_data_options *options,
                                     const neural_cache_key *key) {
    neural_cache_writer *writer = NULL;
    neural_parts parts = {0};
    int64_t features = 0;
    NEURAL_TRY(neural_cache_writer_create(options->cache, key, &writer));
    neural_status status = read_csv(path, file, options, 0, writer, &features, &parts);
    if (!status) {
        status = neural_cache_writer_finish(writer, &parts, options, features);
    }
    neural_cache_writer_destroy(writer);
    neural_parts_release(&parts);
    return status;
}
