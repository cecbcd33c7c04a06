/* What commands that work on a config begin with. */
#ifndef CLI_SETUP_H_
#define CLI_SETUP_H_

#include "api/neural_api.h"
#include "cli/options.h"

/* Operand 0 with the overrides of the command line. A config that wants the plain C kernels
 * (use_simd = false) starts the program again with NEURAL_ISA=c. */
neural_status cli_open_config(const cli_options *options, neural_config **out);

/* Runs `work` with the config (operand 0), its threads, and its network with the weights of the
 * file operand 1, folded when --fold is given. Returns work's exit code, or that of what failed
 * before. */
typedef int (*cli_model_work)(const cli_options *options, const neural_config *config,
                              neural_model *model);
int cli_with_model(const cli_options *options, cli_model_work work);

#endif /* CLI_SETUP_H_ */
