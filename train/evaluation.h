/* Everything that is usually asked about a model on labelled rows. */
#ifndef TRAIN_EVALUATION_H_
#define TRAIN_EVALUATION_H_

#include "metrics/confusion.h"
#include "metrics/regression.h"
#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Figures that the data do not define (ROC-AUC without both classes) are NaN. */
typedef struct neural_evaluation {
    neural_score score;
    neural_confusion *confusion; /* NULL: the model predicts values */
    /* of classes, or of one probability per row (two classes at threshold 0.5) */
    double roc_auc, pr_auc; /* several classes: mean over one against the rest */
    double log_loss, brier, calibration_error;
    int64_t top_k; /* 5 from 10 classes on, 2 from 3 on, else 0: not measured */
    double top_k_accuracy;
    neural_regression_scores values; /* when confusion is NULL */
} neural_evaluation;

/* Evaluates raw rows (the model's transform is applied) in evaluation mode. Several binary outputs
 * count as one list of decisions. Holds the predictions of all rows in memory. Errors:
 * NEURAL_ERR_INVALID_ARGUMENT without targets or rows, NEURAL_ERR_NAN_DETECTED naming the row. */
NEURAL_API neural_status neural_model_evaluate(neural_model *model, const neural_dataset *dataset,
                                               int64_t batch_size, neural_evaluation *out);

/* Frees what it holds; accepts a zeroed one. */
NEURAL_API void neural_evaluation_clear(neural_evaluation *evaluation);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_EVALUATION_H_ */
