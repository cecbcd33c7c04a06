/* How a chain runs Linear and the ReLU behind it as one op. */
#ifndef LAYERS_LINEAR_FUSED_H_
#define LAYERS_LINEAR_FUSED_H_

#include "layers/layer_type.h"

/* 1 when the layer is a Linear. */
int neural_linear_is(const neural_layer *layer);

/* relu(x W^T + b) of a Linear: the bits of Linear and then ReLU, in one pass. */
neural_status neural_linear_forward_relu(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **out);

#endif /* LAYERS_LINEAR_FUSED_H_ */
