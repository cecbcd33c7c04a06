; The GEMM tiles of AVX-512: 24 accumulators of 6 x 4 vectors or 28 of 14 x 2; where C is as
; narrow as half a vector, 14 of 32 bytes, of which some cores start two a cycle.
%include "core/asm/x86/gemm_tile.inc"
%include "core/asm/x86/gemv.inc"
%include "core/asm/x86/gemm_turned.inc"

TARGET avx512, f32
GEMM_TILE 6, 4
GEMM_TILE 14, 2
GEMM_TURNED
HALF_VECTORS
GEMM_TILE 14, 1
GEMV

TARGET avx512, f64
GEMM_TILE 6, 4
GEMM_TILE 14, 2
GEMM_TURNED
HALF_VECTORS
GEMM_TILE 14, 1
GEMV
