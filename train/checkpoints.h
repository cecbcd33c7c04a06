/* The checkpoints of a run in one directory: last.safetensors, and beside it those that a policy
 * keeps, named by epoch, step and validation scores:
 *
 *     epoch-0012-step-00001800-val_accuracy-0.8712-val_loss-0.3561.safetensors */
#ifndef TRAIN_CHECKPOINTS_H_
#define TRAIN_CHECKPOINTS_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_checkpoint_policy {
    int64_t keep_last; /* so many newest ones; 1 (or 0) is last.safetensors alone */
    int64_t keep_best; /* so many with the highest validation accuracy (smaller loss among equals,
                          the earlier one among those), or the smallest loss of values */
} neural_checkpoint_policy;

/* Writes DIR/last.safetensors (the directory is made when it is missing), gives it its name when
 * the policy keeps names (a second link to the same file; a copy where links cannot be made), and
 * only then, all of it being on the disk, removes the named ones that the policy no longer keeps,
 * and those of steps that this run has not reached: they are of another. validation: the scores of
 * the trainer's weights, NULL or without rows where they were not measured. is_first: nothing in
 * DIR is of this run, so what has a name there goes. Files with other names are left alone. */
NEURAL_API neural_status neural_checkpoints_save(const neural_trainer *trainer, const char *dir,
                                                 const neural_checkpoint_policy *policy,
                                                 const neural_score *validation, int is_first);

/* Path of the newest checkpoint in DIR that is undamaged: last.safetensors, else the named one of
 * the highest step. Each damaged one that is passed over is named by a warning to the log. None
 * good: the error of the newest; none at all: NEURAL_ERR_FILE_NOT_FOUND. */
NEURAL_API neural_status neural_checkpoints_find(const char *dir, char *out, int64_t bytes);

/* Removes last.safetensors and the named ones; other files stay. A directory that is not there is
 * empty. NEURAL_ERR_FILE_WRITE names the first that cannot be removed. */
NEURAL_API neural_status neural_checkpoints_remove(const char *dir);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_CHECKPOINTS_H_ */
