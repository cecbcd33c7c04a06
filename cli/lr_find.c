/* neural lr-find: a sweep of learning rates, as a table and a picture. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/lr_plot.h"
#include "cli/number.h"
#include "cli/paths.h"
#include "cli/report.h"
#include "cli/setup.h"

static const char *const ends[] = {"all steps taken", "diverged", "not finite"};

/* --- options --- */

static int take_sweep(const cli_options *options, neural_lr_find_options *out) {
    const struct {
        cli_option_id id;
        double *to;
    } numbers[] = {
        {CLI_OPTION_START_LR, &out->start},
        {CLI_OPTION_END_LR, &out->end},
        {CLI_OPTION_SMOOTHING, &out->smoothing},
        {CLI_OPTION_DIVERGENCE, &out->divergence},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const int code = cli_take_number(options, numbers[i].id, -DBL_MAX, DBL_MAX, numbers[i].to);
        if (code != CLI_OK) {
            return code;
        }
    }
    return cli_take_count(options, CLI_OPTION_STEPS, 2, 1000000, &out->steps);
}

/* --- what is said --- */

static void print_table(cli_report *report, const neural_lr_curve *curve) {
    cli_report_line(report, "%12s  %12s  %12s", "lr", "loss", "smoothed");
    for (int64_t i = 0; i < curve->count; i++) {
        const neural_lr_point *p = &curve->point[i];
        cli_report_line(report, "%12.4g  %12.6g  %12.6g%s", p->rate, p->loss, p->smoothed,
                        i == curve->suggestion ? "  <- suggestion"
                        : i == curve->minimum  ? "  <- minimum"
                                               : "");
    }
    cli_report_line(report, "end        %s, %lld steps", ends[curve->end], (long long)curve->count);
    if (curve->suggestion >= 0) {
        cli_report_line(report, "suggestion --set training.learning_rate=%.3g",
                        curve->point[curve->suggestion].rate);
    } else {
        cli_report_line(report, "suggestion none: fewer than 3 losses");
    }
}

static void print_json(const neural_lr_curve *curve, const char *plot) {
    json_t *json = json_object(), *points = json_array();
    if (curve->suggestion >= 0) {
        cli_json_number(json, "suggestion", curve->point[curve->suggestion].rate);
        cli_json_number(json, "minimum", curve->point[curve->minimum].rate);
    }
    cli_json_text(json, "end", ends[curve->end]);
    cli_json_integer(json, "steps", curve->count);
    for (int64_t i = 0; i < curve->count; i++) {
        json_t *point = json_object();
        cli_json_number(point, "learning_rate", curve->point[i].rate);
        cli_json_number(point, "loss", curve->point[i].loss);
        cli_json_number(point, "smoothed", curve->point[i].smoothed);
        json_array_append_new(points, point);
    }
    json_object_set_new(json, "points", points);
    cli_json_text(json, "plot", plot);
    cli_json_print(json);
}

static int tell(const cli_options *options, const neural_lr_curve *curve, const char *plot) {
    cli_report report;
    char title[CLI_PATH_BYTES + 32];
    const int is_json = cli_has(options, CLI_OPTION_JSON);
    neural_status status =
        cli_report_open(is_json, cli_has(options, CLI_OPTION_QUIET), NULL, &report);
    snprintf(title, sizeof title, "Learning rates for %s", cli_operand(options, 0));
    if (!status) {
        print_table(&report, curve);
        status = cli_lr_plot(curve, title, plot);
    }
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    cli_report_line(&report, "plot       %s", plot);
    cli_report_close(&report);
    if (is_json) {
        print_json(curve, plot);
    }
    return CLI_OK;
}

/* --- the command --- */

static int find(const cli_options *options, const neural_config *config,
                const neural_lr_find_options *sweep, const char *plot) {
    neural_trainer *trainer = NULL;
    neural_lr_curve curve;
    neural_status status =
        neural_trainer_create(config, cli_resolve_data, (void *)cli_operand(options, 0), &trainer);
    if (status) {
        return cli_fail(CLI_PLACE_DATA, status);
    }
    status = neural_lr_find(trainer, sweep, &curve);
    neural_trainer_destroy(trainer);
    if (status == NEURAL_ERR_INVALID_ARGUMENT) {
        cli_complain("%s", neural_last_error());
        return CLI_USAGE;
    }
    if (status) {
        return cli_fail(CLI_PLACE_COMPUTING, status);
    }
    const int code = tell(options, &curve, plot);
    neural_lr_curve_destroy(&curve);
    return code;
}

int cli_run_lr_find(const cli_options *options) {
    neural_lr_find_options sweep = neural_lr_find_default();
    neural_config *config = NULL;
    char plot[CLI_PATH_BYTES];
    int code = take_sweep(options, &sweep);
    if (code != CLI_OK) {
        return code;
    }
    neural_status status = cli_open_config(options, &config);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    status = cli_beside_path(cli_operand(options, 0), cli_value(options, CLI_OPTION_OUTPUT),
                             ".lr.svg", plot);
    if (!status) {
        status = cli_lr_plot_check(plot);
    }
    code = status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : find(options, config, &sweep, plot);
    neural_config_destroy(config);
    return code;
}
