/* Single numbers of f32 or f64 memory, read and written as double. For per-channel and per-row
 * figures; whole vectors go through kernels. */
#ifndef CORE_TENSOR_FLOAT_DATA_H_
#define CORE_TENSOR_FLOAT_DATA_H_

#include "core/tensor/dtype.h"

static inline double neural_float_get(const void *data, neural_dtype dtype, int64_t i) {
    return dtype == NEURAL_DTYPE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

/* Rounded once. */
static inline void neural_float_put(void *data, neural_dtype dtype, int64_t i, double value) {
    if (dtype == NEURAL_DTYPE_F32) {
        ((float *)data)[i] = (float)value;
    } else {
        ((double *)data)[i] = value;
    }
}

#endif /* CORE_TENSOR_FLOAT_DATA_H_ */
