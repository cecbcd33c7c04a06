/* The GEMM micro-kernel contract: one tile of C, at most mr x nr, over one block of k.
 *
 *              n <= nr                 C[i][j] = start(C[i][j])
 *             +--------+               for k = 0, 1, ...:
 *           k |   B    | row k is          C[i][j] = fma(A[i][k], B[k][j], C[i][j])
 *             |        | contiguous    C[i][j] = relu(C[i][j] + bias)
 *       k     +--------+
 *   m +----+  +--------+               start: 0, C, or round(beta * C)
 *  <= | A  |  |   C    |               bias, relu: only what `flags` name
 *  mr +----+  +--------+
 *
 * A is read by single elements, so any two strides will do: row-major (a_col = 1), transposed
 * (a_row = 1) or a packed panel. A kernel reads and writes exactly the m x k, k x n and m x n
 * elements, masks its own edges, never reads C when it starts from 0, and accepts k = 0. At avx2
 * and avx512 each element is one chain of fused multiply-adds in increasing k, so that all tiles
 * agree to the last bit; sse2 and c multiply, round, add in the same order and agree likewise. */
#ifndef CORE_ASM_GEMM_KERNEL_H_
#define CORE_ASM_GEMM_KERNEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NEURAL_GEMM_START_C = 1,     /* accumulators start from C */
    NEURAL_GEMM_START_SCALE = 2, /* from beta * C; without either: from 0 */
    NEURAL_GEMM_ADD_COLUMN = 4,  /* + bias[j] */
    NEURAL_GEMM_ADD_ROW = 8,     /* + bias[i] */
    NEURAL_GEMM_RELU = 16        /* x < 0 ? 0 : x; NaN stays NaN, -0 stays -0 */
};

typedef union neural_gemm_scalar {
    float f32;
    double f64;
} neural_gemm_scalar;

/* The arguments of one tile; strides in elements. The assembly knows these offsets. */
typedef struct neural_gemm_panel {
    const void *a;           /*  0: element (i, k) at a[i*a_row + k*a_col] */
    int64_t a_row;           /*  8 */
    int64_t a_col;           /* 16 */
    const void *b;           /* 24: element (k, j) at b[k*b_row + j] */
    int64_t b_row;           /* 32 */
    void *c;                 /* 40: element (i, j) at c[i*c_row + j] */
    int64_t c_row;           /* 48 */
    int64_t m;               /* 56: 1 ... mr */
    int64_t n;               /* 64: 1 ... nr (gemv: any) */
    int64_t k;               /* 72 */
    const void *bias;        /* 80: of this tile's first column or row */
    neural_gemm_scalar beta; /* 88 */
    int64_t flags;           /* 96 */
    /* Hints for the wide tiles, any value will do: */
    void *next_c;        /* 104: C of the tile that follows */
    const void *fetch;   /* 112: to be brought near: a line here, */
    int64_t fetch_bytes; /* 120: and one so far on for every further k */
} neural_gemm_panel;

typedef void neural_gemm_kernel(const neural_gemm_panel *panel);

/* A kernel with its tile and the blocks it likes: k_block rows of a B panel stay in L1 and L2. */
typedef struct neural_gemm_tile {
    neural_gemm_kernel *kernel;
    int32_t mr, nr;
    int32_t k_block, reserved;
} neural_gemm_tile;

/* What one instruction set level offers for one dtype. */
typedef struct neural_gemm_kernels {
    neural_gemm_tile wide;   /* few rows, many columns: large products, A unpacked */
    neural_gemm_tile tall;   /* many rows, few columns: small products and narrow N */
    neural_gemm_tile narrow; /* half a vector of columns; kernel is NULL where tall serves */
    /* m = 1, any n and k: sweeps whole rows of B. */
    neural_gemm_kernel *gemv;
    /* Up to 14 rows and exactly one 64-byte vector of columns, where B is contiguous in k: element
     * (k, j) at b[j*b_row + k]. NULL below avx512. */
    neural_gemm_kernel *turned;
} neural_gemm_kernels;

#define NEURAL_GEMM_TURNED_ROWS 14

/* Up to so many rows f32 reads columns of B a multiple of 4096 bytes apart by whole lines, of which
 * L1 need not keep any. */
#define NEURAL_GEMM_LINE_ROWS 4

/* Prototypes of every kernel. */
#define NEURAL_GEMM_TILE(isa, dtype, mr, nr, role, k_block)                                        \
    neural_gemm_kernel neural_gemm_##dtype##_##mr##x##nr##_##isa;
#define NEURAL_GEMV(isa, dtype) neural_gemm_kernel neural_gemv_##dtype##_##isa;
#define NEURAL_GEMM_TURNED(isa, dtype) neural_gemm_kernel neural_gemm_turned_##dtype##_##isa;
#include "core/asm/gemm_tiles.inc"
#undef NEURAL_GEMM_TURNED
#undef NEURAL_GEMM_TILE
#undef NEURAL_GEMV

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_GEMM_KERNEL_H_ */
