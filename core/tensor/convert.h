/* Rows of elements from one dtype to another. */
#ifndef CORE_TENSOR_CONVERT_H_
#define CORE_TENSOR_CONVERT_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dst[i*dst_stride] = src[i*src_stride], i in [0, len). Numbers round to nearest even, once; floats
 * become integers by truncation, saturating, NaN as 0; integers narrow by saturation; bool is
 * value != 0. Strides in elements; the same dtype moves bits. */
void neural_convert(void *dst, neural_dtype dst_dtype, int64_t dst_stride, const void *src,
                    neural_dtype src_dtype, int64_t src_stride, int64_t len);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONVERT_H_ */
