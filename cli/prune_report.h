/* What neural prune tells. */
#ifndef CLI_PRUNE_REPORT_H_
#define CLI_PRUNE_REPORT_H_

#include "api/neural_api.h"
#include "cli/report.h"

/* A model at one moment: what it costs and how good it is. */
typedef struct cli_prune_state {
    neural_prune_row *rows;
    int row_count;
    neural_score score;
    double rows_per_second; /* of data, while it was scored */
    int64_t bytes;          /* of its file; 0 = none was written */
} cli_prune_state;

typedef struct cli_prune_result {
    cli_prune_state before, pruned, tuned; /* tuned: only with epochs > 0 */
    int64_t epochs;
    const char *method, *score, *model; /* model: the file */
    double sparsity;
    int is_structured;
} cli_prune_result;

void cli_print_pruning(cli_report *report, const cli_prune_result *result);
void cli_print_pruning_json(const cli_prune_result *result);

#endif /* CLI_PRUNE_REPORT_H_ */
