/* Products of up to 14 columns whose A is contiguous in k: C^T = B^T A^T, one vector of rows of A
 * at a time, which the `turned` kernel turns in registers; no lane of a vector idles. And products
 * of up to 14 rows whose B is contiguous in k: C as it lies, a vector of columns at a time. */
#ifndef CORE_TENSOR_GEMM_TURNED_H_
#define CORE_TENSOR_GEMM_TURNED_H_

#include "core/tensor/gemm_job.h"

typedef struct neural_gemm_turned {
    const neural_gemm_type *type;
    const neural_kernel_table *kernels;
    neural_gemm_kernel *kernel;
    neural_gemm_panel panel; /* of C^T, the first vector, but with C itself */
    int64_t vectors;         /* whole vectors of rows */
    int64_t bias_step;       /* elements of bias from vector to vector */
    int rows_collide;        /* rows of b share a set of L1: they are copied in parts */
} neural_gemm_turned;

/* Whether C^T pays, by columns and depth alone: whole and half vectors of columns fill their
 * registers without it. */
int neural_gemm_turned_pays(const neural_gemm_type *type, int64_t columns, int64_t k);

/* Sets the rest of a product of m x n whose panel has B as its a, C, k and the flags and bias of C;
 * A has rows `row` elements apart. */
void neural_gemm_turned_set(neural_gemm_turned *turned, const void *rows, int64_t row, int64_t m,
                            int64_t n);

/* C for vectors [begin, end). */
void neural_gemm_turned_run(const neural_gemm_turned *turned, int64_t begin, int64_t end);

/* How much of a job the kernel does: whole vectors of columns (C as it lies) or of rows (C^T). */
typedef struct neural_gemm_turned_part {
    int64_t rows, columns; /* 0, 0: nothing of it */
    int by_columns;
} neural_gemm_turned_part;

/* By the shape and the form of the operands alone; nothing where the level lacks the kernel. */
neural_gemm_turned_part neural_gemm_turned_part_of(const neural_gemm_job *job);

/* Computes that part on up to `threads` threads, activation and residual included. */
void neural_gemm_turned_multiply(const neural_gemm_job *job, neural_gemm_turned_part part,
                                 int64_t threads);

/* neural_gemm_turned_part_of before there is a job: whether there is such a part. */
int neural_gemm_turned_takes(const neural_gemm_type *type, const neural_gemm_kernels *tiles,
                             const neural_gemm_args *args);

#endif /* CORE_TENSOR_GEMM_TURNED_H_ */
