/* What is shown while training runs: a bar on a terminal, a line per epoch. */
#ifndef CLI_PROGRESS_H_
#define CLI_PROGRESS_H_

#include "api/neural_api.h"
#include "cli/report.h"

typedef struct cli_progress {
    cli_report *report;
    int64_t print_every;  /* epochs per line */
    int64_t steps;        /* seen by this run */
    double drawn;         /* when the bar was, in the run's seconds; < 0 never */
    double first_seconds; /* at the first step seen: rates count from there */
    int64_t first_samples;
    double epoch_start; /* seconds */
    int shows_gradient_norm;
} cli_progress;

cli_progress cli_progress_begin(cli_report *report, int64_t print_every);

/* After every batch and, with batch == batches, after every epoch. */
void cli_progress_update(cli_progress *progress, const neural_epoch_report *now);

/* "accuracy 87.12 %" or "mse 0.003412", with a prefix such as "val_". */
enum { CLI_METRIC_TEXT = 64 };
const char *cli_metric_text(const char *prefix, double metric, int is_accuracy,
                            char out[CLI_METRIC_TEXT]);

#endif /* CLI_PROGRESS_H_ */
