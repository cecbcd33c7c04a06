#include "metrics/metric_inputs.h"

#include <math.h>

neural_status metric_check_floats(const char *what, const neural_tensor *tensor) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "metrics: %s must be given", what);
    NEURAL_REQUIRE(neural_dtype_is_float(tensor->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "metrics: %s must be f32 or f64, is %s", what, neural_dtype_name(tensor->dtype));
    NEURAL_REQUIRE(tensor->contiguous, NEURAL_ERR_INVALID_ARGUMENT,
                   "metrics: %s must be contiguous", what);
    return NEURAL_OK;
}

neural_status metric_check_rows(const neural_tensor *scores, const neural_tensor *labels) {
    NEURAL_TRY(metric_check_floats("scores", scores));
    NEURAL_REQUIRE(labels, NEURAL_ERR_NULL_POINTER, "metrics: labels must be given");
    char text[NEURAL_SHAPE_TEXT], label_text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(
        scores->shape.ndim == 2 && labels->shape.ndim == 1 && scores->shape.dim[0] == labels->len &&
            labels->contiguous && labels->dtype == NEURAL_DTYPE_I64,
        NEURAL_ERR_SHAPE_MISMATCH,
        "metrics: scores %s and labels %s %s, expected [B, C] and contiguous i64 [B]",
        neural_shape_text(&scores->shape, text, sizeof text), neural_dtype_name(labels->dtype),
        neural_shape_text(&labels->shape, label_text, sizeof label_text));
    return NEURAL_OK;
}

neural_status metric_check_pair(const neural_tensor *scores, const neural_tensor *targets) {
    NEURAL_TRY(metric_check_floats("scores", scores));
    NEURAL_TRY(metric_check_floats("targets", targets));
    NEURAL_REQUIRE(scores->len == targets->len, NEURAL_ERR_SHAPE_MISMATCH,
                   "metrics: %lld scores and %lld targets", (long long)scores->len,
                   (long long)targets->len);
    return NEURAL_OK;
}

neural_status metric_check_labels(const char *what, const neural_tensor *labels, int64_t classes) {
    NEURAL_REQUIRE(labels, NEURAL_ERR_NULL_POINTER, "metrics: %s must be given", what);
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(
        labels->dtype == NEURAL_DTYPE_I64 && labels->shape.ndim == 1 && labels->contiguous,
        NEURAL_ERR_SHAPE_MISMATCH, "metrics: %s are %s %s, expected contiguous i64 [B]", what,
        neural_dtype_name(labels->dtype), neural_shape_text(&labels->shape, text, sizeof text));
    const int64_t *label = metric_labels(labels);
    for (int64_t i = 0; i < labels->len; i++) {
        NEURAL_REQUIRE(label[i] >= 0 && label[i] < classes, NEURAL_ERR_INVALID_ARGUMENT,
                       "metrics: %s[%lld] is %lld, expected 0 ... %lld", what, (long long)i,
                       (long long)label[i], (long long)classes - 1);
    }
    return NEURAL_OK;
}

neural_status metric_check_no_nan(const char *what, const neural_tensor *tensor) {
    for (int64_t i = 0; i < tensor->len; i++) {
        NEURAL_REQUIRE(!isnan(metric_at(tensor, i)), NEURAL_ERR_NAN_DETECTED,
                       "metrics: element %lld of %s is nan", (long long)i, what);
    }
    return NEURAL_OK;
}

neural_status metric_check_some(const char *metric, int64_t len) {
    NEURAL_REQUIRE(len > 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: there are no rows", metric);
    return NEURAL_OK;
}
