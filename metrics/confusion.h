/* The confusion matrix of a classifier, and everything that is computed from it.
 *
 * counts[t][p] is how many rows of class t were predicted as p. Where a quotient has denominator 0
 * its value is 0 (scikit-learn's zero_division = 0). */
#ifndef METRICS_CONFUSION_H_
#define METRICS_CONFUSION_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_confusion neural_confusion;

/* Of one class, or an average over classes. */
typedef struct neural_class_scores {
    double precision; /* hits / predicted as the class */
    double recall;    /* hits / of the class */
    double f1;        /* 2 hits / (predicted as the class + of the class) */
    int64_t support;  /* rows of the class */
} neural_class_scores;

typedef enum neural_average {
    NEURAL_AVERAGE_MACRO = 0,   /* mean over the classes that were seen or predicted */
    NEURAL_AVERAGE_MICRO = 1,   /* of all decisions together: the accuracy */
    NEURAL_AVERAGE_WEIGHTED = 2 /* mean over classes, weighted with their support */
} neural_average;

/* An empty matrix of classes x classes, classes >= 1. */
NEURAL_API neural_status neural_confusion_create(int64_t classes, neural_confusion **out);
NEURAL_API void neural_confusion_destroy(neural_confusion *confusion); /* accepts NULL */

/* Counts rows: targets and predictions are contiguous i64 [B]. A label outside [0, classes) is
 * NEURAL_ERR_INVALID_ARGUMENT naming its position; then nothing was counted. */
NEURAL_API neural_status neural_confusion_update(neural_confusion *confusion,
                                                 const neural_tensor *targets,
                                                 const neural_tensor *predictions);
/* Forgets all rows. */
NEURAL_API void neural_confusion_reset(neural_confusion *confusion);

NEURAL_API int64_t neural_confusion_classes(const neural_confusion *confusion);
NEURAL_API int64_t neural_confusion_total(const neural_confusion *confusion);
/* Rows of class target predicted as `predicted`; 0 outside the matrix. */
NEURAL_API int64_t neural_confusion_count(const neural_confusion *confusion, int64_t target,
                                          int64_t predicted);

/* hits / rows. */
NEURAL_API double neural_confusion_accuracy(const neural_confusion *confusion);
/* Mean recall over the classes that occur (Brodersen et al. 2010). */
NEURAL_API double neural_confusion_balanced_accuracy(const neural_confusion *confusion);
/* Matthews' correlation coefficient for any number of classes (Gorodkin 2004), -1 ... 1:
 * (hits * n - sum_k p_k t_k) / sqrt((n^2 - sum_k p_k^2) (n^2 - sum_k t_k^2)) with p_k rows
 * predicted as k, t_k rows of k. */
NEURAL_API double neural_confusion_mcc(const neural_confusion *confusion);

/* Precision, recall and F1 of one class; NEURAL_ERR_INVALID_ARGUMENT outside [0, classes). */
NEURAL_API neural_status neural_confusion_class(const neural_confusion *confusion, int64_t c,
                                                neural_class_scores *out);
/* Their average; support is the number of rows. */
NEURAL_API neural_status neural_confusion_average(const neural_confusion *confusion,
                                                  neural_average average, neural_class_scores *out);

#ifdef __cplusplus
}
#endif

#endif /* METRICS_CONFUSION_H_ */
