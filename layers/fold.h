/* Batch norms taken into the layers before them, for faster evaluation. */
#ifndef LAYERS_FOLD_H_
#define LAYERS_FOLD_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In place, in every chain within `layer`: a BatchNorm with running statistics that directly
 * follows a Linear, Conv1d, Conv2d or ConvTranspose2d y = W x + b goes into it (Jacob et al. 2018,
 * section 3.2),
 *
 *   s = gamma / sqrt(running_var + eps)    W' = s W    b' = s (b - running_mean) + beta
 *
 * computed in f64 and rounded once. An Identity stands where it was, so all positions and names
 * stay; a layer without bias gets one. A ReLU behind runs fused with the layer. Results in
 * evaluation mode change by rounding only, those in training mode change: statistics are no longer
 * taken. Other batch norms (first in a chain, behind a block, without running statistics) stay.
 *
 * in: shape of the layer's input without the batch dimension. *folded (may be NULL): how many.
 * Parameters and buffers flattened before stay valid, but hold what the network no longer reads:
 * flatten anew. After an error some may be folded; the network is correct nevertheless. */
NEURAL_API neural_status neural_layer_fold_batch_norm(neural_layer *layer, const neural_shape *in,
                                                      int *folded);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_FOLD_H_ */
