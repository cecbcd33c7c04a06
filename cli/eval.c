/* neural eval: how good a model is on labelled rows. */
#include <stdio.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/eval_report.h"
#include "cli/exit_code.h"
#include "cli/paths.h"
#include "cli/setup.h"

enum { ROWS_AT_ONCE = 1024 };

/* DATA and LABELS of the command line, or the config's test data. *labels_out is NULL for none. */
static neural_status find_data(const cli_options *options, const neural_config *config,
                               char data[CLI_PATH_BYTES], char labels[CLI_PATH_BYTES],
                               const char **labels_out) {
    const char *data_name = cli_operand(options, 2);
    const char *label_name = cli_operand(options, 3);
    if (!data_name) {
        data_name = neural_config_get_string(config, "data", "test_file", NULL);
        label_name = neural_config_get_string(config, "data", "test_label_file", NULL);
    }
    NEURAL_REQUIRE(data_name && *data_name, NEURAL_ERR_INVALID_CONFIG,
                   "the config names no test data; expected DATA, or [data] test_file");
    NEURAL_TRY(cli_resolve_data((void *)cli_operand(options, 0), data_name, data, CLI_PATH_BYTES));
    *labels_out = NULL;
    if (label_name && *label_name) {
        NEURAL_TRY(
            cli_resolve_data((void *)cli_operand(options, 0), label_name, labels, CLI_PATH_BYTES));
        *labels_out = labels;
    }
    return NEURAL_OK;
}

static neural_status load_data(const cli_options *options, const neural_config *config,
                               const neural_model *model, neural_dataset **out) {
    char data[CLI_PATH_BYTES], labels[CLI_PATH_BYTES];
    const char *label_path = NULL;
    NEURAL_TRY(find_data(options, config, data, labels, &label_path));
    return neural_model_load_data(model, config, data, label_path, out);
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
