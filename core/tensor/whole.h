/* Arithmetic of whole numbers, exact or wrapping as the machine's. */
#ifndef CORE_TENSOR_WHOLE_H_
#define CORE_TENSOR_WHOLE_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_whole_op {
    NEURAL_WHOLE_ADD = 0,
    NEURAL_WHOLE_SUB = 1,
    NEURAL_WHOLE_MUL = 2,
    NEURAL_WHOLE_FLOOR_DIV = 3, /* rounded towards -infinity, as Python's // */
    NEURAL_WHOLE_REMAINDER = 4, /* of that: the divisor's sign, as Python's % */
    NEURAL_WHOLE_MINIMUM = 5,
    NEURAL_WHOLE_MAXIMUM = 6,
    NEURAL_WHOLE_AND = 7,
    NEURAL_WHOLE_OR = 8,
    NEURAL_WHOLE_XOR = 9
} neural_whole_op;

/* *out = [lhs op rhs] in the shape to which both broadcast (NumPy's rules), of a dtype of whole
 * numbers: computed modulo 2^64, kept modulo dtype's size; bool is value != 0. The operands are
 * whole numbers of any dtypes: NEURAL_ERR_INVALID_DTYPE else. A divisor of 0 is
 * NEURAL_ERR_INVALID_ARGUMENT, NEURAL_ERR_SHAPE_MISMATCH names both shapes. Not differentiable. */
NEURAL_API neural_status neural_tensor_whole(const neural_tensor *lhs, const neural_tensor *rhs,
                                             neural_whole_op op, neural_dtype dtype,
                                             neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_WHOLE_H_ */
