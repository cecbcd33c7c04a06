/* Two broadcast operands of any dtypes, read together as wide numbers, in pieces of a row. */
#ifndef CORE_TENSOR_PAIRS_H_
#define CORE_TENSOR_PAIRS_H_

#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_PAIRS_CHUNK = 256 };

typedef union neural_wide {
    double real[NEURAL_PAIRS_CHUNK];
    int64_t whole[NEURAL_PAIRS_CHUNK];
} neural_wide;

/* Writes dst[i * stride], i in [0, len), len <= NEURAL_PAIRS_CHUNK; stride in elements. */
typedef void (*neural_pairs_function)(void *context, void *dst, int64_t stride,
                                      const neural_wide *lhs, const neural_wide *rhs, int64_t len);

/* Calls function for all of dst, whose shape is that to which lhs and rhs broadcast. wide: I64 (of
 * whole numbers only) or F64, what the operands are read as. */
void neural_pairs_run(neural_tensor *dst, const neural_tensor *lhs, const neural_tensor *rhs,
                      neural_dtype wide, neural_pairs_function function, void *context);

/* 1 for i8, u8, i32, i64 and bool. */
int neural_pairs_is_whole(const neural_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_PAIRS_H_ */
