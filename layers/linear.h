/* Fully connected layer: y = x W^T + b. */
#ifndef LAYERS_LINEAR_H_
#define LAYERS_LINEAR_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* weight [out_features, in_features], bias [out_features] (absent without `bias`). Initialised like
 * PyTorch's: weight and bias uniform in +-1/sqrt(in_features), from Philox(seed, INIT).
 *
 * In evaluation, with gradients off, products of up to 8 rows use a packed copy of the weight from
 * the second one on: the same bits sooner, for the weight's memory once more (layers of at least 4
 * KB). It is made anew when the weight has changed and given back by the next forward in training
 * mode. Who writes through neural_tensor_data calls neural_layer_weights_written. */
NEURAL_API neural_status neural_linear_create(int64_t in_features, int64_t out_features, int bias,
                                              neural_dtype dtype, uint64_t seed,
                                              neural_layer **out);

/* 1 when the layer is one. */
int neural_linear_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LINEAR_H_ */
