/* What the metrics read: contiguous f32 or f64 scores, i64 labels. */
#ifndef METRICS_METRIC_INPUTS_H_
#define METRICS_METRIC_INPUTS_H_

#include "core/tensor/storage.h"

/* Element i of a contiguous f32 or f64 tensor. */
static inline double metric_at(const neural_tensor *tensor, int64_t i) {
    return tensor->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(tensor)[i]
                                             : neural_tensor_f64(tensor)[i];
}

/* The elements of a contiguous i64 tensor. */
static inline const int64_t *metric_labels(const neural_tensor *labels) {
    return (const int64_t *)(const void *)labels->data;
}

neural_status metric_check_floats(const char *what, const neural_tensor *tensor);

/* Scores [B, C] and labels i64 [B]. */
neural_status metric_check_rows(const neural_tensor *scores, const neural_tensor *labels);

/* Floats of equally many elements. */
neural_status metric_check_pair(const neural_tensor *scores, const neural_tensor *targets);

/* Contiguous i64 [B] with all of its labels in [0, classes); names the first that is not. */
neural_status metric_check_labels(const char *what, const neural_tensor *labels, int64_t classes);

/* Names the first element that is NaN. */
neural_status metric_check_no_nan(const char *what, const neural_tensor *tensor);

/* At least one element. */
neural_status metric_check_some(const char *metric, int64_t len);

#endif /* METRICS_METRIC_INPUTS_H_ */
