/* Comparisons of tensors, element by element. */
#ifndef CORE_TENSOR_COMPARE_H_
#define CORE_TENSOR_COMPARE_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_comparison {
    NEURAL_EQUAL = 0,
    NEURAL_NOT_EQUAL = 1,
    NEURAL_LESS = 2,
    NEURAL_LESS_EQUAL = 3,
    NEURAL_GREATER = 4,
    NEURAL_GREATER_EQUAL = 5
} neural_comparison;

/* *out = bool tensor of [lhs ? rhs] in the shape to which both broadcast (NumPy's rules). Any
 * dtypes: two of whole numbers are compared as int64, else both as double; NaN is unequal to
 * everything. NEURAL_ERR_SHAPE_MISMATCH names both shapes. */
NEURAL_API neural_status neural_tensor_compare(const neural_tensor *lhs, const neural_tensor *rhs,
                                               neural_comparison comparison, neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_COMPARE_H_ */
