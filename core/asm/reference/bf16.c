/* bf16, the upper half of an f32, to and from f32. */
#include <string.h>

#include "core/asm/kernel_table.h"

void neural_bf16_from_f32_c(uint16_t *dst, const float *src, int64_t len) {
    for (int64_t i = 0; i < len; i++) {
        uint32_t bits;
        memcpy(&bits, &src[i], sizeof(bits));
        const int is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
        const uint32_t rounded = bits + 0x7FFFu + (bits >> 16 & 1);
        dst[i] = (uint16_t)((is_nan ? bits | 0x400000u : rounded) >> 16);
    }
}

void neural_f32_from_bf16_c(float *dst, const uint16_t *src, int64_t len) {
    for (int64_t i = 0; i < len; i++) {
        const uint32_t bits = (uint32_t)src[i] << 16;
        memcpy(&dst[i], &bits, sizeof(bits));
    }
}
