#include "metrics/regression.h"

#include <math.h>

#include "metrics/metric_inputs.h"

/* R2 of column `output` of [rows, outputs]. */
static double r2_of(const neural_tensor *prediction, const neural_tensor *target, int64_t rows,
                    int64_t outputs, int64_t output) {
    const double first = metric_at(target, output); /* equal targets: the mean is exact */
    double sum = 0, residual = 0, total = 0;
    for (int64_t row = 0; row < rows; row++) {
        sum += metric_at(target, row * outputs + output) - first;
    }
    const double mean = first + sum / (double)rows;
    for (int64_t i = output; i < rows * outputs; i += outputs) {
        const double error = metric_at(prediction, i) - metric_at(target, i);
        const double spread = metric_at(target, i) - mean;
        residual += error * error;
        total += spread * spread;
    }
    if (rows < 2) {
        return NAN;
    }
    return total > 0 ? 1 - residual / total : residual == 0;
}

neural_status neural_regression(const neural_tensor *prediction, const neural_tensor *target,
                                neural_regression_scores *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "regression: out must be given");
    NEURAL_TRY(metric_check_pair(prediction, target));
    NEURAL_TRY(metric_check_some("regression", target->len));
    const int64_t rows = target->shape.ndim ? target->shape.dim[0] : 1;
    const int64_t outputs = target->len / rows;
    neural_regression_scores sums = {0};
    for (int64_t i = 0; i < target->len; i++) {
        const double error = metric_at(prediction, i) - metric_at(target, i);
        sums.mae += fabs(error);
        sums.mse += error * error;
    }
    for (int64_t output = 0; output < outputs; output++) {
        sums.r2 += r2_of(prediction, target, rows, outputs, output) / (double)outputs;
    }
    sums.mae /= (double)target->len;
    sums.mse /= (double)target->len;
    sums.rmse = sqrt(sums.mse);
    *out = sums;
    return NEURAL_OK;
}
