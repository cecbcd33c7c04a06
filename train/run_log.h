/* The log of a run: JSON lines, one object each, appended as whole lines.
 *
 *     {"event": "start", "version": "2.0.0", "config_digest": ..., "data_digest": ..., "seed": 1,
 * ...}
 *     {"event": "epoch", "epoch": 1, "step": 30, "train_loss": 0.52, "val_loss": ..., ...}
 *
 * Numbers that are not finite are null; what was not measured is left out. */
#ifndef TRAIN_RUN_LOG_H_
#define TRAIN_RUN_LOG_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_run_log neural_run_log;

/* Opens the log of a run that begins (the file is emptied and gets its first line) or goes on:
 * where the trainer has taken steps already, lines of later steps, which the run will take again,
 * and an unfinished last line are cut off. version: of the program, for the first line.
 * every_steps: 0, or how many steps to a line within epochs. NEURAL_ERR_FILE_READ,
 * NEURAL_ERR_FILE_WRITE. */
NEURAL_API neural_status neural_run_log_open(const neural_trainer *trainer, const char *path,
                                             const char *version, int64_t every_steps,
                                             neural_run_log **out);

/* What the progress function of neural_trainer_run was told: a line after each epoch, and after
 * every so many steps. A line that could not be written whole is taken back. */
NEURAL_API neural_status neural_run_log_add(neural_run_log *log, const neural_epoch_report *now);

NEURAL_API void neural_run_log_close(neural_run_log *log); /* accepts NULL */

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_RUN_LOG_H_ */
