/* The kernels of 8-bit tensors in C. */
#include "core/asm/quant_kernel.h"

/* Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even. */
static uint8_t quantized(const neural_quant_target *target, float y) {
    const float rounder = 12582912.0f;
    y = y > target->low ? y : target->low;
    y = y < target->high ? y : target->high;
    return (uint8_t)((int32_t)((y + rounder) - rounder) + target->zero_point);
}

static float dequantized(const neural_quant_source *source, uint8_t byte) {
    return (float)((byte ^ source->flip) - source->zero_point) * source->scale;
}

void neural_quantize_i8_c(void *dst, const float *src, int64_t len,
                          const neural_quant_target *target) {
    uint8_t *bytes = dst;
    for (int64_t i = 0; i < len; i++) {
        bytes[i] = quantized(target, src[i] * target->scale);
    }
}

void neural_dequantize_i8_c(float *dst, const void *src, int64_t len,
                            const neural_quant_source *source) {
    const uint8_t *bytes = src;
    for (int64_t i = 0; i < len; i++) {
        dst[i] = dequantized(source, bytes[i]);
    }
}

void neural_qadd_i8_c(void *dst, const void *a, const void *b, int64_t len,
                      const neural_quant_sum *sum) {
    const uint8_t *lhs = a, *rhs = b;
    uint8_t *bytes = dst;
    for (int64_t i = 0; i < len; i++) {
        const float x = dequantized(&sum->a, lhs[i]), y = dequantized(&sum->b, rhs[i]);
        bytes[i] = quantized(&sum->target, x + y);
    }
}

void neural_lookup_i8_c(void *dst, const void *src, int64_t len, const uint8_t *table) {
    const uint8_t *from = src;
    uint8_t *to = dst;
    for (int64_t i = 0; i < len; i++) {
        to[i] = table[from[i]];
    }
}

void neural_turn_i8_c(void *dst, const void *src, int64_t rows, int64_t cols, int64_t dst_row,
                      int64_t src_row) {
    const uint8_t *from = src;
    uint8_t *to = dst;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) {
            to[j * dst_row + i] = from[i * src_row + j];
        }
    }
}

void neural_row_max_i8_c(void *dst, const void *const *rows, int64_t count, int64_t len,
                         int64_t flip) {
    uint8_t *to = dst;
    for (int64_t j = 0; j < len; j++) {
        uint8_t largest = 0;
        for (int64_t r = 0; r < count; r++) {
            const uint8_t x = ((const uint8_t *)rows[r])[j] ^ (uint8_t)flip;
            largest = x > largest ? x : largest;
        }
        to[j] = largest ^ (uint8_t)flip;
    }
}
