/* Dropout (Srivastava et al. 2014), inverted: survivors are scaled by 1/(1-p) in training,
 * evaluation is the identity. */
#ifndef LAYERS_DROPOUT_H_
#define LAYERS_DROPOUT_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* p in [0, 1]; p = 1 gives zeros. The mask of a step is a function of (seed, step, index): give
 * each dropout layer of a model another seed. */
NEURAL_API neural_status neural_dropout_create(double p, uint64_t seed, neural_layer **out);

/* Dropout2d: whole channels of [N, C, ...] are dropped, one draw each (Tompson et al. 2015). */
NEURAL_API neural_status neural_dropout2d_create(double p, uint64_t seed, neural_layer **out);

/* 1 for both: nothing happens in evaluation. */
int neural_dropout_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_DROPOUT_H_ */
