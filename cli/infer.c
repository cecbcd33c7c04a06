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

/* The rows of one dataset, without the first `skip`. */
static neural_status predict_dataset(neural_model *model, const neural_dataset *input, int64_t skip,
                                     cli_predictions *to) {
    neural_tensor *x = neural_dataset_x(input);
    const int64_t rows = neural_dataset_rows(input);
    for (int64_t first = skip; first < rows; first += ROWS_AT_ONCE) {
        const int64_t left = rows - first;
        NEURAL_TRY(predict_rows(model, x, first, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, to));
    }
    return cli_predictions_flush(to);
}

/* *place tells whether an error is one of the input. The first rows are loaded before anything is
 * written. */
static neural_status predict(const cli_options *options, cli_input *input, neural_model *model,
                             cli_predictions *to, cli_place *place) {
    const int probabilities = cli_has(options, CLI_OPTION_PROBABILITIES);
    const int has_header = probabilities || cli_has(options, CLI_OPTION_HEADER);
    const char *output = cli_value(options, CLI_OPTION_OUTPUT);
    neural_dataset *rows = NULL;
    int64_t skip = 0;
    neural_status status = cli_input_next(input, &rows, &skip);
    *place = status ? CLI_PLACE_DATA : CLI_PLACE_COMPUTING;
    if (!status) {
        status = cli_predictions_begin(model, probabilities, has_header, output, to);
    }
    while (rows && !status) {
        status = predict_dataset(model, rows, skip, to);
        neural_dataset_destroy(rows);
        rows = NULL;
        if (!status) {
            status = cli_input_next(input, &rows, &skip);
            *place = status ? CLI_PLACE_DATA : CLI_PLACE_COMPUTING;
        }
    }
    neural_dataset_destroy(rows);
    return status ? status : cli_predictions_commit(to);
}

/* --output may not replace what is read. */
static neural_status check_output(const cli_options *options, const cli_input *input,
                                  cli_place *place) {
    const char *read[] = {cli_operand(options, 0), cli_operand(options, 1), input->path};
    const char *output = cli_value(options, CLI_OPTION_OUTPUT);
    for (size_t i = 0; output && i < sizeof read / sizeof *read; i++) {
        if (cli_is_same_file(output, read[i])) {
            *place = CLI_PLACE_MODEL_FILE;
            return neural_error(NEURAL_ERR_FILE_WRITE,
                                "%s: --output would overwrite what is read; not written", output);
        }
    }
    return NEURAL_OK;
}

/* 1 when the outputs are probabilities: classes, or a sigmoid at the end. */
static int has_probabilities(const neural_model *model) {
    return neural_model_is_classifier(model) ||
           neural_model_output_activation(model) == NEURAL_ACTIVATION_SIGMOID;
}

static int infer_with(const cli_options *options, const neural_config *config,
                      neural_model *model) {
    cli_input input;
    cli_predictions to = {0};
    cli_place place = CLI_PLACE_DATA;
    if (cli_has(options, CLI_OPTION_PROBABILITIES) && !has_probabilities(model)) {
        cli_complain("--probabilities: expected a network for classes, this one predicts values");
        return CLI_USAGE;
    }
    neural_status status = cli_input_open(options, config, model, &input);
    if (!status) {
        status = check_output(options, &input, &place);
    }
    if (!status) {
        status = predict(options, &input, model, &to, &place);
    }
    cli_predictions_end(&to);
    cli_input_close(&input);
    return status ? cli_fail(place, status) : CLI_OK;
}

int cli_run_infer(const cli_options *options) {
    return cli_with_model(options, infer_with);
}
