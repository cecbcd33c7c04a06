/* What folding (layers/fold.c) needs to know of a convolution. */
#ifndef LAYERS_CONV_FOLD_H_
#define LAYERS_CONV_FOLD_H_

#include "layers/layer_type.h"

/* 1 when the layer is a Conv2d or Conv1d: filters are the first dimension of the weight. */
int neural_conv_is(const neural_layer *layer);

/* Gives the layer a bias of zeros when it has none. */
neural_status neural_conv_add_bias(neural_layer *layer);

#endif /* LAYERS_CONV_FOLD_H_ */
