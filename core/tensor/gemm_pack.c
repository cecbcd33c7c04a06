#include "core/tensor/gemm_pack.h"

#include <string.h>

/* The heights of common tiles as constants, so that the compiler moves whole vectors. */
#define COPY_COLUMNS(T, height)                                                                    \
    for (int64_t p = 0; p < k; p++) {                                                              \
        memcpy(to + p * (height), from + p * col, (height) * sizeof(T));                           \
    }                                                                                              \
    return

#define DEFINE_PACK_A(T, dtype)                                                                    \
    static void copy_columns_##dtype(T *to, const T *from, int64_t col, int64_t m, int64_t k) {    \
        switch (m) {                                                                               \
        case 4:                                                                                    \
            COPY_COLUMNS(T, 4);                                                                    \
        case 5:                                                                                    \
            COPY_COLUMNS(T, 5);                                                                    \
        case 6:                                                                                    \
            COPY_COLUMNS(T, 6);                                                                    \
        case 12:                                                                                   \
            COPY_COLUMNS(T, 12);                                                                   \
        case 13:                                                                                   \
            COPY_COLUMNS(T, 13);                                                                   \
        case 14:                                                                                   \
            COPY_COLUMNS(T, 14);                                                                   \
        default:                                                                                   \
            COPY_COLUMNS(T, (size_t)m);                                                            \
        }                                                                                          \
    }                                                                                              \
    void neural_gemm_pack_a_##dtype(void *dst, const void *src, int64_t row, int64_t col,          \
                                    int64_t m, int64_t k, double alpha) {                          \
        const T factor = (T)alpha;                                                                 \
        const T *from = src;                                                                       \
        T *to = dst;                                                                               \
        if (row == 1 && factor == 1) {                                                             \
            copy_columns_##dtype(to, from, col, m, k);                                             \
            return;                                                                                \
        }                                                                                          \
        for (int64_t i = 0; i < m; i++) {                                                          \
            for (int64_t p = 0; p < k; p++) {                                                      \
                to[p * m + i] = factor * from[i * row + p * col];                                  \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_PACK_A(float, f32)
DEFINE_PACK_A(double, f64)

/* Lines of 64 bytes have a constant size, which the compiler copies without a call. */
static void copy_bytes(char *dst, const char *src, int64_t bytes) {
    int64_t done = 0;
    for (; done + 64 <= bytes; done += 64) {
        memcpy(dst + done, src + done, 64);
    }
    if (done < bytes) {
        memcpy(dst + done, src + done, (size_t)(bytes - done));
    }
}

void neural_gemm_pack_b(char *dst, const char *src, int64_t src_ld, int64_t rows, int64_t bytes,
                        int64_t panel_bytes) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t begin = 0; begin < bytes; begin += panel_bytes) {
            const int64_t left = bytes - begin;
            const int64_t width = left < panel_bytes ? left : panel_bytes;
            copy_bytes(dst + begin * rows + r * width, src + r * src_ld + begin, width);
        }
    }
}

static void transpose_f32(const neural_kernel_table *kernels, void *dst, const void *src,
                          int64_t rows, int64_t cols, int64_t dst_ld, int64_t src_ld) {
    kernels->transpose_f32(dst, src, rows, cols, dst_ld, src_ld);
}

static void transpose_f64(const neural_kernel_table *kernels, void *dst, const void *src,
                          int64_t rows, int64_t cols, int64_t dst_ld, int64_t src_ld) {
    kernels->transpose_f64(dst, src, rows, cols, dst_ld, src_ld);
}

const neural_gemm_type neural_gemm_type_f32 = {4, 16, neural_gemm_pack_a_f32, transpose_f32};
const neural_gemm_type neural_gemm_type_f64 = {8, 8, neural_gemm_pack_a_f64, transpose_f64};
