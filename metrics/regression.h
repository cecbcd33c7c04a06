/* Errors of predicted values. */
#ifndef METRICS_REGRESSION_H_
#define METRICS_REGRESSION_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_regression_scores {
    double mae;  /* mean of |prediction - target| */
    double mse;  /* mean of (prediction - target)^2 */
    double rmse; /* sqrt(mse) */
    double r2;   /* 1 - sum of (prediction - target)^2 / sum of (target - mean of targets)^2 */
} neural_regression_scores;

/* prediction and target [B] or [B, outputs], contiguous, f32 or f64; means over all elements, R2
 * over the outputs. Targets that are all equal have R2 1 when predicted without error, else 0
 * (scikit-learn's r2_score); a single row has R2 NaN. NEURAL_ERR_INVALID_ARGUMENT without rows,
 * NEURAL_ERR_SHAPE_MISMATCH naming both shapes. */
NEURAL_API neural_status neural_regression(const neural_tensor *prediction,
                                           const neural_tensor *target,
                                           neural_regression_scores *out);

#ifdef __cplusplus
}
#endif

#endif /* METRICS_REGRESSION_H_ */
