/* Layers that give a batch another shape; no element moves. */
#ifndef LAYERS_SHAPE_H_
#define LAYERS_SHAPE_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Flatten: [N, ...] becomes [N, all the rest]. */
NEURAL_API neural_status neural_flatten_create(neural_layer **out);

/* Reshape: [N, ...] becomes [N, dims...]; one size may be -1, which is what is left over.
 * NEURAL_ERR_SHAPE_MISMATCH names both shapes when they do not have the same number of elements. */
NEURAL_API neural_status neural_reshape_create(int ndim, const int64_t *dims, neural_layer **out);

/* 1 when the layer is a Flatten. */
int neural_flatten_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_SHAPE_H_ */
