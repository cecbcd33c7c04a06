/* How well scores order the rows: areas under curves, top-k. All tensors are contiguous; scores f32
 * or f64. A NaN score is NEURAL_ERR_NAN_DETECTED naming its position; no rows, or only one class
 * where two are needed, NEURAL_ERR_INVALID_ARGUMENT (the value is not defined). */
#ifndef METRICS_RANKING_H_
#define METRICS_RANKING_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Area under the receiver operating characteristic of scores [B] or [B, 1] against targets of as
 * many floats (positive above 0.5): the probability that a positive row scores above a negative
 * one, ties counting half (Mann-Whitney's U / (positives * negatives); Fawcett 2006). */
NEURAL_API neural_status neural_roc_auc(const neural_tensor *scores, const neural_tensor *targets,
                                        double *out);

/* Unweighted mean over the classes of roc_auc(score of the class, row is of the class): scores
 * [B, C], labels i64 [B]. Every class has to occur. */
NEURAL_API neural_status neural_roc_auc_ovr(const neural_tensor *scores,
                                            const neural_tensor *labels, double *out);

/* Average precision, the step-wise area under the precision-recall curve: the sum over thresholds
 * of (recall - recall before) * precision (scikit-learn's average_precision_score). Needs a
 * positive row. */
NEURAL_API neural_status neural_pr_auc(const neural_tensor *scores, const neural_tensor *targets,
                                       double *out);
/* Unweighted mean of it over the classes, one against the rest; every class has to occur. */
NEURAL_API neural_status neural_pr_auc_ovr(const neural_tensor *scores, const neural_tensor *labels,
                                           double *out);

/* Part of the rows whose label is among their k largest scores; of equal scores the first count as
 * larger (so that k = 1 is the accuracy). 1 <= k; k >= C gives 1. A label outside [0, C) is
 * refused. */
NEURAL_API neural_status neural_top_k_accuracy(const neural_tensor *scores,
                                               const neural_tensor *labels, int64_t k, double *out);

#ifdef __cplusplus
}
#endif

#endif /* METRICS_RANKING_H_ */
