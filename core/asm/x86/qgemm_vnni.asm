; The int8 GEMM kernels of AVX512_VNNI.
%include "core/asm/x86/qgemm_tile.inc"

TARGET avx512, f32
QGEMM_TILE vnni, 6, 4
