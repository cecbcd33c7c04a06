/* Transposed copy of a matrix. */
#include "core/asm/kernel_table.h"

void neural_transpose_f32_c(float *dst, const float *src, int64_t rows, int64_t cols,
                            int64_t dst_ld, int64_t src_ld) {
    for (int64_t c = 0; c < cols; c++) {
        for (int64_t r = 0; r < rows; r++) {
            dst[c * dst_ld + r] = src[r * src_ld + c];
        }
    }
}

void neural_transpose_f64_c(double *dst, const double *src, int64_t rows, int64_t cols,
                            int64_t dst_ld, int64_t src_ld) {
    for (int64_t c = 0; c < cols; c++) {
        for (int64_t r = 0; r < rows; r++) {
            dst[c * dst_ld + r] = src[r * src_ld + c];
        }
    }
}
