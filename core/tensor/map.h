/* Elementwise evaluation of a function over broadcast operands. */
#ifndef CORE_TENSOR_MAP_H_
#define CORE_TENSOR_MAP_H_

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_MAP_OPERANDS 3

/* Calls slot <op>_f32 or <op>_f64 of the active kernels; pointers are void, scalars convert. */
#define NEURAL_FLOAT_KERNEL(dtype, op, ...)                                                        \
    do {                                                                                           \
        if ((dtype) == NEURAL_DTYPE_F32) {                                                         \
            neural_kernels()->op##_f32(__VA_ARGS__);                                               \
        } else {                                                                                   \
            neural_kernels()->op##_f64(__VA_ARGS__);                                               \
        }                                                                                          \
    } while (0)

/* What a function of the map reads besides its operands. */
typedef struct neural_map_args {
    neural_dtype dtype; /* f32 or f64: of dst and of every operand */
    double alpha, beta;
} neural_map_args;

/* dst[i] = f(src[0][i], src[1][i], ...) for i in [0, len); all contiguous. dst is none of the
 * sources. */
typedef void neural_map_body(const neural_map_args *args, void *dst, const void *const *src,
                             int64_t len);

/* Evaluates body for every element of `shape`, to which each of the `count` operands broadcasts;
 * dst is contiguous and overlaps no operand. In parallel when large; the bits do not depend on it.
 */
void neural_map(neural_map_body *body, const neural_map_args *args, const neural_shape *shape,
                void *dst, int count, neural_tensor *const *operands);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_MAP_H_ */
