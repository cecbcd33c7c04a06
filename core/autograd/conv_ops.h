/* Differentiable convolutions of images. */
#ifndef CORE_AUTOGRAD_CONV_OPS_H_
#define CORE_AUTOGRAD_CONV_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_conv_options {
    int64_t stride[2];   /* down, across: at least 1 */
    int64_t pad[4];      /* rows and columns of zeros: top, left, bottom, right */
    int64_t dilation[2]; /* distance of the kernel's elements: at least 1 */
    int64_t groups;      /* output channels of a group see the input channels of that group only */
    int relu;            /* y = max(0, y) */
} neural_conv_options;

/* Cross-correlation (torch.nn.functional.conv2d): x [N, C, H, W], weight [O, C/groups, KH, KW],
 * bias [O] or NULL; out [N, O, OH, OW] with
 * OH = floor((H + pads - dilation*(KH - 1) - 1)/stride) + 1 (Dumoulin & Visin 2016). options NULL:
 * stride 1, no padding, dilation 1, one group. f32 or f64. NEURAL_ERR_SHAPE_MISMATCH when channels
 * or groups do not fit or the kernel is larger than the padded image, _INVALID_ARGUMENT for options
 * out of range, _DTYPE_MISMATCH, _INVALID_DTYPE, _OUT_OF_MEMORY. */
NEURAL_API neural_status neural_conv2d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                       const neural_conv_options *options, neural_tensor **out);

/* The same along one axis: x [N, C, L], weight [O, C/groups, K], out [N, O, OL]. Of the options the
 * second stride and dilation, pad[1] (left) and pad[3] (right) count. */
NEURAL_API neural_status neural_conv1d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                       const neural_conv_options *options, neural_tensor **out);

/* The transpose, an image's gradient under conv2d (torch.nn.functional.conv_transpose2d): x [N, C,
 * H, W], weight [C, O/groups, KH, KW], bias [O] or NULL; out [N, O, OH, OW] with
 * OH = (H - 1)*stride - pads + dilation*(KH - 1) + 1 + output_padding[0]. output_padding, below
 * stride or dilation, says which of the sizes that conv2d maps to H is meant; NULL: 0. */
NEURAL_API neural_status neural_conv_transpose2d(neural_tensor *x, neural_tensor *weight,
                                                 neural_tensor *bias,
                                                 const neural_conv_options *options,
                                                 const int64_t *output_padding,
                                                 neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_CONV_OPS_H_ */
