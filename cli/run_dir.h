/* A run's directory: config.ini, log.jsonl, report.json, model.safetensors, checkpoints/. */
#ifndef CLI_RUN_DIR_H_
#define CLI_RUN_DIR_H_

#include "api/neural_api.h"
#include "cli/json.h"
#include "cli/paths.h"

typedef struct cli_run_dir {
    const char *path; /* NULL: the run has none, every function below does nothing */
    int is_new;       /* made by cli_run_dir_open */
    neural_run_log *log;
} cli_run_dir;

/* What stands in the directory before the run. */
typedef enum cli_run_dir_use {
    CLI_RUN_DIR_NEW = 0,      /* an earlier run there is refused */
    CLI_RUN_DIR_RESUME = 1,   /* goes on */
    CLI_RUN_DIR_OVERWRITE = 2 /* is replaced */
} cli_run_dir_use;

/* Makes the directory (and those above it) of [logging] run_dir. */
neural_status cli_run_dir_open(const neural_config *config, const char *config_path,
                               cli_run_dir_use use, cli_run_dir *out);

/* Writes config.ini and opens log.jsonl; the trainer stands where the run begins. */
neural_status cli_run_dir_begin(cli_run_dir *dir, const neural_config *config,
                                const neural_trainer *trainer);

/* A line of the log. One that cannot be written is said once; the run goes on without its log. */
void cli_run_dir_add(cli_run_dir *dir, const neural_epoch_report *now);

/* Writes report.json. */
neural_status cli_run_dir_end(const cli_run_dir *dir, const json_t *report);

/* Closes the log; removes a directory that was made and is still empty. */
void cli_run_dir_close(cli_run_dir *dir);

/* DIR/name. */
neural_status cli_run_dir_path(const cli_run_dir *dir, const char *name, char out[CLI_PATH_BYTES]);

#endif /* CLI_RUN_DIR_H_ */
