/* The rows that neural infer predicts. */
#ifndef CLI_INFER_INPUT_H_
#define CLI_INFER_INPUT_H_

#include "api/neural_api.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/stream.h"

typedef struct cli_input {
    const neural_config *config;
    const neural_model *model;
    const char *label_column;  /* left out; NULL = none */
    char path[CLI_PATH_BYTES]; /* "" = stdin */
    cli_stream stream;
    int64_t pieces; /* loaded so far */
} cli_input;

/* Operand 2 ("-" is stdin), or the config's test file without its labels. */
neural_status cli_input_open(const cli_options *options, const neural_config *config,
                             const neural_model *model, cli_input *out);

/* The next rows: a whole file, or what stdin gave so far. *out is NULL at the end. The first *skip
 * rows are known from an earlier piece. */
neural_status cli_input_next(cli_input *input, neural_dataset **out, int64_t *skip);

void cli_input_close(cli_input *input);

#endif /* CLI_INFER_INPUT_H_ */
