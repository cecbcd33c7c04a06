/* Copies of operands in the order in which the GEMM kernels read them. */
#ifndef CORE_TENSOR_GEMM_PACK_H_
#define CORE_TENSOR_GEMM_PACK_H_

#include <stdint.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm.h"

/* Bytes of a packed panel or row, rounded up to an odd number of lines: neighbours a multiple of
 * 4096 bytes apart would share a set of L1. */
static inline int64_t neural_gemm_spread(int64_t bytes) {
    return ((bytes + 63) / 64 | 1) * 64;
}

/* dst[k*m + i] = alpha * src[i*row + k*col]: m rows of A as one dense panel. */
typedef void neural_gemm_pack_a(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                                int64_t k, double alpha);
void neural_gemm_pack_a_f32(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                            int64_t k, double alpha);
void neural_gemm_pack_a_f64(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                            int64_t k, double alpha);

/* The same for `tiles` panels at once, each neural_gemm_spread(m*k*size) bytes after the other;
 * alpha is 1 and A is transposed (row = 1). */
typedef void neural_gemm_pack_strips(void *dst, const void *src, int64_t col, int64_t m,
                                     int64_t tiles, int64_t k);
void neural_gemm_pack_strips_f32(void *dst, const void *src, int64_t col, int64_t m, int64_t tiles,
                                 int64_t k);
void neural_gemm_pack_strips_f64(void *dst, const void *src, int64_t col, int64_t m, int64_t tiles,
                                 int64_t k);

/* Rows of `bytes` bytes, src_ld bytes apart, cut into panels of panel_bytes, one after the other;
 * in each panel the rows are dense. */
void neural_gemm_pack_b(char *dst, const char *src, int64_t src_ld, int64_t rows, int64_t bytes,
                        int64_t panel_bytes);

void neural_gemm_activate_f32(const neural_kernel_table *kernels, neural_gemm_activation activation,
                              double slope, void *x, int64_t len);
void neural_gemm_activate_f64(const neural_kernel_table *kernels, neural_gemm_activation activation,
                              double slope, void *x, int64_t len);
void neural_gemm_accumulate_f32(const neural_kernel_table *kernels, void *x, const void *y,
                                int64_t len);
void neural_gemm_accumulate_f64(const neural_kernel_table *kernels, void *x, const void *y,
                                int64_t len);

/* What the driver needs to know about a dtype. */
typedef struct neural_gemm_type {
    int64_t size;  /* bytes per element */
    int64_t lanes; /* elements of one 64-byte vector */
    neural_gemm_pack_a *pack_a;
    neural_gemm_pack_strips *pack_strips;
    /* dst[c*dst_ld + r] = src[r*src_ld + c] */
    void (*transpose)(const neural_kernel_table *kernels, void *dst, const void *src, int64_t rows,
                      int64_t cols, int64_t dst_ld, int64_t src_ld);
    /* x = activation(x), where the tiles do not do it; x += y. gemm_finish.c */
    void (*activate)(const neural_kernel_table *kernels, neural_gemm_activation activation,
                     double slope, void *x, int64_t len);
    void (*accumulate)(const neural_kernel_table *kernels, void *x, const void *y, int64_t len);
} neural_gemm_type;

extern const neural_gemm_type neural_gemm_type_f32;
extern const neural_gemm_type neural_gemm_type_f64;

#endif /* CORE_TENSOR_GEMM_PACK_H_ */
