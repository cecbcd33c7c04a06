/* neural fuzzy surface: outputs over one input or two. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_code.h"
#include "cli/fuzzy.h"

enum { DEFAULT_RESOLUTION = 41, MOST_RESOLUTION = 10000 };

/* --- what was given --- */

static int take_resolution(const cli_options *options, int64_t *out) {
    const char *text = cli_value(options, CLI_OPTION_RESOLUTION);
    char *end = NULL;
    const long value = text ? strtol(text, &end, 10) : DEFAULT_RESOLUTION;
    if (text && (*text < '0' || *text > '9' || *end || value < 2 || value > MOST_RESOLUTION)) {
        cli_complain("--resolution is %s, expected a whole number from 2 to %d", text,
                     MOST_RESOLUTION);
        return CLI_USAGE;
    }
    *out = value;
    return CLI_OK;
}

/* "name=value" */
static int take_fixed(const neural_fuzzy_system *system, const neural_fuzzy_grid *grid,
                      const char *text, double *fixed) {
    char name[256], *end = NULL;
    const char *equals = strrchr(text, '=');
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof name) {
        cli_complain("--fixed is %s, expected INPUT=VALUE", text);
        return CLI_USAGE;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = 0;
    const int64_t input = cli_fuzzy_input(system, "--fixed", name);
    if (input < 0) {
        return CLI_USAGE;
    }
    const double value = strtod(equals + 1, &end);
    if (end == equals + 1 || *end || !isfinite(value)) {
        cli_complain("--fixed %s: the value is %s, expected a number", name, equals + 1);
        return CLI_USAGE;
    }
    if (input == grid->x || input == grid->y) {
        cli_complain("--fixed %s: this input varies", name);
        return CLI_USAGE;
    }
    fixed[input] = value;
    return CLI_OK;
}

static int take_axis(const cli_options *options, const neural_fuzzy_system *system,
                     cli_option_id id, const char *option, int64_t *out) {
    const char *name = cli_value(options, id);
    *out = name ? cli_fuzzy_input(system, option, name) : -1;
    return name && *out < 0 ? CLI_USAGE : CLI_OK;
}

static int take_grid(const cli_options *options, const neural_fuzzy_system *system,
                     neural_fuzzy_grid *out, double *fixed) {
    int code = take_resolution(options, &out->columns);
    code = code ? code : take_axis(options, system, CLI_OPTION_X, "--x", &out->x);
    code = code ? code : take_axis(options, system, CLI_OPTION_Y, "--y", &out->y);
    if (code == CLI_OK && (out->x < 0 || out->x == out->y)) {
        cli_complain("fuzzy surface: expected --x INPUT%s",
                     out->x < 0 ? "" : " and --y with another one");
        code = CLI_USAGE;
    }
    out->rows = out->y < 0 ? 1 : out->columns;
    for (int64_t i = 0; i < neural_fuzzy_system_inputs(system); i++) {
        fixed[i] = neural_fuzzy_grid_middle(system, i);
    }
    for (int i = 0; code == CLI_OK && i < options->override_count; i++) {
        code = take_fixed(system, out, options->overrides[i], fixed);
    }
    out->fixed = fixed;
    return code;
}

/* --- the table --- */

static neural_status put_table(const neural_fuzzy_system *s, const neural_fuzzy_grid *grid,
                               const double *values, const char **names, double *line,
                               const cli_fuzzy_csv *csv) {
    const int64_t outputs = neural_fuzzy_system_outputs(s);
    int64_t axes = 0;
    names[axes++] = neural_fuzzy_system_input(s, grid->x)->name;
    if (grid->y >= 0) {
        names[axes++] = neural_fuzzy_system_input(s, grid->y)->name;
    }
    for (int64_t i = 0; i < outputs; i++) {
        names[axes + i] = neural_fuzzy_system_output(s, i)->name;
    }
    NEURAL_TRY(cli_fuzzy_csv_names(csv, names, axes + outputs));
    for (int64_t p = 0; p < grid->columns * grid->rows; p++) {
        line[0] = neural_fuzzy_grid_value(s, grid->x, p % grid->columns, grid->columns);
        if (grid->y >= 0) {
            line[1] = neural_fuzzy_grid_value(s, grid->y, p / grid->columns, grid->rows);
        }
        memcpy(line + axes, values + p * outputs, (size_t)outputs * sizeof *line);
        NEURAL_TRY(cli_fuzzy_csv_row(csv, line, axes + outputs));
    }
    return NEURAL_OK;
}

static int tabulate(const cli_options *options, neural_fuzzy_system *system,
                    const neural_fuzzy_grid *grid) {
    const size_t outputs = (size_t)neural_fuzzy_system_outputs(system);
    const size_t points = (size_t)(grid->columns * grid->rows);
    double *values = calloc(points * outputs + 1, sizeof *values);
    double *line = calloc(outputs + 2, sizeof *line);
    const char **names = calloc(outputs + 2, sizeof *names);
    cli_place place = CLI_PLACE_CONFIG;
    neural_status status = values && line && names ? neural_fuzzy_surface(system, grid, values)
                                                   : neural_error(NEURAL_ERR_OUT_OF_MEMORY,
                                                                  "fuzzy surface: out of memory");
    if (!status) {
        cli_fuzzy_csv csv = {0};
        place = CLI_PLACE_MODEL_FILE;
        status = cli_fuzzy_csv_open(options, &csv);
        status = status ? status : put_table(system, grid, values, names, line, &csv);
        status = cli_fuzzy_csv_close(&csv, status);
    }
    free(values);
    free(line);
    free(names);
    return status ? cli_fail(place, status) : CLI_OK;
}

int cli_run_fuzzy_surface(const cli_options *options) {
    neural_fuzzy_system *system = NULL;
    neural_fuzzy_grid grid = {0};
    const neural_status status = neural_fuzzy_fll_load(cli_operand(options, 0), &system);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    double *fixed = calloc((size_t)neural_fuzzy_system_inputs(system) + 1, sizeof *fixed);
    int code = CLI_RUNTIME;
    if (fixed) {
        code = take_grid(options, system, &grid, fixed);
        code = code ? code : tabulate(options, system, &grid);
    } else {
        cli_complain("fuzzy surface: out of memory");
    }
    free(fixed);
    neural_fuzzy_system_destroy(system);
    return code;
}
