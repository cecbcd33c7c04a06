/* Blocks side by side, their results joined. */
#ifndef LAYERS_CONCAT_H_
#define LAYERS_CONCAT_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_CONCAT_MAX_BLOCKS 8

/* y = [block_0(x), block_1(x), ...] along dimension 1, the channels of [N, C, H, W] or the features
 * of [N, F]; all other sizes have to be equal. 1 to NEURAL_CONCAT_MAX_BLOCKS different blocks,
 * whose ownership goes to *out on success. Names of parameters begin with the block: "1.0.weight".
 */
NEURAL_API neural_status neural_concat_create(neural_layer *const *block, int count,
                                              neural_layer **out);

/* 1 when the layer is one. */
int neural_concat_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_CONCAT_H_ */
