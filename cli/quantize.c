/* neural quantize: a trained model becomes one in 8 bits. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/config_data.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/paths.h"
#include "cli/setup.h"

/* Everything that is told at the end. */
typedef struct outcome {
    neural_quantize_report report;
    char path[CLI_PATH_BYTES];
    int64_t f32_bytes, int8_bytes;
} outcome;

/* --- options --- */

static int read_options(const cli_options *options, neural_quantize_options *out) {
    const char *calibration = cli_value(options, CLI_OPTION_CALIBRATION);
    *out = neural_quantize_default();
    out->dynamic = cli_has(options, CLI_OPTION_DYNAMIC);
    out->keep_slow = cli_has(options, CLI_OPTION_KEEP_SLOW);
    if (calibration && (neural_observer_kind_parse(calibration, &out->calibration) ||
                        out->calibration == NEURAL_OBSERVER_CHANNELS)) {
        cli_complain("--calibration is %.40s, expected minmax, moving_average, percentile, "
                     "entropy or mse",
                     calibration);
        return CLI_USAGE;
    }
    const int code = cli_take_count(options, CLI_OPTION_SAMPLES, 1, INT64_MAX, &out->samples);
    return code ? code : cli_take_number(options, CLI_OPTION_MAX_DROP, 0, DBL_MAX, &out->max_drop);
}

/* -o, or MODEL with .int8 before its suffix. */
static void choose_path(const cli_options *options, char out[CLI_PATH_BYTES]) {
    const char *given = cli_value(options, CLI_OPTION_OUTPUT), *model = cli_operand(options, 1);
    const char *name = strrchr(model, '/'), *suffix = strrchr(name ? name : model, '.');
    if (given) {
        snprintf(out, CLI_PATH_BYTES, "%s", given);
    } else {
        const int stem = suffix ? (int)(suffix - model) : (int)strlen(model);
        snprintf(out, CLI_PATH_BYTES, "%.*s.int8%s", stem, model, suffix ? suffix : "");
    }
}

/* --- data --- */

/* The test data judge, or else the training data. */
static neural_status load_both(const cli_options *options, const neural_config *config,
                               const neural_model *model, neural_dataset **train,
                               neural_dataset **test) {
    const char *path = cli_operand(options, 0);
    NEURAL_TRY(cli_load_part(path, config, model, CLI_PART_TRAIN, train));
    return cli_has_part(config, CLI_PART_TEST)
               ? cli_load_part(path, config, model, CLI_PART_TEST, test)
               : NEURAL_OK;
}

/* --- telling --- */

static void print_layers(FILE *out, const neural_quantize_report *report) {
    fprintf(out, "  %-16s %-10s %9s %12s %12s %8s\n", "layer", "kind", "SNR (dB)", "f32", "int8",
            "");
    for (int i = 0; i < report->count; i++) {
        const neural_quantize_layer *layer = &report->layers[i];
        fprintf(out, "  %-16s %-10s %9.1f %9.1f us %9.1f us %7.2fx  %s%s\n", layer->name,
                layer->kind, layer->snr, 1e6 * layer->f32_seconds, 1e6 * layer->int8_seconds,
                layer->f32_seconds / layer->int8_seconds,
                layer->is_8bit ? "" : "stays in f32: ", layer->reason);
    }
}

static void print(FILE *out, const outcome *o) {
    const neural_quantize_report *report = &o->report;
    char f32[CLI_NUMBER_TEXT], int8[CLI_NUMBER_TEXT];
    print_layers(out, report);
    if (report->before.is_accuracy) {
        fprintf(out, "accuracy %.2f %% -> %.2f %%\n", 100 * report->before.metric,
                100 * report->after.metric);
    } else {
        fprintf(out, "mean squared error %g -> %g\n", report->before.metric, report->after.metric);
    }
    fprintf(out, "%s: %s instead of %s (%.3f)\n", o->path, cli_bytes_text(o->int8_bytes, int8),
            cli_bytes_text(o->f32_bytes, f32), (double)o->int8_bytes / (double)o->f32_bytes);
    for (int i = 0; i < NEURAL_QUANTIZE_SPEEDS; i++) {
        const neural_quantize_speed *speed = &report->speed[i];
        fprintf(out, "%lld row%s: %.1f us instead of %.1f us (%.2fx)\n", (long long)speed->rows,
                speed->rows > 1 ? "s" : "", 1e6 * speed->int8_seconds, 1e6 * speed->f32_seconds,
                speed->f32_seconds / speed->int8_seconds);
    }
}

static json_t *layers_json(const neural_quantize_report *report) {
    json_t *all = json_array();
    for (int i = 0; i < report->count; i++) {
        const neural_quantize_layer *layer = &report->layers[i];
        json_t *json = json_object();
        cli_json_text(json, "name", layer->name);
        cli_json_text(json, "kind", layer->kind);
        cli_json_text(json, "dtype", layer->is_8bit ? "int8" : "f32");
        cli_json_text(json, "reason", layer->reason);
        cli_json_number(json, "snr", layer->snr);
        cli_json_number(json, "f32_seconds", layer->f32_seconds);
        cli_json_number(json, "int8_seconds", layer->int8_seconds);
        json_array_append_new(all, json);
    }
    return all;
}

static void print_json(const outcome *o) {
    const neural_quantize_report *report = &o->report;
    const char *metric = report->before.is_accuracy ? "accuracy" : "mse";
    json_t *json = json_object();
    char key[64];
    cli_json_text(json, "model", o->path);
    for (int i = 0; i < 2; i++) {
        const neural_score *score = i ? &report->after : &report->before;
        snprintf(key, sizeof key, "%s_%s", metric, i ? "int8" : "f32");
        cli_json_number(json, key, score->metric);
    }
    cli_json_integer(json, "bytes_f32", o->f32_bytes);
    cli_json_integer(json, "bytes_int8", o->int8_bytes);
    for (int i = 0; i < NEURAL_QUANTIZE_SPEEDS; i++) {
        const neural_quantize_speed *speed = &report->speed[i];
        snprintf(key, sizeof key, "seconds_f32_batch_%lld", (long long)speed->rows);
        cli_json_number(json, key, speed->f32_seconds);
        snprintf(key, sizeof key, "seconds_int8_batch_%lld", (long long)speed->rows);
        cli_json_number(json, key, speed->int8_seconds);
    }
    json_object_set_new(json, "layers", layers_json(report));
    cli_json_print(json);
}

/* --- the command --- */

static int finish(const cli_options *options, const neural_model *made, outcome *o) {
    const neural_status status = neural_model_save(made, NULL, o->path);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    o->f32_bytes = cli_file_bytes(cli_operand(options, 1));
    o->int8_bytes = cli_file_bytes(o->path);
    const int is_json = cli_has(options, CLI_OPTION_JSON);
    print(is_json ? stderr : stdout, o);
    if (is_json) {
        print_json(o);
    }
    return CLI_OK;
}

static int quantize(const cli_options *options, const neural_model *model,
                    const neural_quantize_options *how, const neural_dataset *train,
                    const neural_dataset *judge, outcome *o) {
    neural_model *made = NULL;
    const neural_status status = neural_quantize_model(model, train, judge, how, &o->report, &made);
    const int code = status ? cli_fail(CLI_PLACE_COMPUTING, status) : finish(options, made, o);
    neural_quantize_report_clear(&o->report);
    neural_model_destroy(made);
    return code;
}

static int work(const cli_options *options, const neural_config *config, neural_model *model) {
    neural_quantize_options how;
    neural_dataset *train = NULL, *test = NULL;
    outcome o = {.f32_bytes = 0};
    int code = read_options(options, &how);
    if (code) {
        return code;
    }
    choose_path(options, o.path);
    neural_status status = cli_check_target(o.path);
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    status = load_both(options, config, model, &train, &test);
    code = status ? cli_fail(CLI_PLACE_DATA, status)
                  : quantize(options, model, &how, train, test ? test : train, &o);
    neural_dataset_destroy(test);
    neural_dataset_destroy(train);
    return code;
}

int cli_run_quantize(const cli_options *options) {
    return cli_with_model(options, work);
}
