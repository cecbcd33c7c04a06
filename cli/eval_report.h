/* What neural eval says: the tables people expect, and the same as JSON. */
#ifndef CLI_EVAL_REPORT_H_
#define CLI_EVAL_REPORT_H_

#include <stdio.h>

#include "api/neural_api.h"

/* The score's line, then the figures of classes or of values. */
void cli_print_evaluation(FILE *out, const neural_model *model,
                          const neural_evaluation *evaluation);

/* One JSON object on stdout. */
void cli_print_evaluation_json(const neural_model *model, const neural_evaluation *evaluation,
                               const char *model_path);

#endif /* CLI_EVAL_REPORT_H_ */
