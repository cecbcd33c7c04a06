/* Weights with many zeros, as blocks of 16 outputs x 1 input, for inference.
 *
 * 16 neighbouring outputs are a strip, which keeps the inputs k where any of the 16 is not 0, with
 * all 16 weights (so single weights take a block each). y[r, o] = act(b[o] + sum over those k of
 * x[r, k] W[o, k]), one chain in increasing k: the chain of core/tensor/gemm.h without its terms
 * that are 0. With finite x it has the bits of the dense product, except that a y of 0 may have the
 * other sign where a negative product was too small for the dtype; infinities and NaN of x do not
 * meet the weights that are left out. docs/sparse.md. */
#ifndef CORE_TENSOR_SPARSE_H_
#define CORE_TENSOR_SPARSE_H_

#include "core/asm/kernel_table.h"
#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Immutable: any number of threads may multiply with it at once. */
typedef struct neural_sparse neural_sparse;

/* Copies weight [outputs, inputs], rows in order, f32 or f64, for the kernels of that level; *out
 * is NULL where more than most_blocks blocks hold a number other than 0. Fails with
 * NEURAL_ERR_TENSOR_TOO_LARGE from 2^27 inputs on and with NEURAL_ERR_OUT_OF_MEMORY. */
neural_status neural_sparse_create(const neural_kernel_table *kernels, neural_dtype dtype,
                                   const void *weight, int64_t outputs, int64_t inputs,
                                   int64_t most_blocks, neural_sparse **out);
void neural_sparse_destroy(neural_sparse *sparse); /* accepts NULL */

/* Blocks of the whole matrix, of those kept, and bytes taken. */
int64_t neural_sparse_all_blocks(int64_t outputs, int64_t inputs);
int64_t neural_sparse_blocks(const neural_sparse *sparse);
int64_t neural_sparse_bytes(const neural_sparse *sparse);

/* With more blocks than this the dense product is faster for every number of rows; and whether the
 * sparse one is for this number. By shape and pattern alone, from what docs/sparse.md measures. */
int64_t neural_sparse_most_blocks(int64_t outputs, int64_t inputs);
int neural_sparse_pays(const neural_sparse *sparse, int64_t rows);

/* y [rows, outputs] = x [rows, inputs] W^T, + bias [outputs] unless NULL, and relu; contiguous, no
 * overlap. Uses the thread pool. Fails with NEURAL_ERR_OUT_OF_MEMORY. */
typedef struct neural_sparse_args {
    int64_t rows;
    const void *x, *bias;
    void *y;
    int relu;
} neural_sparse_args;

neural_status neural_sparse_multiply(const neural_sparse *sparse, const neural_sparse_args *args);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_SPARSE_H_ */
