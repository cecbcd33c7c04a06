/* Small products without a plan: tiles over A and B where they lie; a transposed B is turned on the
 * stack. What gemm.c takes for a single product and gemm_batch.c for many of one shape. */
#ifndef CORE_TENSOR_GEMM_DIRECT_H_
#define CORE_TENSOR_GEMM_DIRECT_H_

#include "core/tensor/gemm_pack.h"

/* Up to this size B is read in place, or turned on the stack. */
enum { NEURAL_GEMM_DIRECT_BYTES = 16 * 1024 };

typedef struct neural_gemm_direct {
    const neural_gemm_type *type;
    const neural_kernel_table *kernels;
    const neural_gemm_kernels *tiles;
    const neural_gemm_tile *tile;
    const neural_gemm_args *args;
    neural_gemm_panel panel; /* of the next tile; prepared once, what changes is written in place */
} neural_gemm_direct;

/* The tile that does all of the product's work in place, or NULL: by shape alone. */
const neural_gemm_tile *neural_gemm_direct_tile(const neural_gemm_type *type,
                                                const neural_gemm_kernels *tiles,
                                                const neural_gemm_args *args);

/* Sets what all tiles share in panel, from all but the pointers of args. A panel is never copied on
 * the way to a kernel: 16 bytes loaded from two stores of 8 wait for both to reach the cache. */
void neural_gemm_direct_prepare(neural_gemm_direct *direct, neural_gemm_scalar beta,
                                int64_t first_flags);

/* C = epilogue(A op(B) + beta C) for these operands. `turned` has room for B where it is
 * transposed and keeps it: with is_turned B is taken from there. */
void neural_gemm_direct_run(neural_gemm_direct *direct, const char *a, const char *b, char *c,
                            char *turned, int is_turned);

#endif /* CORE_TENSOR_GEMM_DIRECT_H_ */
