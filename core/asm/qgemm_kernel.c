#include "core/asm/qgemm_kernel.h"

#include <stddef.h>

/* What is no faster in wider vectors is shared with the level below. */
static const neural_qgemm_kernels levels[] = {
    {"c", neural_qgemm_i8_6x16_c, 6, 16, NULL, neural_qgemm_pack_rows_i8_c, neural_qgemm_finish_i8_c,
     NULL},
    {"sse2", neural_qgemm_i8_6x8_sse2, 6, 8, neural_qgemm_widen_i8_sse2,
     neural_qgemm_pack_rows_i8_sse2, neural_qgemm_finish_i8_sse2, NULL},
    {"avx2", neural_qgemm_i8_6x16_avx2, 6, 16, neural_qgemm_widen_i8_sse2,
     neural_qgemm_pack_rows_i8_sse2, neural_qgemm_finish_i8_avx2, NULL},
    {"avx512", neural_qgemm_i8_6x64_avx512, 6, 64, neural_qgemm_widen_i8_sse2,
     neural_qgemm_pack_rows_i8_avx512, neural_qgemm_finish_i8_avx512, NULL},
};
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
