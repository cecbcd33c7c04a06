; The int8 GEMM tiles of the levels without VNNI: 12 (AVX-512: 24) vectors of sums.
%include "core/asm/x86/qgemm_tile.inc"

TARGET sse2, f32
QGEMM_TILE sse2, 6, 2

TARGET avx2, f32
QGEMM_TILE avx2, 6, 2

TARGET avx512, f32
QGEMM_TILE avx512, 6, 4
