#include "core/tensor/gemm_pack.h"

#include <string.h>

/* Each row of an operand lies in a page of its own, of which little is read: only an early request
 * hides the walk to it. Beyond the last row it does no harm. */
enum { ROWS_AHEAD = 16 };

static inline void fetch_ahead(const char *row, int64_t bytes) {
    for (int64_t begin = 0; begin < bytes; begin += 64) {
        __builtin_prefetch(row + begin, 0, 2);
    }
}

/* Panels are packed a few at a time, so that each line and page of A is met once: `size` is a
 * constant, so that the compiler moves whole vectors. */
enum { PANELS_AT_ONCE = 8 };

static inline void copy_strips(char *to, const char *from, int64_t panel, int64_t col, size_t size,
                               int64_t tiles, int64_t k) {
    for (int64_t p = 0; p < k; p++) {
        fetch_ahead(from + (p + ROWS_AHEAD) * col, (int64_t)size * tiles);
        for (int64_t t = 0; t < tiles; t++) {
            memcpy(to + t * panel + p * (int64_t)size, from + p * col + t * (int64_t)size, size);
        }
    }
}

#define COPY_STRIPS(T, height)                                                                     \
    case height:                                                                                   \
        copy_strips(to, from, panel, col, (height) * sizeof(T), count, k);                         \
        break

#define DEFINE_PACK_A(T, dtype)                                                                    \
    void neural_gemm_pack_strips_##dtype(void *dst, const void *src, int64_t col, int64_t m,       \
                                         int64_t tiles, int64_t k) {                               \
        const int64_t bytes = m * (int64_t)sizeof(T), panel = neural_gemm_spread(bytes * k);       \
        col *= (int64_t)sizeof(T);                                                                 \
        for (int64_t t = 0; t < tiles; t += PANELS_AT_ONCE) {                                      \
            const int64_t left = tiles - t, count = left < PANELS_AT_ONCE ? left : PANELS_AT_ONCE; \
            char *to = (char *)dst + t * panel;                                                    \
            const char *from = (const char *)src + t * bytes;                                      \
            switch (m) {                                                                           \
                COPY_STRIPS(T, 4);                                                                 \
                COPY_STRIPS(T, 5);                                                                 \
                COPY_STRIPS(T, 6);                                                                 \
                COPY_STRIPS(T, 12);                                                                \
                COPY_STRIPS(T, 13);                                                                \
                COPY_STRIPS(T, 14);                                                                \
            default:                                                                               \
                copy_strips(to, from, panel, col, (size_t)bytes, count, k);                        \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    void neural_gemm_pack_a_##dtype(void *dst, const void *src, int64_t row, int64_t col,          \
                                    int64_t m, int64_t k, double alpha) {                          \
        const T factor = (T)alpha;                                                                 \
        const T *from = src;                                                                       \
        T *to = dst;                                                                               \
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
        fetch_ahead(src + (r + ROWS_AHEAD) * src_ld, bytes);
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

const neural_gemm_type neural_gemm_type_f32 = {4,
                                               16,
                                               neural_gemm_pack_a_f32,
                                               neural_gemm_pack_strips_f32,
                                               transpose_f32,
                                               neural_gemm_activate_f32,
                                               neural_gemm_accumulate_f32};
const neural_gemm_type neural_gemm_type_f64 = {8,
                                               8,
                                               neural_gemm_pack_a_f64,
                                               neural_gemm_pack_strips_f64,
                                               transpose_f64,
                                               neural_gemm_activate_f64,
                                               neural_gemm_accumulate_f64};
