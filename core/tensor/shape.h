/* Shapes: up to 8 dimensions, sizes int64, 0-dim (one element) and 0-size legal. */
#ifndef CORE_TENSOR_SHAPE_H_
#define CORE_TENSOR_SHAPE_H_

#include <stdint.h>

#include "core/base/status.h"
#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_MAX_DIMS 8

typedef struct neural_shape {
    int ndim;
    int64_t dim[NEURAL_MAX_DIMS];
} neural_shape;

/* Checks ndim in [0, 8], sizes >= 0 and that the product fits; then fills *out. */
neural_status neural_shape_make(int ndim, const int64_t *dims, neural_shape *out);

/* Product of the sizes (1 for 0-dim). The shape is valid, so it cannot overflow. */
int64_t neural_shape_len(const neural_shape *shape);

/* NEURAL_ERR_TENSOR_TOO_LARGE "name: [...] of f32 ..." unless the elements' bytes fit an int64_t.
 */
neural_status neural_shape_check_bytes(const char *name, const neural_shape *shape,
                                       neural_dtype dtype);

int neural_shape_equal(const neural_shape *lhs, const neural_shape *rhs);

/* NumPy's broadcasting: sizes are aligned at the last dimension, 1 stretches.
 * NEURAL_ERR_SHAPE_MISMATCH "op: [2, 3] and [4] do not broadcast". */
neural_status neural_shape_broadcast(const char *op, const neural_shape *lhs,
                                     const neural_shape *rhs, neural_shape *out);

/* Row-major strides in elements. */
void neural_shape_strides(const neural_shape *shape, int64_t strides[NEURAL_MAX_DIMS]);

/* "[32, 10]" into text (truncated to bytes); returns text. */
#define NEURAL_SHAPE_TEXT 192
char *neural_shape_text(const neural_shape *shape, char *text, int64_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_SHAPE_H_ */
