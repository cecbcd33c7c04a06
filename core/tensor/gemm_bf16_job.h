/* A bf16 product on its way: gemm_bf16.c checks it, gemm_bf16_panels.c does it with vdpbf16ps,
 * gemm_bf16_widened.c with the f32 kernels. */
#ifndef CORE_TENSOR_GEMM_BF16_JOB_H_
#define CORE_TENSOR_GEMM_BF16_JOB_H_

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm_bf16.h"

struct neural_gemm_bf16_packed {
    const neural_kernel_table *kernels;
    int use_vdpbf16ps;
    int trans_b; /* widened: data is [n, k] */
    int64_t n, k;
    void *data; /* panels of bf16 over all k, one after the other; or f32 as in B */
};

/* Fills packed->data, which holds neural_gemm_bf16_panels_len or n * k elements. */
int64_t neural_gemm_bf16_panels_len(int64_t n, int64_t k);
void neural_gemm_bf16_pack_panels(const neural_gemm_bf16_packed *packed,
                                  const neural_gemm_bf16_args *args);
void neural_gemm_bf16_pack_widened(const neural_gemm_bf16_packed *packed,
                                   const neural_gemm_bf16_args *args);

/* The product of checked arguments with m, n > 0. */
neural_status neural_gemm_bf16_run_panels(const neural_kernel_table *kernels,
                                          const neural_gemm_bf16_args *args);
neural_status neural_gemm_bf16_run_widened(const neural_kernel_table *kernels,
                                           const neural_gemm_bf16_args *args);

#endif /* CORE_TENSOR_GEMM_BF16_JOB_H_ */
