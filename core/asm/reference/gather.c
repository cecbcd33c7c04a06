/* Rows taken from a table, and added into one, by index. */
#include <string.h>

#include "core/asm/kernel_table.h"

#define GATHER(T, index_type, symbol)                                                              \
    void neural_gather_rows_##symbol##_c(T *dst, const T *src, const index_type *index,            \
                                         int64_t rows, int64_t cols) {                             \
        for (int64_t r = 0; r < rows && cols > 0; r++) {                                           \
            memcpy(dst + r * cols, src + index[r] * cols, (size_t)cols * sizeof(T));               \
        }                                                                                          \
    }                                                                                              \
    void neural_scatter_add_##symbol##_c(T *dst, const T *src, const index_type *index,            \
                                         int64_t rows, int64_t cols) {                             \
        for (int64_t r = 0; r < rows; r++) {                                                       \
            T *to = dst + index[r] * cols;                                                         \
            for (int64_t c = 0; c < cols; c++) {                                                   \
                to[c] += src[r * cols + c];                                                        \
            }                                                                                      \
        }                                                                                          \
    }

GATHER(float, int64_t, f32)
GATHER(double, int64_t, f64)
GATHER(float, int32_t, i32_f32)
GATHER(double, int32_t, i32_f64)
