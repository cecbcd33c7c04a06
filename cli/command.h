/* The commands of the program. */
#ifndef CLI_COMMAND_H_
#define CLI_COMMAND_H_

#include "cli/options.h"

typedef struct cli_command {
    const char *name;
    const char *operands; /* as in a usage line: "CONFIG [MODEL]" */
    int min_operands, max_operands;
    uint64_t options;    /* bit set of cli_option_id */
    const char *summary; /* one line, for the list of commands */
    const char *details; /* paragraphs, for its own help */
    int (*run)(const cli_options *options);
} cli_command;

extern const cli_command cli_commands[];
extern const int cli_command_count;

/* By name, case ignored, "fuzzy eval" too; NULL when there is none. */
const cli_command *cli_find_command(const char *name);

/* first_word: the command when it is fixed, NULL when it is argv[1]. Returns the exit code. */
int cli_main(const char *first_word, int argc, char **argv);

/* One per command; each returns the exit code. */
int cli_run_train(const cli_options *options);
int cli_run_eval(const cli_options *options);
int cli_run_infer(const cli_options *options);
int cli_run_test(const cli_options *options);
int cli_run_prune(const cli_options *options);
int cli_run_lr_find(const cli_options *options);
int cli_run_quantize(const cli_options *options);
int cli_run_info(const cli_options *options);
int cli_run_config(const cli_options *options);
int cli_run_fuzzy(const cli_options *options);
int cli_run_man(const cli_options *options);
int cli_run_completion(const cli_options *options);
int cli_run_help(const cli_options *options);
int cli_run_version(const cli_options *options);

#endif /* CLI_COMMAND_H_ */
