/* neural eval: how good a model is on labelled rows. */
#include <stdio.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/config_data.h"
#include "cli/eval_report.h"
#include "cli/exit_code.h"
#include "cli/setup.h"

enum { ROWS_AT_ONCE = 1024 };

/* DATA and LABELS of the command line, or the config's test data. */
static neural_status load_data(const cli_options *options, const neural_config *config,
                               const neural_model *model, neural_dataset **out) {
    const char *config_path = cli_operand(options, 0), *file = cli_operand(options, 2);
    if (file) {
        return cli_load_files(config_path, config, model, file, cli_operand(options, 3), out);
    }
    NEURAL_REQUIRE(cli_has_part(config, CLI_PART_TEST), NEURAL_ERR_INVALID_CONFIG,
                   "the config names no test data; expected DATA, or [data] test_file");
    return cli_load_part(config_path, config, model, CLI_PART_TEST, out);
}

static int eval_model(const cli_options *options, const neural_config *config,
                      neural_model *model) {
    neural_dataset *dataset = NULL;
    neural_evaluation evaluation;
    neural_status status = load_data(options, config, model, &dataset);
    if (status) {
        return cli_fail(CLI_PLACE_DATA, status);
    }
    status = neural_model_evaluate(model, dataset, ROWS_AT_ONCE, &evaluation);
    neural_dataset_destroy(dataset);
    if (status) {
        return cli_fail(CLI_PLACE_COMPUTING, status);
    }
    const int is_json = cli_has(options, CLI_OPTION_JSON);
    cli_print_evaluation(is_json ? stderr : stdout, model, &evaluation);
    if (is_json) {
        cli_print_evaluation_json(model, &evaluation, cli_operand(options, 1));
    }
    neural_evaluation_clear(&evaluation);
    return CLI_OK;
}

int cli_run_eval(const cli_options *options) {
    return cli_with_model(options, eval_model);
}
