#include "metrics/metrics.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"

enum { CHUNK = 256 }; /* rows that one call of a kernel judges */

/* Element i of a contiguous f32 or f64 tensor. */
static double at(const neural_tensor *tensor, int64_t i) {
    return tensor->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(tensor)[i]
                                             : neural_tensor_f64(tensor)[i];
}

static neural_status check_floats(const char *what, const neural_tensor *tensor) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "metrics: %s must be given", what);
    NEURAL_REQUIRE(neural_dtype_is_float(tensor->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "metrics: %s must be f32 or f64, is %s", what, neural_dtype_name(tensor->dtype));
    NEURAL_REQUIRE(tensor->contiguous, NEURAL_ERR_INVALID_ARGUMENT,
                   "metrics: %s must be contiguous", what);
    return NEURAL_OK;
}

/* scores [B, C] and labels i64 [B]. */
static neural_status check_rows(const neural_tensor *scores, const neural_tensor *labels) {
    NEURAL_TRY(check_floats("scores", scores));
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

static neural_status check_pair(const neural_tensor *scores, const neural_tensor *targets) {
    NEURAL_TRY(check_floats("scores", scores));
    NEURAL_TRY(check_floats("targets", targets));
    NEURAL_REQUIRE(scores->len == targets->len, NEURAL_ERR_SHAPE_MISMATCH,
                   "metrics: %lld scores and %lld targets", (long long)scores->len,
                   (long long)targets->len);
    return NEURAL_OK;
}

/* dst[i] = the index that neural_argmax states, of `rows` rows from `row` on. */
static void argmax_rows(int64_t *dst, const neural_tensor *scores, int64_t row, int64_t rows) {
    const int64_t cols = scores->shape.dim[1];
    if (scores->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->argmax_f32(dst, neural_tensor_f32(scores) + row * cols, rows, cols);
    } else {
        neural_kernels()->argmax_f64(dst, neural_tensor_f64(scores) + row * cols, rows, cols);
    }
}

neural_status neural_argmax(const neural_tensor *scores, neural_tensor *out) {
    NEURAL_TRY(check_rows(scores, out));
    NEURAL_REQUIRE(scores->shape.dim[1] > 0 || out->len == 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "argmax: rows have no elements");
    argmax_rows((int64_t *)(void *)out->data, scores, 0, out->len);
    neural_tensor_touch(out);
    return NEURAL_OK;
}

neural_status neural_count_correct(const neural_tensor *scores, const neural_tensor *targets,
                                   int64_t *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "count_correct: out must be given");
    NEURAL_TRY(check_rows(scores, targets));
    const int64_t *label = (const int64_t *)(const void *)targets->data;
    const int64_t cols = scores->shape.dim[1];
    int64_t correct = 0, best[CHUNK];
    for (int64_t row = 0; row < targets->len && cols > 0; row += CHUNK) {
        const int64_t rows = targets->len - row < CHUNK ? targets->len - row : CHUNK;
        argmax_rows(best, scores, row, rows);
        for (int64_t i = 0; i < rows; i++) {
            correct += best[i] == label[row + i] && !isnan(at(scores, (row + i) * cols + best[i]));
        }
    }
    *out = correct;
    return NEURAL_OK;
}

neural_status neural_count_correct_binary(const neural_tensor *scores, const neural_tensor *targets,
                                          double threshold, int64_t *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "count_correct_binary: out must be given");
    NEURAL_TRY(check_pair(scores, targets));
    int64_t correct = 0;
    for (int64_t i = 0; i < scores->len; i++) {
        const double score = at(scores, i);
        correct += !isnan(score) && (score > threshold) == (at(targets, i) > 0.5);
    }
    *out = correct;
    return NEURAL_OK;
}

neural_status neural_sum_errors(const neural_tensor *prediction, const neural_tensor *target,
                                double *squared, double *absolute) {
    NEURAL_TRY(check_pair(prediction, target));
    double sum_squared = 0, sum_absolute = 0;
    for (int64_t i = 0; i < prediction->len; i++) {
        const double error = at(prediction, i) - at(target, i);
        sum_squared += error * error;
        sum_absolute += fabs(error);
    }
    if (squared) {
        *squared = sum_squared;
    }
    if (absolute) {
        *absolute = sum_absolute;
    }
    return NEURAL_OK;
}
