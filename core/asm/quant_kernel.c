#include "core/asm/quant_kernel.h"

#include <stddef.h>

#define LEVEL(level)                                                                               \
    {                                                                                              \
        .name = #level, .quantize = neural_quantize_i8_##level,                                    \
        .dequantize = neural_dequantize_i8_##level, .qadd = neural_qadd_i8_##level,                \
        .lookup = neural_lookup_i8_##level, .turn = neural_turn_i8_##level,                        \
        .row_max = neural_row_max_i8_##level                                                       \
    }

static const neural_quant_kernels levels[] = {LEVEL(c), LEVEL(sse2), LEVEL(avx2), LEVEL(avx512)};

const neural_quant_kernels *neural_quant_kernels_at(neural_isa isa) {
    return (unsigned)isa > (unsigned)neural_isa_detected() ? NULL : &levels[isa];
}

const neural_quant_kernels *neural_quant_kernels_active(void) {
    return &levels[neural_isa_active()];
}
