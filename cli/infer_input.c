#include "cli/infer_input.h"

#include <string.h>
#include <unistd.h>

#include "cli/spool.h"

/* --- stdin --- */

static neural_status load_rows(void *context, const char *path, neural_dataset **out) {
    const cli_input *input = context;
    return neural_model_load_rows(input->model, input->config, path, input->label_column, out);
}

static neural_status next_piece(cli_input *input, neural_dataset **out, int64_t *skip) {
    int has_more = 0;
    NEURAL_TRY(cli_stream_next(&input->stream, &has_more));
    NEURAL_REQUIRE(has_more || input->pieces, NEURAL_ERR_DATA,
                   "standard input: expected rows of numbers, found nothing");
    if (!has_more) {
        *out = NULL;
        return NEURAL_OK;
    }
    NEURAL_TRY(cli_spool_load(&input->stream, load_rows, input, out));
    *skip = input->pieces > 0 && !neural_dataset_feature_name(*out, 0);
    input->pieces++;
    return NEURAL_OK;
}

/* --- any input --- */

neural_status cli_input_open(const cli_options *options, const neural_config *config,
                             const neural_model *model, cli_input *out) {
    const char *input = cli_operand(options, 2);
    const char *label_file = neural_config_get_string(config, "data", "test_label_file", "");
    const char *column = neural_config_get_string(config, "data", "label_column", "");
    *out = (cli_input){.config = config, .model = model, .label_column = *column ? column : NULL};
    out->stream.in = STDIN_FILENO;
    if (input && strcmp(input, "-") == 0) {
        return NEURAL_OK;
    }
    if (!input) {
        input = neural_config_get_string(config, "data", "test_file", NULL);
        NEURAL_REQUIRE(input && *input, NEURAL_ERR_INVALID_CONFIG,
                       "the config names no test data; expected INPUT, or [data] test_file");
        if (!out->label_column && !*label_file) {
            out->label_column = "-1"; /* where training finds it */
        }
    }
    return cli_resolve_data((void *)cli_operand(options, 0), input, out->path, sizeof out->path);
}

neural_status cli_input_next(cli_input *input, neural_dataset **out, int64_t *skip) {
    *skip = 0;
    if (!input->path[0]) {
        return next_piece(input, out, skip);
    }
    if (input->pieces++) {
        *out = NULL;
        return NEURAL_OK;
    }
    return neural_model_load_rows(input->model, input->config, input->path, input->label_column,
                                  out);
}

void cli_input_close(cli_input *input) {
    cli_stream_free(&input->stream);
}
