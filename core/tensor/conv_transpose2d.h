/* The transpose of a convolution (Dumoulin & Visin 2016): x [N, C, H, W], weight
 * [C, O/groups, KH, KW], bias [O] or NULL, y [N, O, OH, OW];
 *
 *   y[n, o, i, j] = act(b[o] + sum over c, p, q of w[c, o, p, q] * x[n, c, h, w])
 *
 * over the h, w with h*stride + p*dilation - pad = i and likewise for j: the input gradient of a
 * conv2d with the same weight. OH = (H - 1)*stride - pads + dilation*(KH - 1) + 1 + output_padding.
 * attrs: integer[] as in core/tensor/conv2d.h, then output_padding (2). */
#ifndef CORE_TENSOR_CONV_TRANSPOSE2D_H_
#define CORE_TENSOR_CONV_TRANSPOSE2D_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_CONV_TRANSPOSE2D_OUTPUT_PADDING = 10 };

neural_op_infer neural_conv_transpose2d_infer;
neural_op_forward neural_conv_transpose2d_forward;
neural_op_backward neural_conv_transpose2d_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV_TRANSPOSE2D_H_ */
