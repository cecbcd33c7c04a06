/* Tensors as operands of GEMM: strided views are used in place where a transpose flag will do. */
#ifndef CORE_TENSOR_MATRIX_H_
#define CORE_TENSOR_MATRIX_H_

#include "core/tensor/gemm.h"
#include "core/tensor/storage.h"

/* How a [rows, cols] matrix lies in memory: row-major with leading dimension ld, or with trans as
 * the transpose of a row-major [cols, rows] matrix. */
typedef struct neural_matrix {
    const char *data;
    int64_t ld;
    int trans;
} neural_matrix;

/* Sets trans and ld for the given strides; 0 when no such layout describes them. */
int neural_matrix_fit(neural_matrix *matrix, int64_t rows, int64_t cols, int64_t row_stride,
                      int64_t col_stride);

static inline neural_status neural_gemm_of(neural_dtype dtype, const neural_gemm_args *args) {
    return dtype == NEURAL_DTYPE_F32 ? neural_gemm_f32(args) : neural_gemm_f64(args);
}

#endif /* CORE_TENSOR_MATRIX_H_ */
