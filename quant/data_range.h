/* The range of f32 or f64 data. */
#ifndef QUANT_DATA_RANGE_H_
#define QUANT_DATA_RANGE_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dtype is f32 or f64, len is not negative, data are given; `what` begins the message. */
neural_status quant_check_data(const char *what, const void *data, neural_dtype dtype, int64_t len);

/* The smallest and the largest of data[0 .. len), len > 0, dtype f32 or f64. A NaN or an infinity
 * is refused by its position. */
neural_status quant_data_range(const char *what, const void *data, neural_dtype dtype, int64_t len,
                               double *min, double *max);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_DATA_RANGE_H_ */
