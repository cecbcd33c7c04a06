/* The inside of sparse weights, for the products with them. */
#ifndef CORE_TENSOR_SPARSE_TYPE_H_
#define CORE_TENSOR_SPARSE_TYPE_H_

#include "core/tensor/sparse.h"

struct neural_sparse {
    const neural_kernel_table *kernels;
    neural_dtype dtype;
    int64_t outputs, inputs, count, blocks; /* count: strips */
    neural_sparse_strip *strip;             /* deepest first; one block of memory with the rest */
    int32_t *index;                         /* [blocks] */
    char *weight;                           /* [blocks, 16] */
    int64_t bytes;
};

#endif /* CORE_TENSOR_SPARSE_TYPE_H_ */
