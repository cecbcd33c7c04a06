/* Walking several strided operands of one shape together, row by row. */
#ifndef CORE_TENSOR_WALK_H_
#define CORE_TENSOR_WALK_H_

#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_WALK_OPERANDS 3

/* The shape with dimensions of size 1 dropped and neighbours merged where every operand allows it.
 * The last dimension is the row; without dimensions there is one row of one element. */
typedef struct neural_walk {
    int ndim, operands;
    int64_t dim[NEURAL_MAX_DIMS];
    int64_t stride[NEURAL_WALK_OPERANDS][NEURAL_MAX_DIMS]; /* elements */
    int64_t rows, cols;
    int64_t col_stride[NEURAL_WALK_OPERANDS];
} neural_walk;

typedef struct neural_walk_cursor {
    int64_t index[NEURAL_MAX_DIMS];       /* of the row */
    int64_t offset[NEURAL_WALK_OPERANDS]; /* elements, of the row's first element */
} neural_walk_cursor;

void neural_walk_make(neural_walk *walk, const neural_shape *shape, int operands,
                      const int64_t *const *strides);

/* Places the cursor at a row in [0, rows); steps to the next row. */
void neural_walk_seek(const neural_walk *walk, neural_walk_cursor *cursor, int64_t row);
void neural_walk_next(const neural_walk *walk, neural_walk_cursor *cursor);

/* Strides with which tensor is read as `shape`, to which it broadcasts: 0 where it is stretched. */
void neural_broadcast_strides(const neural_tensor *tensor, const neural_shape *shape,
                              int64_t strides[NEURAL_MAX_DIMS]);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_WALK_H_ */
