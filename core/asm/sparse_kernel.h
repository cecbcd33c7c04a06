/* The kernel of sparse matrices with one row of x: blocks of 16 outputs and 1 input.
 *
 * 16 neighbouring outputs form a strip; it lists the inputs of which any of them has a weight, in
 * increasing order, with 16 weights each:
 *     dst[column + j] = sum over i < depth of src[index[i]] * weight[16*i + j]     j < 16
 * Each element is one chain in increasing i that starts from 0, with bias and relu as in
 * core/asm/gemm_kernel.h: fused multiply-adds at avx2 and avx512, so these agree to the last bit.
 * More rows are conv_filters of core/asm/conv_kernel.h with the same weights. */
#ifndef CORE_ASM_SPARSE_KERNEL_H_
#define CORE_ASM_SPARSE_KERNEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_SPARSE_STRIP = 16 };

/* The assembly knows these offsets. */
typedef struct neural_sparse_strip {
    const int32_t *index; /*  0: [depth] */
    const void *weight;   /*  8: [depth, 16] */
    int64_t depth;        /* 16 */
    int64_t column;       /* 24: of dst and bias, both of whole strips */
} neural_sparse_strip;

/* Flags: NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_RELU. No strip is deeper than the one before it. */
typedef struct neural_sparse_row_args {
    const void *src;                   /*  0 */
    const neural_sparse_strip *strips; /*  8 */
    int64_t count;                     /* 16: how many */
    void *dst;                         /* 24 */
    const void *bias;                  /* 32 */
    int64_t flags;                     /* 40 */
} neural_sparse_row_args;

typedef void neural_sparse_row_f32(const neural_sparse_row_args *args);
typedef void neural_sparse_row_f64(const neural_sparse_row_args *args);

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_SPARSE_KERNEL_H_ */
