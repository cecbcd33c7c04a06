/* Quantization-aware training (Jacob et al. 2018, section 3): layers that compute with their input
 * and weight as 8-bit numbers, so that training gets used to them.
 *
 * Such a layer has a buffer "input_range" [2], smallest and largest number of its input, a moving
 * average over the training batches (weight 0.01; [0, 0] at first). In training and in evaluation
 * it computes with
 *   input   on the affine 8-bit grid for input_range; as it is while that is [0, 0]
 *   weight  on a symmetric grid -127 ... 127 per output channel
 * and both get straight-through gradients (core/tensor/fake_quant.h). The bias stays. A batch norm
 * behind scales whole channels, and their grids with them: folding it into the weight afterwards
 * changes no quantized weight but for rounding of its scale. */
#ifndef LAYERS_FAKE_QUANT_H_
#define LAYERS_FAKE_QUANT_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a new layer, not yet the child of another, quantization aware: Linear, Conv1d or Conv2d.
 * Other kinds stay as they are. */
NEURAL_API neural_status neural_layer_make_quantization_aware(neural_layer *layer);

/* 1 and input_range when the layer is quantization aware and has seen a training batch, else 0. */
NEURAL_API int neural_layer_input_range(const neural_layer *layer, double *min, double *max);

/* New references to what the layer computes with: x and parameter[0] themselves when it is not
 * quantization aware. In training mode x enters input_range first. */
neural_status neural_layer_fake_quantize(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **input, neural_tensor **weight);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_FAKE_QUANT_H_ */
