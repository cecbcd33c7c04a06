/* The kernels of 8-bit tensors beside the products of core/asm/qgemm_kernel.h.
 *
 * Bytes are u8, or s8 where a flip of 128 says so: b ^ flip is then a u8 whose zero point is 128
 * higher. Results are bytes of the type that low, high and zero_point belong to:
 *
 *   quantized(y) = int(round_half_even(min(max(y, low), high))) + zero_point         NaN: low
 *
 * low and high, within -511 ... 511, are the type's bounds less the zero point. Every step in f32
 * is rounded on its own: all levels give the same bits. len may be 0, nothing needs alignment. No
 * kernel allocates, fails or touches a byte beyond what its contract names. */
#ifndef CORE_ASM_QUANT_KERNEL_H_
#define CORE_ASM_QUANT_KERNEL_H_

#include <stdint.h>

#include "core/asm/cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The assembly knows these offsets. */
typedef struct neural_quant_target {
    float low, high;    /* 0 */
    int32_t zero_point; /* 8 */
    float scale;        /* 12: what y is multiplied by */
} neural_quant_target;

typedef struct neural_quant_source {
    int32_t flip;       /* 0: 0 or 128 */
    int32_t zero_point; /* 4: of the flipped numbers, 0 ... 255 */
    float scale;        /* 8 */
} neural_quant_source;

/* dst[i] = quantized(src[i] * scale). dst may be src. */
typedef void neural_quantize_kernel(void *dst, const float *src, int64_t len,
                                    const neural_quant_target *target);

/* dst[i] = float((src[i] ^ flip) - zero_point) * scale. */
typedef void neural_dequantize_kernel(float *dst, const void *src, int64_t len,
                                      const neural_quant_source *source);

/* dst[i] = quantized(a[i] dequantized + b[i] dequantized); target's scale is not read. dst may be
 * a or b. */
typedef struct neural_quant_sum {
    neural_quant_source a, b;   /* 0, 12 */
    neural_quant_target target; /* 24 */
} neural_quant_sum;
typedef void neural_qadd_kernel(void *dst, const void *a, const void *b, int64_t len,
                                const neural_quant_sum *sum);

/* dst[i] = table[src[i]]; dst may be src. */
typedef void neural_lookup_kernel(void *dst, const void *src, int64_t len, const uint8_t *table);

/* dst[j*dst_row + i] = src[i*src_row + j], i < rows, j < cols: bytes turned. */
typedef void neural_turn_kernel(void *dst, const void *src, int64_t rows, int64_t cols,
                                int64_t dst_row, int64_t src_row);

/* dst[j] = the largest rows[r][j], r < count, count >= 1, of numbers flipped by `flip`. dst may be
 * one of the rows. */
typedef void neural_row_max_kernel(void *dst, const void *const *rows, int64_t count, int64_t len,
                                   int64_t flip);

/* What kernels of one level there are. */
typedef struct neural_quant_kernels {
    const char *name;
    neural_quantize_kernel *quantize;
    neural_dequantize_kernel *dequantize;
    neural_qadd_kernel *qadd;
    neural_lookup_kernel *lookup;
    neural_turn_kernel *turn;
    neural_row_max_kernel *row_max;
} neural_quant_kernels;

/* Those of a level; NULL when the CPU lacks it. */
const neural_quant_kernels *neural_quant_kernels_at(neural_isa isa);

/* Those in use. */
const neural_quant_kernels *neural_quant_kernels_active(void);

/* Prototypes of every kernel. */
#define NEURAL_QUANT_BODY(op, level) neural_##op##_kernel neural_##op##_i8_##level;
#include "core/asm/quant_kernels.inc"
#undef NEURAL_QUANT_BODY

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_QUANT_KERNEL_H_ */
