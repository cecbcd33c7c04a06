/* neural fuzzy check: what is missing or superfluous in a system. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/exit_code.h"
#include "cli/fuzzy.h"
#include "cli/json.h"

enum { MOST_SAMPLES = 10000000 };

static int take_samples(const cli_options *options, int64_t *out) {
    const char *text = cli_value(options, CLI_OPTION_SAMPLES);
    char *end = NULL;
    const long value = text ? strtol(text, &end, 10) : 0;
    if (text && (*text < '0' || *text > '9' || *end || value < 1 || value > MOST_SAMPLES)) {
        cli_complain("--samples is %s, expected a whole number from 1 to %d", text, MOST_SAMPLES);
        return CLI_USAGE;
    }
    *out = value;
    return CLI_OK;
}

/* --- JSON --- */

static void put_point(json_t *json, const char *key, const neural_fuzzy_system *system,
                      const double *point) {
    json_t *members = json_object();
    for (int64_t i = 0; point && i < neural_fuzzy_system_inputs(system); i++) {
        cli_json_number(members, neural_fuzzy_system_input(system, i)->name, point[i]);
    }
    if (point) {
        json_object_set(json, key, members);
    }
    json_decref(members);
}

static json_t *finding_object(const neural_fuzzy_system *system,
                              const neural_fuzzy_finding *finding) {
    json_t *json = json_object();
    cli_json_text(json, "flaw", neural_fuzzy_flaw_name(finding->flaw));
    cli_json_text(json, "text", finding->text);
    if (finding->variable) {
        cli_json_text(json, "variable", finding->variable);
    }
    if (finding->term) {
        cli_json_text(json, "term", finding->term);
    }
    if (finding->rule >= 0) {
        cli_json_integer(json, "block", finding->block + 1);
        cli_json_integer(json, "rule", finding->rule + 1);
    }
    if (finding->flaw == NEURAL_FUZZY_RANGE_UNCOVERED) {
        cli_json_number(json, "minimum", finding->minimum);
        cli_json_number(json, "maximum", finding->maximum);
    }
    if (finding->flaw == NEURAL_FUZZY_NO_RULE_FIRES) {
        cli_json_number(json, "share", finding->share);
    }
    put_point(json, "point", system, finding->point);
    put_point(json, "lower", system, finding->lower);
    put_point(json, "upper", system, finding->upper);
    return json;
}

static void print_json(const char *path, const neural_fuzzy_system *system,
                       const neural_fuzzy_report *report) {
    json_t *json = json_object(), *list = json_array();
    cli_json_text(json, "system", path);
    cli_json_integer(json, "rules", neural_fuzzy_system_rules(system));
    cli_json_integer(json, "points", neural_fuzzy_report_points(report));
    for (int64_t i = 0; i < neural_fuzzy_report_findings(report); i++) {
        json_array_append_new(list, finding_object(system, neural_fuzzy_report_finding(report, i)));
    }
    json_object_set_new(json, "findings", list);
    cli_json_print(json);
}

/* --- the command --- */

static void print_lines(const cli_options *options, const neural_fuzzy_system *system,
                        const neural_fuzzy_report *report) {
    FILE *to = cli_has(options, CLI_OPTION_JSON) ? stderr : stdout;
    const int64_t count = neural_fuzzy_report_findings(report);
    for (int64_t i = 0; i < count; i++) {
        fprintf(to, "%s\n", neural_fuzzy_report_finding(report, i)->text);
    }
    fprintf(to, "%s: %lld inputs, %lld outputs, %lld rules, %lld points; %lld finding%s\n",
            cli_operand(options, 0), (long long)neural_fuzzy_system_inputs(system),
            (long long)neural_fuzzy_system_outputs(system),
            (long long)neural_fuzzy_system_rules(system),
            (long long)neural_fuzzy_report_points(report), (long long)count, count == 1 ? "" : "s");
}

int cli_run_fuzzy_check(const cli_options *options) {
    neural_fuzzy_system *system = NULL;
    neural_fuzzy_report *report = NULL;
    int64_t samples = 0;
    const char *path = cli_operand(options, 0);
    if (take_samples(options, &samples) != CLI_OK) {
        return CLI_USAGE;
    }
    neural_status status = neural_fuzzy_fll_load(path, &system);
    status = status ? status : neural_fuzzy_system_check(system, samples, &report);
    int code = CLI_OK;
    if (status) {
        code = cli_fail(CLI_PLACE_CONFIG, status);
    } else {
        code = neural_fuzzy_report_findings(report) ? CLI_RUNTIME : CLI_OK;
        print_lines(options, system, report);
    }
    if (!status && cli_has(options, CLI_OPTION_JSON)) {
        print_json(path, system, report);
    }
    neural_fuzzy_report_destroy(report);
    neural_fuzzy_system_destroy(system);
    return code;
}
