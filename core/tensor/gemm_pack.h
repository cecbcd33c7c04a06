/* Copies of operands in the order in which the GEMM kernels read them. */
#ifndef CORE_TENSOR_GEMM_PACK_H_
#define CORE_TENSOR_GEMM_PACK_H_

#include <stdint.h>

#include "core/asm/kernel_table.h"

/* dst[k*m + i] = alpha * src[i*row + k*col]: m rows of A as one dense panel. */
typedef void neural_gemm_pack_a(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                                int64_t k, double alpha);
void neural_gemm_pack_a_f32(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                            int64_t k, double alpha);
void neural_gemm_pack_a_f64(void *dst, const void *src, int64_t row, int64_t col, int64_t m,
                            int64_t k, double alpha);

/* Rows of `bytes` bytes, src_ld bytes apart, cut into panels of panel_bytes, one after the other;
 * in each panel the rows are dense. */
void neural_gemm_pack_b(char *dst, const char *src, int64_t src_ld, int64_t rows, int64_t bytes,
                        int64_t panel_bytes);

/* What the driver needs to know about a dtype. */
typedef struct neural_gemm_type {
    int64_t size;  /* bytes per element */
    int64_t lanes; /* elements of one 64-byte vector */
    neural_gemm_pack_a *pack_a;
    /* dst[c*dst_ld + r] = src[r*src_ld + c] */
    void (*transpose)(const neural_kernel_table *kernels, void *dst, const void *src, int64_t rows,
                      int64_t cols, int64_t dst_ld, int64_t src_ld);
} neural_gemm_type;

extern const neural_gemm_type neural_gemm_type_f32;
extern const neural_gemm_type neural_gemm_type_f64;

#endif /* CORE_TENSOR_GEMM_PACK_H_ */
