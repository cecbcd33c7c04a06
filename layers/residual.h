/* A block with a shortcut around it. */
#ifndef LAYERS_RESIDUAL_H_
#define LAYERS_RESIDUAL_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = branch(x) + shortcut(x), shortcut NULL being x itself (He et al. 2016). Both give one shape;
 * where the branch changes the shape, the shortcut has to change it in the same way. Takes
 * ownership of both on success. Parameters of the branch keep their names ("0.weight"), those of
 * the shortcut become "shortcut.0.weight". */
NEURAL_API neural_status neural_residual_create(neural_layer *branch, neural_layer *shortcut,
                                                neural_layer **out);

/* 1 when the layer is one. */
int neural_residual_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_RESIDUAL_H_ */
