/* Convolutions: images [N, C, H, W] through Conv2d and ConvTranspose2d, signals [N, C, L] through
 * Conv1d. */
#ifndef LAYERS_CONV_H_
#define LAYERS_CONV_H_

#include "core/autograd/conv_ops.h"
#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Height comes before width. Conv1d reads the second of each pair, and pad[1] and pad[3]. */
typedef struct neural_conv_layer_options {
    int64_t in_channels, out_channels, kernel[2];
    int64_t stride[2], pad[4] /* top, left, bottom, right */, dilation[2],
        groups;                /* not pad: 0 = 1 */
    int64_t output_padding[2]; /* of ConvTranspose2d: rows and columns added at the end */
    int bias;
} neural_conv_layer_options;

/* weight [out_channels, in_channels/groups, kernel...], ConvTranspose2d [in_channels,
 * out_channels/groups, kernel...]; bias [out_channels]. Both start uniform in +-1/sqrt(fan_in),
 * fan_in = weight's second size times the kernel's elements: PyTorch's Kaiming uniform with
 * a = sqrt(5), drawn from Philox(seed, INIT). NEURAL_ERR_INVALID_ARGUMENT names the option. */
NEURAL_API neural_status neural_conv2d_create(const neural_conv_layer_options *options,
                                              neural_dtype dtype, uint64_t seed,
                                              neural_layer **out);
NEURAL_API neural_status neural_conv1d_create(const neural_conv_layer_options *options,
                                              neural_dtype dtype, uint64_t seed,
                                              neural_layer **out);
NEURAL_API neural_status neural_conv_transpose2d_create(const neural_conv_layer_options *options,
                                                        neural_dtype dtype, uint64_t seed,
                                                        neural_layer **out);

/* What a Conv2d was made with; NULL for another kind of layer. */
const neural_conv_layer_options *neural_conv2d_options(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_CONV_H_ */
