/* Checkpoints: everything a run needs to go on as if it had never stopped, in one safetensors file.
 */
#ifndef TRAIN_CHECKPOINT_H_
#define TRAIN_CHECKPOINT_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights ("0.weight"), optimizer state ("optim.exp_avg"), best weights so far ("best"), what was
 * fitted on the training data ("transform.scale"), the epochs' figures ("history"), and where the
 * run stands: epoch, batch, step, learning rate, sums, best scores. Written atomically. */
NEURAL_API neural_status neural_trainer_save_checkpoint(const neural_trainer *trainer,
                                                        const char *path);

/* Puts a trainer made from the same config and data where the checkpoint left off: the rest of the
 * run gives the same bits as an uninterrupted one. Only epochs, early stopping, validate_every and
 * how files are read may differ between the configs: another key is NEURAL_ERR_INVALID_CONFIG by
 * name, other data are NEURAL_ERR_DATA. After a failure the trainer is good for nothing but
 * neural_trainer_destroy. */
NEURAL_API neural_status neural_trainer_load_checkpoint(neural_trainer *trainer, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_CHECKPOINT_H_ */
