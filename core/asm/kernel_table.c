#include "core/asm/kernel_table.h"

/* The rows of one level, from the lists. A table repeats the rows of all levels up to its own: a
 * later row overrides an earlier one, and a slot without a row keeps the one below. */
#define NEURAL_KERNEL(isa, op, dtype) ROW_##isa(op##_##dtype)
#define NEURAL_PLAIN_KERNEL(isa, op) ROW_##isa(op)
#define NEURAL_GEMM_TILE(isa, dtype, mr, nr, role, k_block) TILE_##isa(dtype, mr, nr, role, k_block)
#define NEURAL_GEMV(isa, dtype) GEMV_##isa(dtype)
#define NEURAL_GEMM_TURNED(isa, dtype) TURNED_##isa(dtype)

#define ROW(isa, slot) .slot = neural_##slot##_##isa,
#define TILE(isa, dtype, mr, nr, role, k_block)                                                    \
    .gemm_##dtype.role = {neural_gemm_##dtype##_##mr##x##nr##_##isa, mr, nr, k_block, 0},
#define TURNED(isa, dtype) .gemm_##dtype.turned = neural_gemm_turned_##dtype##_##isa,
#define GEMV(isa, dtype) .gemm_##dtype.gemv = neural_gemv_##dtype##_##isa,

#define ROW_c(slot) ROW(c, slot)
#define TILE_c(dtype, mr, nr, role, k_block) TILE(c, dtype, mr, nr, role, k_block)
#define GEMV_c(dtype) GEMV(c, dtype)
#define ROW_sse2(slot)
#define TILE_sse2(dtype, mr, nr, role, k_block)
#define GEMV_sse2(dtype)
#define ROW_avx2(slot)
#define TILE_avx2(dtype, mr, nr, role, k_block)
#define GEMV_avx2(dtype)
#define ROW_avx512(slot)
#define TILE_avx512(dtype, mr, nr, role, k_block)
#define GEMV_avx512(dtype)
#define TURNED_avx512(dtype)

#pragma GCC diagnostic ignored "-Woverride-init"

static const neural_kernel_table table_c = {
#include "core/asm/gemm_tiles.inc"
#include "core/asm/kernels.inc"
    .isa = NEURAL_ISA_C};

#undef ROW_sse2
#undef TILE_sse2
#undef GEMV_sse2
#define ROW_sse2(slot) ROW(sse2, slot)
#define TILE_sse2(dtype, mr, nr, role, k_block) TILE(sse2, dtype, mr, nr, role, k_block)
#define GEMV_sse2(dtype) GEMV(sse2, dtype)

static const neural_kernel_table table_sse2 = {
#include "core/asm/gemm_tiles.inc"
#include "core/asm/kernels.inc"
    .isa = NEURAL_ISA_SSE2};

#undef ROW_avx2
#undef TILE_avx2
#undef GEMV_avx2
#define ROW_avx2(slot) ROW(avx2, slot)
#define TILE_avx2(dtype, mr, nr, role, k_block) TILE(avx2, dtype, mr, nr, role, k_block)
#define GEMV_avx2(dtype) GEMV(avx2, dtype)

static const neural_kernel_table table_avx2 = {
#include "core/asm/gemm_tiles.inc"
#include "core/asm/kernels.inc"
    .isa = NEURAL_ISA_AVX2};

#undef ROW_avx512
#undef TILE_avx512
#undef GEMV_avx512
#undef TURNED_avx512
#define TURNED_avx512(dtype) TURNED(avx512, dtype)
#define ROW_avx512(slot) ROW(avx512, slot)
#define TILE_avx512(dtype, mr, nr, role, k_block) TILE(avx512, dtype, mr, nr, role, k_block)
#define GEMV_avx512(dtype) GEMV(avx512, dtype)

static const neural_kernel_table table_avx512 = {
#include "core/asm/gemm_tiles.inc"
#include "core/asm/kernels.inc"
    .isa = NEURAL_ISA_AVX512};

static const neural_kernel_table *const tables[NEURAL_ISA_COUNT] = {&table_c, &table_sse2,
                                                                    &table_avx2, &table_avx512};

/* Right before start-up too: the portable kernels run anywhere. */
const neural_kernel_table *neural_active_kernels = &table_c;

__attribute__((constructor)) static void choose_active_kernels(void) {
    neural_active_kernels = tables[neural_isa_active()];
}

const neural_kernel_table *neural_kernels_at(neural_isa isa) {
    return (unsigned)isa <= (unsigned)neural_isa_detected() ? tables[isa] : NULL;
}
