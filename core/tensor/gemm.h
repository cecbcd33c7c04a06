/* Matrix multiplication on pointers: C = epilogue(alpha * op(A) op(B) + beta * C).
 *
 * Same bits by construction: each element of C is one chain of fused multiply-adds in increasing
 * k: acc = beta == 0 ? 0 : beta*C, then acc = fma(alpha*a_k, b_k, acc), then + bias, activation,
 * + residual.
 * Tile shape, blocking, vector width (AVX2, AVX-512) and threads cannot change a bit. Of a NaN only
 * that it is one is promised: its sign and payload may differ. */
#ifndef CORE_TENSOR_GEMM_H_
#define CORE_TENSOR_GEMM_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_gemm_bias {
    NEURAL_GEMM_BIAS_NONE = 0,
    NEURAL_GEMM_BIAS_PER_COLUMN = 1, /* bias[j], length n: the bias of Y = X W^T + b */
    NEURAL_GEMM_BIAS_PER_ROW = 2     /* bias[i], length m */
} neural_gemm_bias;

typedef enum neural_gemm_activation {
    NEURAL_GEMM_ACTIVATION_NONE = 0,
    NEURAL_GEMM_ACTIVATION_RELU = 1,
    NEURAL_GEMM_ACTIVATION_SIGMOID = 2, /* from here on: the bits of the kernel of that name */
    NEURAL_GEMM_ACTIVATION_TANH = 3,
    NEURAL_GEMM_ACTIVATION_GELU = 4,
    NEURAL_GEMM_ACTIVATION_SILU = 5,
    NEURAL_GEMM_ACTIVATION_LEAKY_RELU = 6 /* x > 0 ? x : slope*x */
} neural_gemm_activation;

/* op(A) is [m, k], op(B) [k, n], C [m, n], row-major with leading dimensions in elements:
 * A is [m, k] with lda >= k, or [k, m] with lda >= m when trans_a; B likewise. */
typedef struct neural_gemm_args {
    int trans_a, trans_b;
    int64_t m, n, k;
    double alpha;
    const void *a;
    int64_t lda;
    const void *b;
    int64_t ldb;
    double beta; /* 0: C is not read and may hold anything */
    void *c;
    int64_t ldc;
    neural_gemm_bias bias_kind;
    const void *bias;
    neural_gemm_activation activation;
    double slope;         /* of leaky_relu */
    const void *residual; /* added last: [m, n] with leading dimension ldr; NULL for none */
    int64_t ldr;
} neural_gemm_args;

/* Both use the thread pool and the block pool for packing; they fail only with
 * NEURAL_ERR_OUT_OF_MEMORY (when nothing has been written) and NEURAL_ERR_INVALID_ARGUMENT
 * (negative sizes, leading dimension too small, unknown activation). m, n or k may be 0. C must not
 * overlap A, B or the residual. */
neural_status neural_gemm_f32(const neural_gemm_args *args);
neural_status neural_gemm_f64(const neural_gemm_args *args);

/* The same with the kernels of a given level, for tests and benches. */
struct neural_kernel_table;
neural_status neural_gemm_f32_at(const struct neural_kernel_table *kernels,
                                 const neural_gemm_args *args);
neural_status neural_gemm_f64_at(const struct neural_kernel_table *kernels,
                                 const neural_gemm_args *args);

/* Plans blocks for these caches, NULL: for those of this machine. No bit depends on them; tests
 * show it. Not while a product runs. */
struct neural_caches;
void neural_gemm_assume_caches(const struct neural_caches *caches);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_GEMM_H_ */
