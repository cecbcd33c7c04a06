/* What neural train says before and after. */
#ifndef CLI_TRAIN_REPORT_H_
#define CLI_TRAIN_REPORT_H_

#include "api/neural_api.h"
#include "cli/json.h"
#include "cli/report.h"

/* Program, machine, config, rows, the model's table. Returns the exit code. */
int cli_print_header(cli_report *report, const neural_trainer *trainer, const char *config_path);

/* Scores of the saved weights, best epoch, time, rate, file. */
void cli_print_result(cli_report *report, const neural_trainer *trainer,
                      const neural_train_report *result, const char *model_path);

/* The same and more as one JSON object, the caller's. digests: of the epochs, or NULL. */
json_t *cli_result_json(const neural_train_report *result, const char *model_path, json_t *digests);

/* The checksum that a model file carries; "" when the file cannot be read back. */
enum { CLI_DIGEST_TEXT = 32 };
const char *cli_model_digest(const char *path, char out[CLI_DIGEST_TEXT]);

#endif /* CLI_TRAIN_REPORT_H_ */
