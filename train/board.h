/* The log of a training run for TensorBoard: what [logging] tensorboard = DIR writes.
 *
 * The axis of every curve is the number of batches seen since the run began; a resumed run voids
 * what lies behind its first batch and goes on in a new file. No call changes what the trainer
 * does. */
#ifndef TRAIN_BOARD_H_
#define TRAIN_BOARD_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_board neural_board;

/* Opens a new event file in dir and logs the graph of the model. After the checkpoint is loaded,
 * where there is one. The trainer outlives the board. NEURAL_ERR_FILE_WRITE "PATH: reason". */
NEURAL_API neural_status neural_board_create(neural_trainer *trainer, const char *dir,
                                             neural_board **out);
NEURAL_API void neural_board_destroy(neural_board *board); /* accepts NULL */

/* To be called with every report of neural_train_progress. After a batch: step/loss (mean over the
 * epoch so far), step/learning_rate, and step/gradient_norm where the norm is clipped or
 * log_gradient_norm is set. After an epoch (batch == batches): loss/train, loss/validation,
 * accuracy/ or mse/ of both, samples_per_second, and as histograms parameters/NAME and
 * gradients/NAME (of the last update); gradient_norm/last is the norm of those. Where classes were
 * validated, also the image confusion/validation: a row per class, a column per prediction, white 0
 * to blue all of the row. */
NEURAL_API neural_status neural_board_log(neural_board *board, const neural_epoch_report *report);

/* At the end of a run: the config's keys as hyper-parameters, the report's figures as metrics. */
NEURAL_API neural_status neural_board_log_end(neural_board *board,
                                              const neural_train_report *report);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_BOARD_H_ */
