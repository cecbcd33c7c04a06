/* Metrics of predictions (f32 or f64) against targets; sums in double, in order. All tensors are
 * contiguous. Errors: NEURAL_ERR_NULL_POINTER, _INVALID_DTYPE, _INVALID_ARGUMENT (strided),
 * _SHAPE_MISMATCH. */
#ifndef METRICS_METRICS_H_
#define METRICS_METRICS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows whose largest score (first of equals; a NaN row counts as wrong) is at the target:
 * scores [B, C], targets i64 [B]. */
NEURAL_API neural_status neural_count_correct(const neural_tensor *scores,
                                              const neural_tensor *targets, int64_t *out);

/* Elements where (score > threshold) == (target > 0.5): both [B, outputs] or [B]. */
NEURAL_API neural_status neural_count_correct_binary(const neural_tensor *scores,
                                                     const neural_tensor *targets, double threshold,
                                                     int64_t *out);

/* Sum over all elements of (prediction - target)^2, and of |prediction - target| (each may be
 * NULL). */
NEURAL_API neural_status neural_sum_errors(const neural_tensor *prediction,
                                           const neural_tensor *target, double *squared,
                                           double *absolute);

/* Index of the largest value of each row, first of equals; rows with NaN give the first NaN's
 * index, as NumPy's argmax. scores [B, C], out i64 [B] allocated by the caller. */
NEURAL_API neural_status neural_argmax(const neural_tensor *scores, neural_tensor *out);

#ifdef __cplusplus
}
#endif

#endif /* METRICS_METRICS_H_ */
