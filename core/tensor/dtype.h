/* Element types. */
#ifndef CORE_TENSOR_DTYPE_H_
#define CORE_TENSOR_DTYPE_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* f32 and f64 compute; the others are for storage, labels and quantization. */
typedef enum neural_dtype {
    NEURAL_DTYPE_F32 = 0,
    NEURAL_DTYPE_F64 = 1,
    NEURAL_DTYPE_I8 = 2,
    NEURAL_DTYPE_U8 = 3,
    NEURAL_DTYPE_I32 = 4,
    NEURAL_DTYPE_I64 = 5,
    NEURAL_DTYPE_BOOL = 6,
    NEURAL_DTYPE_BF16 = 7,
    NEURAL_DTYPE_COUNT = 8
} neural_dtype;

/* Bytes per element; 0 for an unknown dtype. */
NEURAL_API int64_t neural_dtype_bytes(neural_dtype dtype);

/* "f32", "f64", "i8", ...; "?" for an unknown dtype. */
NEURAL_API const char *neural_dtype_name(neural_dtype dtype);

static inline int neural_dtype_is_float(neural_dtype dtype) {
    return dtype == NEURAL_DTYPE_F32 || dtype == NEURAL_DTYPE_F64;
}

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_DTYPE_H_ */
