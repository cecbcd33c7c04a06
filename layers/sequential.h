/* A chain of layers. */
#ifndef LAYERS_SEQUENTIAL_H_
#define LAYERS_SEQUENTIAL_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

NEURAL_API neural_status neural_sequential_create(neural_layer **out);

/* Takes ownership of child on success. Parameter names become "<position>.<name>". A Linear
 * followed by ReLU runs as one fused op, with the same bits. */
NEURAL_API neural_status neural_sequential_add(neural_layer *sequential, neural_layer *child);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_SEQUENTIAL_H_ */
