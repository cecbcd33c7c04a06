/* neural fuzzy: the commands behind that word. */
#ifndef CLI_FUZZY_H_
#define CLI_FUZZY_H_

#include "api/neural_api.h"
#include "cli/command.h"

extern const cli_command cli_fuzzy_commands[];
extern const int cli_fuzzy_command_count;

/* By its second word ("eval"), case ignored; NULL when there is none. */
const cli_command *cli_find_fuzzy(const char *word);

/* One per command; each returns the exit code. */
int cli_run_fuzzy_eval(const cli_options *options);
int cli_run_fuzzy_check(const cli_options *options);
int cli_run_fuzzy_surface(const cli_options *options);
int cli_run_fuzzy_convert(const cli_options *options);
int cli_run_fuzzy_train(const cli_options *options);

/* CSV to --output, whole or not at all, else to stdout. */
typedef struct cli_fuzzy_csv {
    neural_file_writer *file; /* NULL: stdout */
} cli_fuzzy_csv;
neural_status cli_fuzzy_csv_open(const cli_options *options, cli_fuzzy_csv *out);
/* `count` names, or numbers, and the separator or line end behind each. */
neural_status cli_fuzzy_csv_names(const cli_fuzzy_csv *csv, const char *const *names,
                                  int64_t count);
neural_status cli_fuzzy_csv_row(const cli_fuzzy_csv *csv, const double *values, int64_t count);
/* Keeps the file if status is NEURAL_OK, and returns what went wrong. */
neural_status cli_fuzzy_csv_close(cli_fuzzy_csv *csv, neural_status status);

/* The index of the input of that name; -1 after saying which there are. */
int64_t cli_fuzzy_input(const neural_fuzzy_system *system, const char *option, const char *name);

#endif /* CLI_FUZZY_H_ */
