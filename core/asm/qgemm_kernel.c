#include "core/asm/qgemm_kernel.h"

#include <stddef.h>

/* A level whose tile multiplies 16-bit numbers. */
#define LEVEL(level, mr, nr)                                                                       \
    {                                                                                              \
#level, neural_qgemm_i8_##mr##x##nr##_##level, mr, nr, neural_qgemm_widen_i8_##level,      \
            neural_qgemm_pack_rows_i8_##level, neural_qgemm_finish_i8_##level,                     \
            neural_qgemm_dot_i8_##level                                                            \
    }

static const neural_qgemm_kernels levels[] = {
    {"c", neural_qgemm_i8_6x16_c, 6, 16, NULL, neural_qgemm_pack_rows_i8_c,
     neural_qgemm_finish_i8_c, NULL},
    LEVEL(sse2, 6, 8),
    LEVEL(avx2, 6, 16),
    LEVEL(avx512, 6, 64),
};

/* The tile and the dot of VNNI, which read bytes; all else is that of avx512. */
static const neural_qgemm_kernels vnni = {"vnni",
                                          neural_qgemm_i8_6x64_vnni,
                                          6,
                                          64,
                                          NULL,
                                          neural_qgemm_pack_rows_i8_avx512,
                                          neural_qgemm_finish_i8_avx512,
                                          neural_qgemm_dot_i8_vnni};

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
