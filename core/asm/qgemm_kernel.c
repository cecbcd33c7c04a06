#include "core/asm/qgemm_kernel.h"

#include <stddef.h>

/* A level whose tile multiplies 16-bit numbers. */
#define LEVEL(level, rows, columns)                                                                \
    {                                                                                              \
        .name = #level, .tile = neural_qgemm_i8_##rows##x##columns##_##level, .mr = rows,          \
        .nr = columns, .widen = neural_qgemm_widen_i8_##level,                                     \
        .pack_rows = neural_qgemm_pack_rows_i8_##level, .finish = neural_qgemm_finish_i8_##level,  \
        .dot = neural_qgemm_dot_i8_##level, .depthwise = neural_qgemm_depthwise_i8_##level         \
    }

static const neural_qgemm_kernels levels[] = {
    {.name = "c",
     .tile = neural_qgemm_i8_6x16_c,
     .mr = 6,
     .nr = 16,
     .pack_rows = neural_qgemm_pack_rows_i8_c,
     .finish = neural_qgemm_finish_i8_c,
     .depthwise = neural_qgemm_depthwise_i8_c},
    LEVEL(sse2, 6, 8),
    LEVEL(avx2, 6, 16),
    LEVEL(avx512, 6, 64),
};

/* What VNNI brings reads bytes; all else is that of avx512. */
static const neural_qgemm_kernels vnni = {.name = "vnni",
                                          .tile = neural_qgemm_i8_6x64_vnni,
                                          .mr = 6,
                                          .nr = 64,
                                          .pack_rows = neural_qgemm_pack_rows_i8_avx512,
                                          .finish = neural_qgemm_finish_i8_avx512,
                                          .dot = neural_qgemm_dot_i8_vnni,
                                          .sweep = neural_qgemm_dot_i8_1x64_vnni,
                                          .depthwise = neural_qgemm_depthwise_i8_vnni};

static const neural_qgemm_kernels *choose(neural_isa isa, unsigned quirks) {
    return isa == NEURAL_ISA_AVX512 && quirks & NEURAL_QUIRK_VNNI ? &vnni : &levels[isa];
}

const neural_qgemm_kernels *neural_qgemm_kernels_at(neural_isa isa, unsigned quirks) {
    const unsigned missing = quirks & NEURAL_QUIRK_VNNI & ~neural_quirks_detected();
    return (unsigned)isa > (unsigned)neural_isa_detected() || missing ? NULL : choose(isa, quirks);
}

const neural_qgemm_kernels *neural_qgemm_kernels_active(void) {
    return choose(neural_isa_active(), neural_quirks_active());
}
