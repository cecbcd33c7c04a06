/* neural infer: predictions for raw rows. */
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/infer_input.h"
#include "cli/predictions.h"
#include "cli/setup.h"

enum { ROWS_AT_ONCE = 1024 };

/* Rows [first, first + count) through the model into the CSV. */
static neural_status predict_rows(neural_model *model, neural_tensor *x, int64_t first,
                                  int64_t count, cli_predictions *to) {
    neural_tensor *rows = NULL, *prediction = NULL;
    neural_status status = neural_tensor_slice(x, 0, first, count, 1, &rows);
    if (!status) {
        status = neural_model_predict(model, rows, &prediction);
    }
    if (!status) {
        status = cli_predictions_add(to, prediction);
    }
    neural_tensor_release(prediction);
    neural_tensor_release(rows);
    return status;
}

static neural_status predict(const cli_options *options, neural_model *model,
                             const neural_dataset *input) {
    cli_predictions to;
    neural_tensor *x = neural_dataset_x(input);
    const int64_t rows = neural_dataset_rows(input);
    const int probabilities = cli_has(options, CLI_OPTION_PROBABILITIES);
    neural_status status = cli_predictions_begin(
        model, probabilities, probabilities || cli_has(options, CLI_OPTION_HEADER), options->output,
        &to);
    for (int64_t first = 0; first < rows && !status; first += ROWS_AT_ONCE) {
        const int64_t left = rows - first;
        status = predict_rows(model, x, first, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, &to);
    }
    if (!status) {
        status = cli_predictions_commit(&to);
    }
    cli_predictions_end(&to);
    return status;
}

/* 1 when the outputs are probabilities: classes, or a sigmoid at the end. */
static int has_probabilities(const neural_model *model) {
    return neural_model_is_classifier(model) ||
           neural_model_output_activation(model) == NEURAL_ACTIVATION_SIGMOID;
}

static int infer_with(const cli_options *options, const neural_config *config,
                      neural_model *model) {
    neural_dataset *input = NULL;
    if (cli_has(options, CLI_OPTION_PROBABILITIES) && !has_probabilities(model)) {
        cli_complain("--probabilities: expected a network for classes, this one predicts values");
        return CLI_USAGE;
    }
    neural_status status = cli_load_input(options, config, model, &input);
    if (status) {
        return cli_fail(CLI_PLACE_DATA, status);
    }
    status = predict(options, model, input);
    neural_dataset_destroy(input);
    return status ? cli_fail(CLI_PLACE_COMPUTING, status) : CLI_OK;
}

int cli_run_infer(const cli_options *options) {
    return cli_with_model(options, infer_with);
}
