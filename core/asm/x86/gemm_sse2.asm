; The GEMM tiles of SSE2: 12 accumulators of 6 x 2 or 12 x 1 vectors.
%include "core/asm/x86/gemm_tile.inc"
%include "core/asm/x86/gemv.inc"

TARGET sse2, f32
GEMM_TILE 6, 2
GEMM_TILE 12, 1
GEMV

TARGET sse2, f64
GEMM_TILE 6, 2
GEMM_TILE 12, 1
GEMV
