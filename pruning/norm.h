/* Norms of parts of a matrix. Only for this package. */
#ifndef PRUNING_NORM_H_
#define PRUNING_NORM_H_

#include "core/tensor/dtype.h"

/* Rows and columns of a matrix whose rows are `stride` numbers apart. */
typedef struct neural_norm_area {
    const void *values;
    neural_dtype dtype;
    int64_t stride, row, col, rows, cols;
} neural_norm_area;

/* Sum of |w|; sqrt of the sum of w^2, which neither overflows nor vanishes. NaN where one is. */
double neural_norm_l1(const neural_norm_area *area);
double neural_norm_l2(const neural_norm_area *area);

#endif /* PRUNING_NORM_H_ */
