/* How good predicted probabilities are. probabilities [B, C] go with labels i64 [B]; [B] or [B, 1]
 * (of class 1) with as many float targets, 1 above 0.5. Contiguous, f32 or f64, each in [0, 1]:
 * another value is NEURAL_ERR_INVALID_ARGUMENT naming its position; so are no rows at all. */
#ifndef METRICS_PROBABILITY_H_
#define METRICS_PROBABILITY_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Mean of -log(p of the row's class); rows are scaled to sum 1, p is kept away from 0 and 1 by the
 * dtype's epsilon (scikit-learn's log_loss). */
NEURAL_API neural_status neural_log_loss(const neural_tensor *probabilities,
                                         const neural_tensor *targets, double *out);

/* Brier 1950. Classes: mean over rows of sum_c (p_c - [c is the row's class])^2, 0 ... 2; one
 * probability: mean of (p - target)^2, 0 ... 1. */
NEURAL_API neural_status neural_brier_score(const neural_tensor *probabilities,
                                            const neural_tensor *targets, double *out);

/* Expected calibration error (Guo et al. 2017): rows in `bins` equal bins (i/bins, (i+1)/bins] of
 * the largest probability; the sum over bins of rows / all rows * |accuracy - mean of it|. The
 * field's number of bins is 15. */
NEURAL_API neural_status neural_calibration_error(const neural_tensor *probabilities,
                                                  const neural_tensor *targets, int64_t bins,
                                                  double *out);

#ifdef __cplusplus
}
#endif

#endif /* METRICS_PROBABILITY_H_ */
