; The GEMM tiles of SSE2: 12 accumulators of 3 x 4 vectors, which broadcast few elements of A, or of
; 6 x 2 where C is narrow.
%include "core/asm/x86/gemm_tile.inc"
%include "core/asm/x86/gemv.inc"

TARGET sse2, f32
GEMM_TILE 3, 4
GEMM_TILE 6, 2
GEMV

TARGET sse2, f64
GEMM_TILE 3, 4
GEMM_TILE 6, 2
GEMV
