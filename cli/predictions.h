/* Predictions as CSV, to stdout or to a file that is complete or not there. */
#ifndef CLI_PREDICTIONS_H_
#define CLI_PREDICTIONS_H_

#include "api/neural_api.h"

typedef struct cli_predictions {
    const neural_model *model;
    int probabilities;        /* one column per class instead of its name */
    neural_file_writer *file; /* NULL = stdout */
    int64_t rows;             /* written so far */
} cli_predictions;

/* path NULL = stdout. has_header: a line of column names comes first. */
neural_status cli_predictions_begin(const neural_model *model, int probabilities, int has_header,
                                    const char *path, cli_predictions *out);

/* One line per row of prediction [rows, outputs]. NEURAL_ERR_NAN_DETECTED names the row. */
neural_status cli_predictions_add(cli_predictions *predictions, const neural_tensor *prediction);

/* Shows on stdout what was added so far. */
neural_status cli_predictions_flush(const cli_predictions *predictions);

/* Puts the file in its place. */
neural_status cli_predictions_commit(cli_predictions *predictions);
void cli_predictions_end(cli_predictions *predictions);

#endif /* CLI_PREDICTIONS_H_ */
