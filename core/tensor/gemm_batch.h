/* Many matrix products of one shape in one call: C_i = epilogue(alpha * op(A_i) op(B_i) + beta *
 * C_i), i = 0 ... count - 1. Same bits as one neural_gemm_f32 or neural_gemm_f64 after the other,
 * for any number of threads; the threads share the products out among themselves. */
#ifndef CORE_TENSOR_GEMM_BATCH_H_
#define CORE_TENSOR_GEMM_BATCH_H_

#include "core/tensor/gemm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operand i starts `stride` elements times i after the pointer of neural_gemm_args. A stride of A
 * or B may be 0 (one operand for all) or negative; the C_i must not overlap each other or A, B.
 * Bias and residual are one for all. */
typedef struct neural_gemm_strides {
    int64_t a, b, c;
} neural_gemm_strides;

NEURAL_API neural_status neural_gemm_batch_f32(const neural_gemm_args *args, int64_t count,
                                               const neural_gemm_strides *strides);
NEURAL_API neural_status neural_gemm_batch_f64(const neural_gemm_args *args, int64_t count,
                                               const neural_gemm_strides *strides);

/* Operand i starts at a[i], b[i], c[i]; the pointers of neural_gemm_args are not looked at. */
typedef struct neural_gemm_pointers {
    const void *const *a, *const *b;
    void *const *c;
} neural_gemm_pointers;

NEURAL_API neural_status neural_gemm_pointers_f32(const neural_gemm_args *args, int64_t count,
                                                  const neural_gemm_pointers *pointers);
NEURAL_API neural_status neural_gemm_pointers_f64(const neural_gemm_args *args, int64_t count,
                                                  const neural_gemm_pointers *pointers);

/* Where operands of product i lie, for callers with an order of their own: fills a, b and c. */
typedef struct neural_gemm_place {
    const char *a, *b;
    char *c;
} neural_gemm_place;
typedef void neural_gemm_locate(const void *context, int64_t index, neural_gemm_place *place);

/* All of these fail as neural_gemm_f32 does, with NEURAL_ERR_INVALID_ARGUMENT also when count is
 * negative. NEURAL_ERR_OUT_OF_MEMORY leaves some of the products undone. kernels: the level. */
struct neural_kernel_table;
neural_status neural_gemm_located_f32(const struct neural_kernel_table *kernels,
                                      const neural_gemm_args *args, int64_t count,
                                      neural_gemm_locate *locate, const void *context);
neural_status neural_gemm_located_f64(const struct neural_kernel_table *kernels,
                                      const neural_gemm_args *args, int64_t count,
                                      neural_gemm_locate *locate, const void *context);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_GEMM_BATCH_H_ */
