/* Column sums of a matrix. */
#include "core/asm/kernel_table.h"

void neural_col_sum_f32_c(float *dst, const float *src, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            dst[c] += src[r * cols + c];
        }
    }
}

void neural_col_sum_f64_c(double *dst, const double *src, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            dst[c] += src[r * cols + c];
        }
    }
}
