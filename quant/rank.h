/* The number of a given rank, without sorting. */
#ifndef QUANT_RANK_H_
#define QUANT_RANK_H_

#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The element at index `rank` of the sorted data: finite f32 or f64, 0 <= rank < len. A pass
 * for every 16 bits, from the top; memory for 65,536 counts. NEURAL_ERR_OUT_OF_MEMORY. */
neural_status quant_rank(const void *data, neural_dtype dtype, int64_t len, int64_t rank,
                         double *out);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_RANK_H_ */
