/* The kernels of bf16 products on a CPU with AVX512_BF16: C = A B, or C + A B, over one panel of at
 * most 64 columns.
 *
 *   A row-major: pairs (a[i][k], a[i][k+1]) are read where they lie.
 *   B packed: pairs of rows side by side, columns padded to 16, an odd k to a pair with 0:
 *       b[(k/2 * width + j) * 2 + k % 2] = B[k][j], width = n rounded up to 16
 *   C f32, row-major.
 *
 * Each element is one chain of vdpbf16ps in increasing k: sum = (sum + a_k b_k) + a_k+1 b_k+1, each
 * product and sum fused and rounded to nearest even; subnormal numbers, going in and coming out,
 * count as zero. A panel may stop after an even k and continue in another call, same bits. */
#ifndef CORE_ASM_GEMM_BF16_KERNEL_H_
#define CORE_ASM_GEMM_BF16_KERNEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NEURAL_GEMM_BF16_ROWS = 6,     /* of a tile */
    NEURAL_GEMM_BF16_COLUMNS = 64, /* of a panel */
    NEURAL_GEMM_BF16_WIDTH = 16    /* columns of a packed panel are a multiple of this */
};

/* The arguments of one panel; strides in elements. The assembly knows these offsets. */
typedef struct neural_gemm_bf16_panel {
    const uint16_t *a;   /*  0: element (i, k) at a[i*a_row + k] */
    int64_t a_row;       /*  8 */
    const uint16_t *b;   /* 16: packed */
    float *c;            /* 24: element (i, j) at c[i*c_row + j] */
    int64_t c_row;       /* 32 */
    int64_t m;           /* 40: any */
    int64_t n;           /* 48: 1 ... 64 */
    int64_t k;           /* 56: any */
    int64_t starts_at_c; /* 64: sums start from C, else from 0 */
} neural_gemm_bf16_panel;

typedef void neural_gemm_bf16_kernel(const neural_gemm_bf16_panel *panel);
neural_gemm_bf16_kernel neural_gemm_bf16_6x64_bf16;

/* Packs src[p*src_ld + j], p < rows, j < cols <= 64, as a panel of B. AVX-512. */
void neural_gemm_bf16_pack_bf16(uint16_t *dst, const uint16_t *src, int64_t rows, int64_t cols,
                                  int64_t src_ld);

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_GEMM_BF16_KERNEL_H_ */
