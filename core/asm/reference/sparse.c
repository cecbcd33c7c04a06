/* One row by a sparse matrix of blocks. */
#include "core/asm/kernel_table.h"

#define SPARSE_ROW(T, dtype)                                                                       \
    void neural_sparse_row_##dtype##_c(const neural_sparse_row_args *args) {                       \
        const T *src = args->src, *bias = args->bias;                                              \
        for (int64_t s = 0; s < args->count; s++) {                                                \
            const neural_sparse_strip *strip = &args->strips[s];                                   \
            for (int64_t j = 0; j < NEURAL_SPARSE_STRIP; j++) {                                    \
                const T *weight = (const T *)strip->weight + j;                                    \
                T sum = 0;                                                                         \
                for (int64_t i = 0; i < strip->depth; i++) {                                       \
                    sum += src[strip->index[i]] * weight[i * NEURAL_SPARSE_STRIP];                 \
                }                                                                                  \
                sum = args->flags & NEURAL_GEMM_ADD_COLUMN ? sum + bias[strip->column + j] : sum;  \
                ((T *)args->dst)[strip->column + j] =                                              \
                    args->flags & NEURAL_GEMM_RELU && sum < 0 ? 0 : sum;                           \
            }                                                                                      \
        }                                                                                          \
    }

SPARSE_ROW(float, f32)
SPARSE_ROW(double, f64)
