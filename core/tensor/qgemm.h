/* Products of 8-bit matrices: C = output(sum over k of (A[i,k] - za) * (B[k,j] - zb[j])).
 *
 * A is u8 or s8, B is s8, sums are exact in s32. Every instruction set level, VNNI included, and
 * every number of threads gives the same bits. */
#ifndef CORE_TENSOR_QGEMM_H_
#define CORE_TENSOR_QGEMM_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What C holds; acc is the sum above, x = (float)acc * scale[j]:
 *   S32  acc + bias[j]                       (s32 bias)
 *   F32  x * row_scales[i] + bias[j]         (f32 bias), rounded after each operation
 *   U8, S8  saturate(round_half_even((float)(acc + bias[j]) * scale[j]) + c_zero_point)
 *                                            (s32 bias); NaN, from a scale, gives the lower bound
 * relu: not below 0, for U8 and S8 not below c_zero_point. */
typedef enum neural_qgemm_output {
    NEURAL_QGEMM_S32 = 0,
    NEURAL_QGEMM_F32 = 1,
    NEURAL_QGEMM_U8 = 2,
    NEURAL_QGEMM_S8 = 3
} neural_qgemm_output;

typedef struct neural_qgemm_packed neural_qgemm_packed;

/* A is [m, k], C [m, n], B [k, n] or with trans_b [n, k]: row-major, leading dimensions in
 * elements. What may be NULL is 0 (zero points, bias) or 1 (scales) then. */
typedef struct neural_qgemm_args {
    int64_t m, n, k;
    int a_is_signed; /* s8, else u8 */
    const void *a;
    int64_t lda;
    const int32_t *a_zero_points; /* one, or m of them; within the range of A's type; or NULL */
    int a_zero_per_row;
    int trans_b;
    const int8_t *b;
    int64_t ldb;
    const neural_qgemm_packed *packed; /* instead of b, trans_b, ldb; or NULL */
    const int32_t *b_zero_points;      /* n of them, -128 ... 127; or NULL */
    neural_qgemm_output output;
    void *c;
    int64_t ldc;
    const float *scales; /* one, or n of them; or NULL. Not read for S32 */
    int scale_per_column;
    const float *row_scales; /* m of them, F32 alone; or NULL */
    const void *bias;        /* n of them; or NULL */
    int32_t c_zero_point;    /* U8 and S8, within the range of C's type */
    int relu;
} neural_qgemm_args;

/* Multiplies. m, n or k may be 0; C must not overlap A, B. Fails with NEURAL_ERR_NULL_POINTER,
 * NEURAL_ERR_INVALID_ARGUMENT (negative sizes, leading dimensions too small, zero points out of
 * range, an unknown output, or k, with this bias, so large that a sum could leave s32),
 * NEURAL_ERR_SHAPE_MISMATCH (packed has another n or k) and NEURAL_ERR_OUT_OF_MEMORY; nothing has
 * been written then. */
NEURAL_API neural_status neural_qgemm(const neural_qgemm_args *args);

/* A copy of B for repeated use: b is [k, n], or [n, k] (weights) when trans_b. It takes about
 * n * k bytes and serves every instruction set level. The caller destroys it. */
NEURAL_API neural_status neural_qgemm_pack(int trans_b, int64_t n, int64_t k, const int8_t *b,
                                           int64_t ldb, neural_qgemm_packed **out);
NEURAL_API void neural_qgemm_packed_destroy(neural_qgemm_packed *packed); /* accepts NULL */

/* Its size in bytes; 0 for NULL. */
NEURAL_API int64_t neural_qgemm_packed_bytes(const neural_qgemm_packed *packed);

/* The same with given kernels, for tests and benches. */
struct neural_qgemm_kernels;
neural_status neural_qgemm_at(const struct neural_qgemm_kernels *kernels,
                              const neural_qgemm_args *args);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_QGEMM_H_ */
