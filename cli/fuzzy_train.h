/* What neural fuzzy train is asked to do, and the rows it learns from. */
#ifndef CLI_FUZZY_TRAIN_H_
#define CLI_FUZZY_TRAIN_H_

#include <stdio.h>

#include "api/neural_api.h"
#include "cli/options.h"

enum { CLI_FUZZY_MOST_TERMS = 256 };

typedef struct cli_fuzzy_plan {
    const char *system;                                     /* to start from, or NULL */
    const char *data, *test, *targets, *output, *optimizer; /* test and targets may be NULL */
    neural_anfis_options start;                             /* without a system */
    int64_t terms[CLI_FUZZY_MOST_TERMS], term_count;        /* of --grid */
    neural_anfis_fit_options fit;
    double lr;
    FILE *progress; /* NULL: none */
} cli_fuzzy_plan;

/* Reads the command line. CLI_OK, or CLI_USAGE after saying what is wrong. */
int cli_fuzzy_plan_read(const cli_options *options, cli_fuzzy_plan *out);

/* Inputs and outputs of a file, and the names of both for a system: those of the header, with _ for
 * what the language of rules does not allow; NULL without a header. */
typedef struct cli_fuzzy_rows {
    double *x, *y;
    int64_t rows, inputs, outputs;
    char **names; /* inputs, then outputs */
} cli_fuzzy_rows;

/* With a system: its variables, by name or, without a header, in its order. Else `targets`, names
 * or numbers from 0 with commas between them (NULL: the last column), are the outputs. */
neural_status cli_fuzzy_rows_load(const char *path, const neural_fuzzy_system *system,
                                  const char *targets, cli_fuzzy_rows *out);
void cli_fuzzy_rows_free(cli_fuzzy_rows *rows);

static inline neural_anfis_data cli_fuzzy_rows_data(const cli_fuzzy_rows *rows) {
    return (neural_anfis_data){rows->x, rows->y, rows->rows, rows->inputs, rows->outputs};
}

#endif /* CLI_FUZZY_TRAIN_H_ */
