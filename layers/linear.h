/* Fully connected layer: y = x W^T + b. */
#ifndef LAYERS_LINEAR_H_
#define LAYERS_LINEAR_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* weight [out_features, in_features], bias [out_features] (absent without `bias`). Initialised like
 * PyTorch's: weight and bias uniform in +-1/sqrt(in_features), from Philox(seed, INIT). */
NEURAL_API neural_status neural_linear_create(int64_t in_features, int64_t out_features, int bias,
                                              neural_dtype dtype, uint64_t seed,
                                              neural_layer **out);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LINEAR_H_ */
