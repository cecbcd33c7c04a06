/* The columns of a data file as inputs and outputs of a fuzzy system. */
#include <stdlib.h>
#include <string.h>

#include "cli/fuzzy_train.h"

static int64_t find_column(const neural_dataset *data, const char *name, size_t len) {
    for (int64_t j = 0; j < neural_dataset_features(data); j++) {
        const char *own = neural_dataset_feature_name(data, j);
        if (own && strlen(own) == len && memcmp(own, name, len) == 0) {
            return j;
        }
    }
    return -1;
}

/* --- which columns --- */

/* roles[j]: 1 + i for input i, -1 - k for output k, 0 for neither. */
typedef struct choice {
    int64_t *roles, inputs, outputs;
} choice;

static neural_status choose_by_system(const char *path, const neural_dataset *data,
                                      const neural_fuzzy_system *system, choice *c) {
    const int64_t columns = neural_dataset_features(data);
    const int has_header = neural_dataset_feature_name(data, 0) != NULL;
    c->inputs = neural_fuzzy_system_inputs(system);
    c->outputs = neural_fuzzy_system_outputs(system);
    NEURAL_REQUIRE(has_header || columns == c->inputs + c->outputs, NEURAL_ERR_DATA,
                   "%s: %lld columns and no header, the system has %lld inputs and %lld outputs",
                   path, (long long)columns, (long long)c->inputs, (long long)c->outputs);
    for (int64_t i = 0; i < c->inputs + c->outputs; i++) {
        const int is_input = i < c->inputs;
        const char *name = is_input ? neural_fuzzy_system_input(system, i)->name
                                    : neural_fuzzy_system_output(system, i - c->inputs)->name;
        const int64_t at = has_header ? find_column(data, name, strlen(name)) : i;
        NEURAL_REQUIRE(at >= 0, NEURAL_ERR_DATA, "%s: the header has no column %s", path, name);
        c->roles[at] = is_input ? i + 1 : c->inputs - i - 1;
    }
    return NEURAL_OK;
}

/* A name of the header, else a number from 0. */
static neural_status take_target(const char *path, const neural_dataset *data, const char *word,
                                 size_t len, choice *c) {
    char *end = NULL;
    int64_t at = find_column(data, word, len);
    if (at < 0 && len > 0 && *word >= '0' && *word <= '9') {
        const long long number = strtoll(word, &end, 10);
        at = end == word + len && number < neural_dataset_features(data) ? number : -1;
    }
    NEURAL_REQUIRE(at >= 0 && c->roles[at] == 0, NEURAL_ERR_DATA,
                   "%s: --target %.*s is no column, or is named twice", path, (int)len, word);
    c->roles[at] = -1 - c->outputs++;
    return NEURAL_OK;
}

static neural_status choose_targets(const char *path, const neural_dataset *data,
                                    const char *targets, choice *c) {
    const int64_t columns = neural_dataset_features(data);
    if (!targets) {
        c->roles[columns - 1] = -1;
        c->outputs = 1;
    }
    for (const char *at = targets; at;) {
        const size_t len = strcspn(at, ",");
        NEURAL_TRY(take_target(path, data, at, len, c));
        at = at[len] ? at + len + 1 : NULL;
    }
    for (int64_t j = 0; j < columns; j++) {
        c->roles[j] = c->roles[j] ? c->roles[j] : ++c->inputs;
    }
    NEURAL_REQUIRE(c->inputs > 0, NEURAL_ERR_DATA, "%s: %lld columns, none is left as an input",
                   path, (long long)columns);
    return NEURAL_OK;
}

/* --- their contents --- */

static char *clean_name(const char *name) {
    static const char *const words[] = {"if", "is", "and", "or", "then", "with"};
    const size_t len = strlen(name);
    char *copy = malloc(len + 2);
    if (!copy) {
        return NULL;
    }
    memcpy(copy, name, len + 1);
    for (char *at = copy; (at = strpbrk(at, " \t\r\n()#:")); at++) {
        *at = '_';
    }
    int needs_more = len == 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        needs_more |= strcmp(copy, words[i]) == 0;
    }
    memcpy(copy + len, needs_more ? "_" : "", needs_more ? 2 : 1);
    return copy;
}

/* Where column j stands among inputs, then outputs. */
static int64_t place(const choice *c, int64_t role) {
    return role > 0 ? role - 1 : c->inputs - role - 1;
}

static neural_status take_names(const neural_dataset *data, const choice *c, cli_fuzzy_rows *out) {
    out->names = calloc((size_t)(c->inputs + c->outputs), sizeof *out->names);
    NEURAL_REQUIRE(out->names, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
    for (int64_t j = 0; j < neural_dataset_features(data); j++) {
        const char *name = neural_dataset_feature_name(data, j);
        if (name && c->roles[j]) {
            char *copy = clean_name(name);
            NEURAL_REQUIRE(copy, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
            out->names[place(c, c->roles[j])] = copy;
        }
    }
    return NEURAL_OK;
}

static neural_status take_columns(const neural_dataset *data, const choice *c,
                                  cli_fuzzy_rows *out) {
    const int64_t columns = neural_dataset_features(data);
    const double *from = neural_tensor_data(neural_dataset_x(data));
    out->rows = neural_dataset_rows(data);
    out->inputs = c->inputs;
    out->outputs = c->outputs;
    NEURAL_TRY(take_names(data, c, out));
    out->x = calloc((size_t)out->rows * (size_t)c->inputs + 1, sizeof *out->x);
    out->y = calloc((size_t)out->rows * (size_t)c->outputs + 1, sizeof *out->y);
    NEURAL_REQUIRE(out->x && out->y, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
    for (int64_t r = 0; r < out->rows; r++) {
        for (int64_t j = 0; j < columns; j++) {
            const int64_t role = c->roles[j];
            if (role > 0) {
                out->x[r * c->inputs + role - 1] = from[r * columns + j];
            } else if (role < 0) {
                out->y[r * c->outputs - role - 1] = from[r * columns + j];
            }
        }
    }
    return NEURAL_OK;
}

static neural_status choose_and_take(const char *path, const neural_dataset *data,
                                     const neural_fuzzy_system *system, const char *targets,
                                     cli_fuzzy_rows *out) {
    choice c = {.roles = calloc((size_t)neural_dataset_features(data) + 1, sizeof *c.roles)};
    NEURAL_REQUIRE(c.roles, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy train: out of memory");
    neural_status status =
        system ? choose_by_system(path, data, system, &c) : choose_targets(path, data, targets, &c);
    status = status ? status : take_columns(data, &c, out);
    free(c.roles);
    return status;
}

neural_status cli_fuzzy_rows_load(const char *path, const neural_fuzzy_system *system,
                                  const char *targets, cli_fuzzy_rows *out) {
    const neural_data_options options = {.dtype = NEURAL_DTYPE_F64, .target = NEURAL_TARGET_NONE};
    neural_dataset *data = NULL;
    NEURAL_TRY(neural_dataset_load(path, &options, &data));
    const neural_status status = choose_and_take(path, data, system, targets, out);
    neural_dataset_destroy(data);
    return status;
}

void cli_fuzzy_rows_free(cli_fuzzy_rows *rows) {
    for (int64_t i = 0; rows->names && i < rows->inputs + rows->outputs; i++) {
        free(rows->names[i]);
    }
    free(rows->names);
    free(rows->x);
    free(rows->y);
}
