/* Training, evaluation and prediction of a model from a config and its data. */
#ifndef TRAIN_TRAINER_H_
#define TRAIN_TRAINER_H_

#include "data/dataset.h"
#include "model/config.h"
#include "model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Loss and metric over a dataset. metric is accuracy (classes, binary) or the mean squared error.
 */
typedef struct neural_score {
    double loss, metric;
    int64_t rows;
    int is_accuracy;
} neural_score;

typedef struct neural_epoch_report {
    int64_t epoch, epochs;  /* from 1 */
    int64_t batch, batches; /* done so far in this epoch */
    int64_t samples;        /* seen since the start of the run */
    double seconds;         /* since the start of the run */
    double learning_rate;
    double train_loss;              /* mean over the epoch so far */
    double gradient_norm;           /* of the last step; 0 when it is neither clipped nor logged */
    neural_score train, validation; /* rows == 0: not measured; filled when batch == batches */
    int is_best;                    /* validation improved in this epoch */
} neural_epoch_report;

/* Called after every batch and, with batch == batches and the scores filled, after every epoch.
 * Returning non-zero asks to stop: the step is finished and train returns NEURAL_ERR_INTERRUPTED,
 * but after the last epoch the run is complete all the same. neural_trainer_save_checkpoint may be
 * called in it. */
typedef int (*neural_train_progress)(void *context, const neural_epoch_report *report);

typedef struct neural_train_report {
    double train_loss, val_loss, val_metric, last_val_metric;
    double test_loss, test_metric;
    int has_validation, has_test, is_accuracy;
    int64_t epochs, best_epoch, steps, samples;
    double seconds, samples_per_second;
    int stopped_early;
    char digest[65]; /* of the training data */
} neural_train_report;

typedef struct neural_trainer neural_trainer;

/* Writes the path to open for a path of the config to out. */
typedef neural_status (*neural_path_resolver)(void *context, const char *path, char *out,
                                              int64_t bytes);

/* Loads the config's data, splits, fits the transform on the training part, builds the model and
 * the optimizer. The config must outlive the trainer. resolve: NULL = paths as they are. */
NEURAL_API neural_status neural_trainer_create(const neural_config *config,
                                               neural_path_resolver resolve, void *context,
                                               neural_trainer **out);
NEURAL_API void neural_trainer_destroy(neural_trainer *trainer);
NEURAL_API neural_model *neural_trainer_model(const neural_trainer *trainer); /* borrowed */
/* Starts from the weights, statistics and masks of a model with the same parameters
 * (NEURAL_ERR_SHAPE_MISMATCH names the first that differs), for training it further. */
NEURAL_API neural_status neural_trainer_adopt(neural_trainer *trainer, const neural_model *model);
/* Rows trained on, validated with and tested on; 0 where there are none. */
NEURAL_API int64_t neural_trainer_train_rows(const neural_trainer *trainer);
NEURAL_API int64_t neural_trainer_validation_rows(const neural_trainer *trainer);
NEURAL_API int64_t neural_trainer_test_rows(const neural_trainer *trainer);

/* Runs all epochs: shuffled mini-batches, step decay, clipping, NaN detection (names the first bad
 * tensor: NEURAL_ERR_NAN_DETECTED "epoch 3, step 211: gradient of 2.weight is nan at [4, 7]"),
 * early stopping; at the end the model holds the best weights when there is validation data, and
 * the report scores those. Weights whose training loss is not finite are an error, too. */
NEURAL_API neural_status neural_trainer_run(neural_trainer *trainer, neural_train_progress progress,
                                            void *context, neural_train_report *out);

/* One forward + loss + backward + optimizer step on a batch; the loop above in one call, for
 * benches and for programs with their own loop. *loss may be NULL (then it is not read back). */
NEURAL_API neural_status neural_trainer_step(neural_trainer *trainer, neural_tensor *x,
                                             neural_tensor *y, double *loss);

/* What each epoch came to, from the first one of the run on, that of earlier processes of a resumed
 * run included. val_ figures are NaN where the epoch was not validated. */
typedef struct neural_history_row {
    double epoch; /* from 1 */
    double learning_rate, gradient_norm;
    double train_loss, train_metric, val_loss, val_metric;
} neural_history_row;
/* *rows rows, borrowed until the next epoch. */
NEURAL_API const neural_history_row *neural_trainer_history(const neural_trainer *trainer,
                                                            int64_t *rows);

/* Reads a file as the trainer reads its own: the config says separator, header and label column,
 * the model the number of features, the kind of targets and the names of classes. labels: their
 * file, or NULL. A header with other column names than that of the training data is refused. Errors
 * as of neural_dataset_load. */
NEURAL_API neural_status neural_model_load_data(const neural_model *model,
                                                const neural_config *config, const char *path,
                                                const char *labels, neural_dataset **out);
/* The same for rows to predict: no targets. A column more than the model's features is refused, or
 * left out when label_column (a name or a number, NULL = none) says which one it is. */
NEURAL_API neural_status neural_model_load_rows(const neural_model *model,
                                                const neural_config *config, const char *path,
                                                const char *label_column, neural_dataset **out);

/* Loss and metric of a model in evaluation mode; the dataset holds raw rows when `raw` is set (the
 * model's transform is applied), else already transformed ones. */
NEURAL_API neural_status neural_model_score(neural_model *model, const neural_dataset *dataset,
                                            int raw, int64_t batch_size, neural_score *out);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_TRAINER_H_ */
