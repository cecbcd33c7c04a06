/* neural fuzzy eval: outputs for rows of inputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/fuzzy.h"
#include "cli/json.h"
#include "cli/paths.h"
#include "cli/spool.h"

typedef struct evaluation {
    neural_fuzzy_system *system;
    const char *input; /* NULL: standard input */
    cli_fuzzy_csv csv;
    int has_csv, has_names, repeats_inputs;
    json_t *values;  /* --json without --output: an array of rows */
    int64_t *column; /* of each input, in the file */
    double *x, *out; /* of one piece */
    double *line;    /* inputs, then outputs */
    int64_t rows;
    cli_place place; /* of an error */
} evaluation;

/* --- the columns of the file --- */

static neural_status load(void *context, const char *path, neural_dataset **out) {
    const neural_data_options options = {.dtype = NEURAL_DTYPE_F64, .target = NEURAL_TARGET_NONE};
    (void)context;
    return neural_dataset_load(path, &options, out);
}

static const char *source(const evaluation *e) {
    return e->input ? e->input : "standard input";
}

/* The column of that name from `first` on, -1 when there is none. */
static int64_t find_column(const neural_dataset *rows, const char *name, int64_t first) {
    for (int64_t j = first; j < neural_dataset_features(rows); j++) {
        if (strcmp(neural_dataset_feature_name(rows, j), name) == 0) {
            return j;
        }
    }
    return -1;
}

/* No column is called so. */
static neural_status refuse(const evaluation *e, const neural_dataset *rows, const char *name) {
    enum { MOST = 64 };
    const char *names[MOST];
    const int64_t columns = neural_dataset_features(rows);
    for (int64_t j = 0; j < columns && j < MOST; j++) {
        names[j] = neural_dataset_feature_name(rows, j);
    }
    const char *nearest = neural_nearest_word(name, names, (int)(columns < MOST ? columns : MOST));
    return neural_error(NEURAL_ERR_DATA, "%s: the header has no column %s%s%s%s", source(e), name,
                        nearest ? "; is it " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static neural_status find_columns(evaluation *e, const neural_dataset *rows) {
    const int64_t inputs = neural_fuzzy_system_inputs(e->system);
    const int64_t columns = neural_dataset_features(rows);
    const int has_header = neural_dataset_feature_name(rows, 0) != NULL;
    NEURAL_REQUIRE(has_header || columns == inputs, NEURAL_ERR_DATA,
                   "%s: %lld columns and no header, the system has %lld inputs", source(e),
                   (long long)columns, (long long)inputs);
    for (int64_t i = 0; i < inputs; i++) {
        const char *name = neural_fuzzy_system_input(e->system, i)->name;
        e->column[i] = has_header ? find_column(rows, name, 0) : i;
        if (e->column[i] < 0) {
            return refuse(e, rows, name);
        }
        NEURAL_REQUIRE(!has_header || find_column(rows, name, e->column[i] + 1) < 0,
                       NEURAL_ERR_DATA, "%s: the header has two columns %s", source(e), name);
    }
    return NEURAL_OK;
}

/* --- rows --- */

static neural_status put_json(const evaluation *e, int64_t count) {
    json_t *line = json_array();
    for (int64_t i = 0; i < count; i++) {
        json_array_append_new(line,
                              e->line[i] - e->line[i] == 0 ? json_real(e->line[i]) : json_null());
    }
    NEURAL_REQUIRE(json_array_append_new(e->values, line) == 0, NEURAL_ERR_OUT_OF_MEMORY,
                   "fuzzy eval: out of memory");
    return NEURAL_OK;
}

static neural_status put_row(const evaluation *e, int64_t row) {
    const int64_t inputs = neural_fuzzy_system_inputs(e->system);
    const int64_t outputs = neural_fuzzy_system_outputs(e->system);
    const int64_t kept = e->repeats_inputs ? inputs : 0;
    memcpy(e->line, e->x + row * inputs, (size_t)kept * sizeof(double));
    memcpy(e->line + kept, e->out + row * outputs, (size_t)outputs * sizeof(double));
    if (e->values) {
        NEURAL_TRY(put_json(e, kept + outputs));
    }
    return e->has_csv ? cli_fuzzy_csv_row(&e->csv, e->line, kept + outputs) : NEURAL_OK;
}

enum { ROWS_AT_ONCE = 1024 };

static neural_status evaluate_rows(evaluation *e, const neural_dataset *rows, int64_t first,
                                   int64_t count) {
    const int64_t inputs = neural_fuzzy_system_inputs(e->system);
    const int64_t columns = neural_dataset_features(rows);
    const double *from = neural_tensor_data(neural_dataset_x(rows));
    for (int64_t r = 0; r < count; r++) {
        for (int64_t i = 0; i < inputs; i++) {
            e->x[r * inputs + i] = from[(first + r) * columns + e->column[i]];
        }
    }
    NEURAL_TRY(neural_fuzzy_system_evaluate(e->system, e->x, count, e->out));
    for (int64_t r = 0; r < count; r++) {
        NEURAL_TRY(put_row(e, r));
    }
    e->rows += count;
    return NEURAL_OK;
}

/* The line of names waits for the first rows: an input that cannot be read leaves no output. */
static neural_status put_names(const evaluation *e) {
    const neural_fuzzy_system *s = e->system;
    const int64_t inputs = e->repeats_inputs ? neural_fuzzy_system_inputs(s) : 0;
    const int64_t total = inputs + neural_fuzzy_system_outputs(s);
    const char **names = calloc((size_t)total + 1, sizeof *names);
    NEURAL_REQUIRE(names, NEURAL_ERR_OUT_OF_MEMORY, "fuzzy eval: out of memory");
    for (int64_t i = 0; i < total; i++) {
        names[i] = i < inputs ? neural_fuzzy_system_input(s, i)->name
                              : neural_fuzzy_system_output(s, i - inputs)->name;
    }
    const neural_status status = cli_fuzzy_csv_names(&e->csv, names, total);
    free(names);
    return status;
}

static neural_status evaluate_dataset(evaluation *e, const neural_dataset *rows, int64_t skip) {
    const int64_t total = neural_dataset_rows(rows);
    e->place = CLI_PLACE_DATA;
    NEURAL_TRY(find_columns(e, rows));
    e->place = CLI_PLACE_COMPUTING;
    if (e->has_csv && !e->has_names) {
        NEURAL_TRY(put_names(e));
        e->has_names = 1;
    }
    for (int64_t first = skip; first < total; first += ROWS_AT_ONCE) {
        const int64_t left = total - first;
        NEURAL_TRY(evaluate_rows(e, rows, first, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE));
    }
    NEURAL_REQUIRE(!e->has_csv || e->csv.file || fflush(stdout) == 0, NEURAL_ERR_FILE_WRITE,
                   "standard output: could not be written");
    return NEURAL_OK;
}

/* --- the whole input --- */

static neural_status evaluate_stream(evaluation *e, cli_stream *stream) {
    int has_more = 0;
    for (int64_t pieces = 0;; pieces++) {
        neural_dataset *rows = NULL;
        e->place = CLI_PLACE_DATA;
        NEURAL_TRY(cli_stream_next(stream, &has_more));
        if (!has_more) {
            return pieces ? NEURAL_OK
                          : neural_error(NEURAL_ERR_DATA,
                                         "standard input: expected rows of numbers, found nothing");
        }
        NEURAL_TRY(cli_spool_load(stream, load, NULL, &rows));
        const int skip = pieces > 0 && !neural_dataset_feature_name(rows, 0);
        const neural_status status = evaluate_dataset(e, rows, skip);
        neural_dataset_destroy(rows);
        NEURAL_TRY(status);
    }
}

static neural_status evaluate_input(evaluation *e) {
    cli_stream stream = {.in = STDIN_FILENO};
    neural_dataset *rows = NULL;
    if (!e->input) {
        const neural_status status = evaluate_stream(e, &stream);
        cli_stream_free(&stream);
        return status;
    }
    e->place = CLI_PLACE_DATA;
    NEURAL_TRY(load(NULL, e->input, &rows));
    const neural_status status = evaluate_dataset(e, rows, 0);
    neural_dataset_destroy(rows);
    return status;
}

/* --- the command --- */

static void append_name(json_t *columns, const char *name) {
    json_t *holder = json_object();
    cli_json_text(holder, "name", name);
    json_array_append(columns, json_object_get(holder, "name"));
    json_decref(holder);
}

static void print_json(evaluation *e, const char *path) {
    json_t *json = json_object(), *columns = json_array();
    const neural_fuzzy_system *s = e->system;
    cli_json_text(json, "system", path);
    cli_json_integer(json, "rows", e->rows);
    for (int64_t i = 0; e->repeats_inputs && i < neural_fuzzy_system_inputs(s); i++) {
        append_name(columns, neural_fuzzy_system_input(s, i)->name);
    }
    for (int64_t i = 0; i < neural_fuzzy_system_outputs(s); i++) {
        append_name(columns, neural_fuzzy_system_output(s, i)->name);
    }
    json_object_set_new(json, "columns", columns);
    if (e->values) {
        json_object_set(json, "values", e->values);
    }
    cli_json_print(json);
}

/* Everything is ready before the first line is written. */
static neural_status prepare(const cli_options *options, evaluation *e) {
    const int64_t inputs = neural_fuzzy_system_inputs(e->system);
    const int64_t outputs = neural_fuzzy_system_outputs(e->system);
    e->place = CLI_PLACE_CONFIG;
    NEURAL_REQUIRE(inputs > 0 && outputs > 0, NEURAL_ERR_INVALID_CONFIG,
                   "%s: %lld inputs and %lld outputs, expected one of each at least",
                   cli_operand(options, 0), (long long)inputs, (long long)outputs);
    NEURAL_TRY(neural_fuzzy_system_prepare(e->system));
    e->place = CLI_PLACE_MODEL_FILE;
    e->column = calloc((size_t)inputs, sizeof *e->column);
    e->x = calloc(ROWS_AT_ONCE * (size_t)inputs, sizeof *e->x);
    e->out = calloc(ROWS_AT_ONCE * (size_t)outputs, sizeof *e->out);
    e->line = calloc((size_t)inputs + (size_t)outputs, sizeof *e->line);
    NEURAL_REQUIRE(e->column && e->x && e->out && e->line, NEURAL_ERR_OUT_OF_MEMORY,
                   "fuzzy eval: out of memory");
    return e->has_csv ? cli_fuzzy_csv_open(options, &e->csv) : NEURAL_OK;
}

static int evaluate(const cli_options *options, evaluation *e) {
    neural_status status = prepare(options, e);
    status = status ? status : evaluate_input(e);
    if (!status && e->csv.file) {
        e->place = CLI_PLACE_MODEL_FILE;
    }
    status = cli_fuzzy_csv_close(&e->csv, status);
    if (!status && cli_has(options, CLI_OPTION_JSON)) {
        print_json(e, cli_operand(options, 0));
    }
    free(e->column);
    free(e->x);
    free(e->out);
    free(e->line);
    json_decref(e->values);
    return status ? cli_fail(e->place, status) : CLI_OK;
}

int cli_run_fuzzy_eval(const cli_options *options) {
    const char *input = cli_operand(options, 1);
    evaluation e = {.input = input && strcmp(input, "-") != 0 ? input : NULL};
    const int is_json = cli_has(options, CLI_OPTION_JSON);
    e.repeats_inputs = cli_has(options, CLI_OPTION_INPUTS);
    e.has_csv = !is_json || cli_has(options, CLI_OPTION_OUTPUT);
    const neural_status status = neural_fuzzy_fll_load(cli_operand(options, 0), &e.system);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    e.values = e.has_csv ? NULL : json_array();
    const int code = evaluate(options, &e);
    neural_fuzzy_system_destroy(e.system);
    return code;
}
