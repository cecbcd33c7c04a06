/* Products of bf16 matrices on pointers, C = A op(B), with f32 sums.
 *
 * With AVX512_BF16 (neural_quirks_active()) each element is one chain of vdpbf16ps in increasing k,
 * where subnormal numbers count as zero; without it the operands are widened, which is exact, and
 * multiplied by neural_gemm_f32. Either way |error| <= (k + 1) 2^-24 sum |a_k b_k|, with vdpbf16ps
 * + k 2^-126 and as if subnormal operands were 0. The bits depend neither on threads nor on
 * packing, but they do on which of the two it is. A bf16 result is the f32 result rounded to
 * nearest even. */
#ifndef CORE_TENSOR_GEMM_BF16_H_
#define CORE_TENSOR_GEMM_BF16_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* op(B), copied in the order in which the kernels read it: immutable, so that any number of threads
 * may use it at once. */
typedef struct neural_gemm_bf16_packed neural_gemm_bf16_packed;

/* A is [m, k], op(B) [k, n], C [m, n], row-major with leading dimensions in elements: B is [k, n]
 * with ldb >= n, or [n, k] with ldb >= k when trans_b. C overlaps neither. */
typedef struct neural_gemm_bf16_args {
    int trans_b;
    int64_t m, n, k;
    const uint16_t *a;
    int64_t lda;
    const uint16_t *b;
    int64_t ldb;
    const neural_gemm_bf16_packed *packed; /* instead of trans_b, b and ldb; or NULL */
    int has_bf16_result;
    void *c; /* float, uint16_t with has_bf16_result; need not be initialised */
    int64_t ldc;
} neural_gemm_bf16_args;

/* Uses the thread pool and the block pool; fails with NEURAL_ERR_INVALID_ARGUMENT (negative sizes,
 * leading dimension too small), NEURAL_ERR_SHAPE_MISMATCH (`packed` is of another n or k) and
 * NEURAL_ERR_OUT_OF_MEMORY (C may hold anything then). m, n or k may be 0. */
NEURAL_API neural_status neural_gemm_bf16(const neural_gemm_bf16_args *args);

/* Copies op(B); of `args` trans_b, n, k, b and ldb count. B may be changed or freed afterwards.
 * Fails like neural_gemm_bf16, and with NEURAL_ERR_TENSOR_TOO_LARGE. */
NEURAL_API neural_status neural_gemm_bf16_packed_create(const neural_gemm_bf16_args *args,
                                                        neural_gemm_bf16_packed **out);
NEURAL_API void neural_gemm_bf16_packed_destroy(neural_gemm_bf16_packed *packed); /* or NULL */

/* The same with the kernels of a given level, and with AVX512_BF16 or without, for tests and
 * benches; a packed operand keeps to what it was packed for. */
struct neural_kernel_table;
neural_status neural_gemm_bf16_at(const struct neural_kernel_table *kernels, int use_vdpbf16ps,
                                  const neural_gemm_bf16_args *args);
neural_status neural_gemm_bf16_packed_create_at(const struct neural_kernel_table *kernels,
                                                int use_vdpbf16ps,
                                                const neural_gemm_bf16_args *args,
                                                neural_gemm_bf16_packed **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_GEMM_BF16_H_ */
