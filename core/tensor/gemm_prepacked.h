/* Matrix products whose right operand is used again and again: op(B) is copied once in the order
 * in which the kernels read it, C = epilogue(alpha * op(A) op(B) + beta * C) then streams through
 * it. Same chain of operations as neural_gemm_f32 and neural_gemm_f64, so the same bits. */
#ifndef CORE_TENSOR_GEMM_PREPACKED_H_
#define CORE_TENSOR_GEMM_PREPACKED_H_

#include "core/tensor/gemm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A packed op(B), [k, n]: immutable, so that any number of threads may run it at once. */
typedef struct neural_gemm_packed neural_gemm_packed;

/* Copies op(B); of `args` trans_b, n, k, b and ldb count, the rest is not looked at. B may be
 * changed or freed afterwards. Fails with NEURAL_ERR_INVALID_ARGUMENT (negative sizes, leading
 * dimension too small), NEURAL_ERR_TENSOR_TOO_LARGE and NEURAL_ERR_OUT_OF_MEMORY. */
NEURAL_API neural_status neural_gemm_packed_create_f32(const neural_gemm_args *args,
                                                       neural_gemm_packed **out);
NEURAL_API neural_status neural_gemm_packed_create_f64(const neural_gemm_args *args,
                                                       neural_gemm_packed **out);
NEURAL_API void neural_gemm_packed_destroy(neural_gemm_packed *packed); /* accepts NULL */

/* Memory that the copy takes: k * n elements, the last columns padded to whole vectors. */
NEURAL_API int64_t neural_gemm_packed_bytes(const neural_gemm_packed *packed);

/* The product, in the dtype of `packed`; trans_b, b and ldb of `args` are not looked at, n and k
 * must be those of `packed` (NEURAL_ERR_SHAPE_MISMATCH). Else as neural_gemm_f32: uses the thread
 * pool, fails with NEURAL_ERR_INVALID_ARGUMENT and, only where scratch is needed (alpha other than
 * 1, n below 16), with NEURAL_ERR_OUT_OF_MEMORY, when nothing has been written. */
NEURAL_API neural_status neural_gemm_packed_run(const neural_gemm_packed *packed,
                                                const neural_gemm_args *args);

/* For the kernels of a given level, for tests and benches; `run` then uses that level. */
neural_status neural_gemm_packed_create_f32_at(const struct neural_kernel_table *kernels,
                                               const neural_gemm_args *args,
                                               neural_gemm_packed **out);
neural_status neural_gemm_packed_create_f64_at(const struct neural_kernel_table *kernels,
                                               const neural_gemm_args *args,
                                               neural_gemm_packed **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_GEMM_PREPACKED_H_ */
