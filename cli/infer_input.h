/* The rows that neural infer predicts. */
#ifndef CLI_INFER_INPUT_H_
#define CLI_INFER_INPUT_H_

#include "api/neural_api.h"
#include "cli/options.h"

/* Operand 2 ("-" is stdin), or the config's test file without its labels. */
neural_status cli_load_input(const cli_options *options, const neural_config *config,
                             const neural_model *model, neural_dataset **out);

#endif /* CLI_INFER_INPUT_H_ */
