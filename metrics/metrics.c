#include "metrics/metrics.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "metrics/metric_inputs.h"

enum { CHUNK = 256 }; /* rows that one call of a kernel judges */

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
    NEURAL_TRY(metric_check_rows(scores, out));
    NEURAL_REQUIRE(scores->shape.dim[1] > 0 || out->len == 0, NEURAL_ERR_SHAPE_MISMATCH,
                   "argmax: rows have no elements");
    argmax_rows((int64_t *)(void *)out->data, scores, 0, out->len);
    neural_tensor_touch(out);
    return NEURAL_OK;
}

neural_status neural_count_correct(const neural_tensor *scores, const neural_tensor *targets,
                                   int64_t *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "count_correct: out must be given");
    NEURAL_TRY(metric_check_rows(scores, targets));
    const int64_t *label = metric_labels(targets);
    const int64_t cols = scores->shape.dim[1];
    int64_t correct = 0, best[CHUNK];
    for (int64_t row = 0; row < targets->len && cols > 0; row += CHUNK) {
        const int64_t rows = targets->len - row < CHUNK ? targets->len - row : CHUNK;
        argmax_rows(best, scores, row, rows);
        for (int64_t i = 0; i < rows; i++) {
            correct +=
                best[i] == label[row + i] && !isnan(metric_at(scores, (row + i) * cols + best[i]));
        }
    }
    *out = correct;
    return NEURAL_OK;
}

neural_status neural_count_correct_binary(const neural_tensor *scores, const neural_tensor *targets,
                                          double threshold, int64_t *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "count_correct_binary: out must be given");
    NEURAL_TRY(metric_check_pair(scores, targets));
    int64_t correct = 0;
    for (int64_t i = 0; i < scores->len; i++) {
        const double score = metric_at(scores, i);
        correct += !isnan(score) && (score > threshold) == (metric_at(targets, i) > 0.5);
    }
    *out = correct;
    return NEURAL_OK;
}

neural_status neural_sum_errors(const neural_tensor *prediction, const neural_tensor *target,
                                double *squared, double *absolute) {
    NEURAL_TRY(metric_check_pair(prediction, target));
    double sum_squared = 0, sum_absolute = 0;
    for (int64_t i = 0; i < prediction->len; i++) {
        const double error = metric_at(prediction, i) - metric_at(target, i);
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
