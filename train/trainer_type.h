/* The inside of a trainer. */
#ifndef TRAIN_TRAINER_TYPE_H_
#define TRAIN_TRAINER_TYPE_H_

#include "data/batches.h"
#include "model/config_fields.h"
#include "optim/ema.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a score is made of: sums that batches add to. */
typedef struct score_sums {
    double loss;   /* sum over rows, by neural_criterion_weight */
    double weight; /* what the mean of that is divided by */
    double metric; /* correct rows, or the sum of squared errors */
    int64_t rows, elements;
} score_sums;

/* Everything that changes while training: what a checkpoint must hold besides tensors. */
typedef struct train_progress {
    int64_t epoch, batch;   /* done: whole epochs, batches of the next one */
    int64_t steps, samples; /* batches and rows seen */
    int64_t updates;        /* of the weights: one per config->accumulate batches */
    int64_t accumulated;    /* batches whose gradients wait for the next update */
    score_sums sums;        /* of the epoch so far */
    double learning_rate, gradient_norm;
    int64_t best_epoch; /* 0 = none yet */
    double best_loss, best_metric;
    neural_schedule_state plateau;
    int stopped_early;
} train_progress;

struct neural_trainer {
    const neural_config *config;
    neural_model *model;
    neural_optimizer *optimizer;
    neural_schedule *schedule; /* NULL = constant */
    neural_ema *average;       /* of the weights, or NULL */
    neural_tensor *share;      /* 0-dim: what the loss of a batch counts in its update */
    neural_dataset *train_data, *test_data; /* transformed */
    int64_t *train_rows, *val_rows;         /* NULL = all rows, or no split */
    int64_t train_row_count, val_row_count;
    neural_batches *batches;
    neural_tensor *best_values;  /* flat copy of the best weights, or NULL */
    neural_tensor *best_buffers; /* and of the buffers that belong to them */
    neural_tensor *outputs;      /* [validation rows, outputs] of the last validation, or NULL */
    train_progress progress;
    double sweep_rate; /* of the finder, in place of the schedule's; 0 = none */
    neural_history_row *history;
    int64_t history_rows, history_room;
    char digest[65];
};

/* Adds a batch of predictions (the network's outputs) and their loss to the sums. */
neural_status score_sums_add(score_sums *sums, const neural_model *model, neural_tensor *prediction,
                             const neural_tensor *target, double loss);
/* Means of the sums. */
neural_score score_of(const score_sums *sums, const neural_model *model);

/* Scores rows (NULL = all) of a transformed dataset in evaluation mode. What the network gives goes
 * to `outputs` [rows, outputs] of the model's dtype, unless that is NULL. */
neural_status score_rows(neural_model *model, const neural_dataset *dataset, const int64_t *rows,
                         int64_t row_count, int64_t batch_size, neural_tensor *outputs,
                         neural_score *out);
/* The same for a whole dataset, raw or transformed. NEURAL_ERR_INVALID_ARGUMENT without targets. */
neural_status score_dataset(neural_model *model, const neural_dataset *dataset, int raw,
                            int64_t batch_size, neural_tensor *outputs, neural_score *out);

/* Appends the epoch that the report is of. */
neural_status trainer_history_add(neural_trainer *trainer, const neural_epoch_report *report);
/* So many rows; new ones are to be filled. */
neural_status trainer_history_resize(neural_trainer *trainer, int64_t rows);

/* Keeps the model's weights and buffers as the best so far. */
neural_status trainer_keep_best(neural_trainer *trainer);
/* Puts the best ones back into the model, if any were kept. */
neural_status trainer_restore_best(neural_trainer *trainer);

/* 1 when there are rows to validate with: of the split, or else of the test data. */
int trainer_has_validation(const neural_trainer *trainer);
/* From now on every validation leaves the network's outputs in trainer->outputs. */
neural_status trainer_keep_outputs(neural_trainer *trainer);
/* Where the row of outputs[i] lies in *dataset: row rows[i], or i where rows is NULL. */
const int64_t *trainer_validation_rows(const neural_trainer *trainer,
                                       const neural_dataset **dataset, int64_t *count);

/* Early stopping is on, and the last validation came `patience` epochs or more after the best. */
int trainer_is_out_of_patience(const neural_trainer *trainer);

/* Loads and prepares the config's data: datasets, split, transform. */
neural_status trainer_load_data(neural_trainer *trainer, neural_path_resolver resolve,
                                void *context);

/* Whether the config's columns are encoded; what is said about columns to the reader of a file;
 * learning on the training rows, which it encodes; encoding another dataset in place. One-hot
 * features are not scaled. */
int trainer_encodes_columns(const neural_config *config);
void trainer_column_options(const neural_model *model, const neural_config *config,
                            neural_data_options *options);
neural_status trainer_fit_columns(neural_trainer *trainer);
neural_status trainer_encode(const neural_columns *columns, neural_dataset **dataset);
void trainer_leave_unscaled(const neural_columns *columns, neural_transform *transform);

/* The batches of the config's sampler. */
neural_status trainer_make_batches(neural_trainer *trainer);

/* The optimizer that the config describes, on the model's parameters, and the weights' average. */
neural_status trainer_create_optimizer(neural_trainer *trainer);

/* The schedule that the config describes, for this many batches per epoch. */
neural_status trainer_create_schedule(neural_trainer *trainer);
/* Learning rate and momentum of the next update. */
neural_status trainer_set_rate(neural_trainer *trainer);
/* A new validation loss for a schedule that watches it. */
void trainer_observe(neural_trainer *trainer, double validation_loss);

/* Exchanges the weights and their average, if there is one. */
neural_status trainer_swap_average(neural_trainer *trainer);

/* Pruning by the config: refuses ranges that cannot be; prunes when the update that comes next is
 * one to prune before; 1 when the sparsity is as it will be in the end and trained since; the epoch
 * from which validations can be the best. */
neural_status trainer_check_pruning(const neural_config *config);
neural_status trainer_prune(neural_trainer *trainer);
int trainer_has_pruned(const neural_trainer *trainer);
int64_t trainer_first_scored_epoch(const neural_trainer *trainer);

/* One step; adds to the epoch's sums when sums is given. */
neural_status trainer_step(neural_trainer *trainer, neural_tensor *x, neural_tensor *y,
                           score_sums *sums, double *loss);

/* The loss of a step is not finite: names the first bad tensor in the order input, weights, outputs
 * of the layers. Always returns an error. */
neural_status trainer_blame(neural_trainer *trainer, neural_tensor *x);
/* The same for the weights of the run's end, on all training rows. */
neural_status trainer_blame_end(const neural_trainer *trainer);
/* NEURAL_OK, or the error that names the gradient that is not finite. */
neural_status trainer_check_gradients(const neural_trainer *trainer);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_TRAINER_TYPE_H_ */
