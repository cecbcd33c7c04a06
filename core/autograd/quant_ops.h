/* Differentiable quantization, under the rules of ops.h. */
#ifndef CORE_AUTOGRAD_QUANT_OPS_H_
#define CORE_AUTOGRAD_QUANT_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x quantized to 8 bits and back, with the formulas of core/tensor/fake_quant.h: on the affine grid
 * for [min, max], as activations are. The gradient is that of y, but 0 where x is outside. */
NEURAL_API neural_status neural_fake_quant(neural_tensor *x, double min, double max,
                                           neural_tensor **out);

/* The same on a symmetric grid -127 ... 127 for each index of `axis`, that of its largest |x|, as
 * weights are. The gradient is that of y. */
NEURAL_API neural_status neural_fake_quant_channels(neural_tensor *x, int axis,
                                                    neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_QUANT_OPS_H_ */
