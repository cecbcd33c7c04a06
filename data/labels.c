#include "data/labels.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/number.h"

enum { MAX_FOUND = 16384, MAX_NAMED = 65536, MAX_CLASSES = 1 << 18, LABEL_BYTES = 256 };

struct neural_labels {
    const char *path;
    int64_t classes; /* as given, 0 = to be found */
    int64_t rows, room;
    int64_t *row; /* the integer, or the index into names */
    int is_text;  /* what row holds */
    int is_given; /* names are the model's and do not grow */
    int no_name_is_number;
    int64_t smallest, largest;
    neural_names *names; /* in order of first appearance */
    int32_t *order;      /* of names, in strcmp order */
    int64_t order_room;
    /* the first integer outside [0, classes) or, without classes, above MAX_CLASSES */
    int64_t outside, outside_line, outside_column;
    int has_outside;
};

/* --- names in order --- */

/* Index of `text`, added where it is new. */
static neural_status intern(neural_labels *labels, const char *text, int64_t *index) {
    const int64_t count = neural_names_count(labels->names);
    int found;
    const int64_t place = neural_names_search(labels->names, labels->order, count, text, &found);
    if (!found) {
        if (count == labels->order_room) {
            const size_t bytes = (size_t)count * sizeof(*labels->order);
            int32_t *grown = neural_realloc(labels->order, bytes, bytes * 2 + 64);
            if (!grown) {
                return NEURAL_ERR_OUT_OF_MEMORY;
            }
            labels->order = grown;
            labels->order_room = (int64_t)((bytes * 2 + 64) / sizeof(*grown));
        }
        NEURAL_TRY(neural_names_add(labels->names, text));
        memmove(labels->order + place + 1, labels->order + place,
                (size_t)(count - place) * sizeof(*labels->order));
        labels->order[place] = (int32_t)count;
    }
    *index = labels->order[place];
    return NEURAL_OK;
}

/* A number without a fraction ("3", "-1", "3.000000") of at most 15 digits. */
static int is_integer(const char *text, int64_t *value, int *is_number) {
    const char *end = text + strlen(text);
    double number = 0.0;
    *is_number = neural_number_parse_f64(text, end, &number) == end && end > text;
    if (!*is_number || !(number > -1e15 && number < 1e15)) {
        return 0;
    }
    *value = (int64_t)number;
    return (double)*value == number;
}

static neural_status take_given_names(neural_labels *labels, const char *const *names) {
    NEURAL_REQUIRE(labels->classes <= MAX_NAMED, NEURAL_ERR_INVALID_ARGUMENT,
                   "class_names: expected at most %d, found %lld", MAX_NAMED,
                   (long long)labels->classes);
    labels->is_given = labels->is_text = labels->no_name_is_number = 1;
    for (int64_t c = 0; c < labels->classes; c++) {
        int64_t index, value;
        int is_number;
        NEURAL_REQUIRE(names[c], NEURAL_ERR_NULL_POINTER, "class_names: name %lld is NULL",
                       (long long)c);
        NEURAL_TRY(intern(labels, names[c], &index));
        NEURAL_REQUIRE(index == c, NEURAL_ERR_INVALID_ARGUMENT,
                       "class_names: classes %lld and %lld are both \"%.64s\"", (long long)index,
                       (long long)c, names[c]);
        labels->no_name_is_number &= !is_integer(names[c], &value, &is_number);
    }
    return NEURAL_OK;
}

neural_status neural_labels_create(const char *path, int64_t rows, int64_t classes,
                                   const char *const *class_names, neural_labels **out) {
    NEURAL_REQUIRE(classes >= 0 && classes <= MAX_CLASSES, NEURAL_ERR_INVALID_ARGUMENT,
                   "classes: expected 0 ... %d, found %lld", MAX_CLASSES, (long long)classes);
    neural_labels *labels = neural_alloc_zeroed(sizeof(*labels));
    if (!labels) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    labels->path = path;
    labels->classes = classes;
    labels->room = rows;
    labels->row = neural_alloc((size_t)rows * sizeof(*labels->row));
    neural_status status = labels->row ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        status = neural_names_create(&labels->names);
    }
    if (!status && class_names) {
        status = take_given_names(labels, class_names);
    }
    if (status) {
        neural_labels_destroy(labels);
        return status;
    }
    *out = labels;
    return NEURAL_OK;
}

void neural_labels_destroy(neural_labels *labels) {
    if (labels) {
        neural_names_destroy(labels->names);
        neural_free(labels->order);
        neural_free(labels->row);
        neural_free(labels);
    }
}

/* --- adding --- */

static neural_status fail_label(const neural_labels *labels, int64_t line, int64_t column,
                                const char *label, const char *what) {
    if (column == 0) {
        return neural_error(NEURAL_ERR_DATA, "%s: item %lld: label %s %s", labels->path,
                            (long long)line, label, what);
    }
    return neural_error(NEURAL_ERR_DATA, "%s:%lld:%lld: label %s %s", labels->path, (long long)line,
                        (long long)column, label, what);
}

static neural_status fail_outside(const neural_labels *labels) {
    char label[32], what[64];
    const long long limit = labels->classes ? labels->classes : MAX_CLASSES;
    snprintf(label, sizeof(label), "%lld", (long long)labels->outside);
    snprintf(what, sizeof(what), "is outside [0, %lld)", limit);
    return fail_label(labels, labels->outside_line, labels->outside_column, label, what);
}

static neural_status add_text(neural_labels *labels, const char *text, int64_t line,
                              int64_t column) {
    const int64_t limit = labels->classes ? labels->classes : MAX_FOUND;
    NEURAL_TRY(intern(labels, text, &labels->row[labels->rows]));
    if (neural_names_count(labels->names) > (limit < MAX_FOUND ? limit : MAX_FOUND)) {
        char quoted[LABEL_BYTES + 2], what[64];
        snprintf(quoted, sizeof(quoted), "\"%.64s\"", text);
        snprintf(what, sizeof(what), "is one more than the %lld classes expected",
                 (long long)limit);
        return fail_label(labels, line, column, quoted, what);
    }
    labels->rows++;
    return NEURAL_OK;
}

static void add_integer(neural_labels *labels, int64_t value, int64_t line, int64_t column) {
    const int64_t limit = labels->classes ? labels->classes : MAX_CLASSES;
    if (!labels->has_outside && (value < 0 || value >= limit)) {
        labels->has_outside = 1;
        labels->outside = value;
        labels->outside_line = line;
        labels->outside_column = column;
    }
    const int first = labels->rows == 0;
    labels->smallest = first || value < labels->smallest ? value : labels->smallest;
    labels->largest = first || value > labels->largest ? value : labels->largest;
    labels->row[labels->rows++] = value;
}

/* The first text: the integers before it become texts too. */
static neural_status turn_to_text(neural_labels *labels, int64_t line, int64_t column) {
    const int64_t rows = labels->rows;
    labels->is_text = 1;
    for (labels->rows = 0; labels->rows < rows;) {
        char digits[32];
        snprintf(digits, sizeof(digits), "%lld", (long long)labels->row[labels->rows]);
        NEURAL_TRY(add_text(labels, digits, line, column));
    }
    return NEURAL_OK;
}

/* A label of a model with names; `value` where is_number. */
static neural_status add_known(neural_labels *labels, const char *text, int is_number,
                               int64_t value, int64_t line, int64_t column) {
    int found;
    int64_t place =
        neural_names_search(labels->names, labels->order, labels->classes, text, &found);
    if (!found && is_number) {
        char digits[32];
        snprintf(digits, sizeof(digits), "%lld", (long long)value);
        place = neural_names_search(labels->names, labels->order, labels->classes, digits, &found);
    }
    if (found) {
        labels->row[labels->rows++] = labels->order[place];
        return NEURAL_OK;
    }
    if (is_number && labels->no_name_is_number) {
        if (value >= 0 && value < labels->classes) {
            labels->row[labels->rows++] = value;
            return NEURAL_OK;
        }
        labels->outside = value;
        labels->outside_line = line;
        labels->outside_column = column;
        return fail_outside(labels);
    }
    char quoted[LABEL_BYTES + 2], what[64];
    snprintf(quoted, sizeof(quoted), "\"%.64s\"", text);
    snprintf(what, sizeof(what), "is none of the %lld classes", (long long)labels->classes);
    return fail_label(labels, line, column, quoted, what);
}

neural_status neural_labels_add_field(neural_labels *labels, const neural_csv *csv,
                                      const neural_csv_field *field) {
    char text[LABEL_BYTES];
    int64_t value = 0;
    int is_number;
    NEURAL_REQUIRE(labels->rows < labels->room, NEURAL_ERR_INTERNAL, "labels_add: no room");
    if (field->bytes == 0) {
        return neural_csv_fail(csv, field, "a label");
    }
    NEURAL_TRY(neural_csv_unquote(csv, field, text, sizeof(text)));
    const int integer = is_integer(text, &value, &is_number);
    if (labels->is_given) {
        return add_known(labels, text, integer, value, field->line, field->column);
    }
    if (is_number && !integer) {
        return neural_csv_fail(csv, field, "a label that is an integer or a name");
    }
    if (integer && !labels->is_text) {
        add_integer(labels, value, field->line, field->column);
        return NEURAL_OK;
    }
    if (!labels->is_text) {
        NEURAL_TRY(turn_to_text(labels, field->line, field->column));
    }
    if (integer) {
        snprintf(text, sizeof(text), "%lld", (long long)value);
    }
    return add_text(labels, text, field->line, field->column);
}

neural_status neural_labels_add_number(neural_labels *labels, int64_t value) {
    NEURAL_REQUIRE(labels->rows < labels->room, NEURAL_ERR_INTERNAL, "labels_add: no room");
    if (labels->is_given) {
        char digits[32];
        snprintf(digits, sizeof(digits), "%lld", (long long)value);
        return add_known(labels, digits, 1, value, labels->rows, 0);
    }
    add_integer(labels, value, labels->rows, 0);
    return NEURAL_OK;
}

/* --- finishing --- */

/* Position of value in sorted[0 .. count), or where it belongs. */
static int64_t search(const int64_t *sorted, int64_t count, int64_t value) {
    int64_t low = 0;
    while (low < count) {
        const int64_t middle = low + (count - low) / 2;
        if (sorted[middle] < value) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* The different integers in increasing order; *count = limit + 1 when there are more than limit. */
static void collect(const neural_labels *labels, int64_t *sorted, int64_t limit, int64_t *count) {
    *count = 0;
    for (int64_t r = 0; r < labels->rows && *count <= limit; r++) {
        const int64_t value = labels->row[r], place = search(sorted, *count, value);
        if (place < *count && sorted[place] == value) {
            continue;
        }
        memmove(sorted + place + 1, sorted + place, (size_t)(*count - place) * sizeof(*sorted));
        sorted[place] = value;
        (*count)++;
    }
}

static neural_status number_sorted(neural_labels *labels, const int64_t *sorted, int64_t count) {
    for (int64_t c = 0; c < count; c++) {
        char digits[32];
        snprintf(digits, sizeof(digits), "%lld", (long long)sorted[c]);
        NEURAL_TRY(neural_names_add(labels->names, digits));
    }
    for (int64_t r = 0; r < labels->rows; r++) {
        labels->row[r] = search(sorted, count, labels->row[r]);
    }
    return NEURAL_OK;
}

static neural_status renumber_integers(neural_labels *labels) {
    const int64_t given = labels->classes;
    const int64_t limit = given && given < MAX_FOUND ? given : MAX_FOUND;
    int64_t *sorted = neural_alloc((size_t)(limit + 1) * sizeof(*sorted)), count;
    if (!sorted) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    collect(labels, sorted, limit, &count);
    neural_status status = NEURAL_OK;
    if (given && count != given) {
        status = fail_outside(labels);
    } else if (count > limit) {
        status = neural_error(NEURAL_ERR_DATA, "%s: more than %d different labels", labels->path,
                              MAX_FOUND);
    } else {
        status = number_sorted(labels, sorted, count);
        labels->classes = count;
    }
    neural_free(sorted);
    return status;
}

static neural_status finish_integers(neural_labels *labels) {
    const int starts_at_0 = labels->rows == 0 || labels->smallest == 0;
    if (labels->classes ? !labels->has_outside : starts_at_0 && !labels->has_outside) {
        labels->classes = labels->classes ? labels->classes : labels->largest + 1;
        return NEURAL_OK;
    }
    return starts_at_0 ? fail_outside(labels) : renumber_integers(labels);
}

/* Class numbers are positions in strcmp order. */
static neural_status finish_texts(neural_labels *labels) {
    const int64_t count = neural_names_count(labels->names);
    neural_names *sorted = NULL;
    int32_t *rank = neural_alloc((size_t)count * sizeof(*rank));
    neural_status status = rank ? neural_names_create(&sorted) : NEURAL_ERR_OUT_OF_MEMORY;
    for (int64_t i = 0; !status && i < count; i++) {
        rank[labels->order[i]] = (int32_t)i;
        status = neural_names_add(sorted, neural_names_get(labels->names, labels->order[i]));
    }
    if (!status) {
        for (int64_t r = 0; r < labels->rows; r++) {
            labels->row[r] = rank[labels->row[r]];
        }
        neural_names_destroy(labels->names);
        labels->names = sorted;
        labels->classes = labels->classes ? labels->classes : count;
        sorted = NULL;
    }
    neural_names_destroy(sorted);
    neural_free(rank);
    return status;
}

neural_status neural_labels_finish(neural_labels *labels, int64_t **rows, int64_t *classes,
                                   neural_names **names) {
    if (!labels->is_text) {
        NEURAL_TRY(finish_integers(labels));
    } else if (!labels->is_given) {
        NEURAL_TRY(finish_texts(labels));
    }
    const int named = neural_names_count(labels->names) > 0;
    *rows = labels->row;
    *classes = labels->classes;
    *names = named ? labels->names : NULL;
    labels->row = NULL;
    labels->names = named ? NULL : labels->names;
    return NEURAL_OK;
}
