/* Cross-correlation of images (Dumoulin & Visin 2016): x [N, C, H, W], weight
 * [O, C/groups, KH, KW], bias [O] or NULL, y [N, O, OH, OW];
 *
 *   y[n, o, i, j] = act(b[o] + sum over c, p, q of
 *                   w[o, c, p, q] * x[n, c, i*stride + p*dilation - pad, j*stride + ...])
 *
 * with x = 0 outside the image, OH = floor((H + pads - dilation*(KH - 1) - 1)/stride) + 1. Each y
 * is one chain of fused multiply-adds in the order of (c, p, q), as in core/tensor/gemm.h, except
 * where the shape of a 3x3 kernel makes minimal filtering the faster way (docs/conv2d.md).
 * attrs: integer[] is stride (2), pad (4: top, left, bottom, right), dilation (2), groups, relu. */
#ifndef CORE_TENSOR_CONV2D_H_
#define CORE_TENSOR_CONV2D_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where attrs.integer keeps them. */
enum {
    NEURAL_CONV2D_STRIDE = 0,
    NEURAL_CONV2D_PAD = 2,
    NEURAL_CONV2D_DILATION = 6,
    NEURAL_CONV2D_GROUPS = 8,
    NEURAL_CONV2D_RELU = 9
};

neural_op_infer neural_conv2d_infer;
neural_op_forward neural_conv2d_forward;
neural_op_backward neural_conv2d_backward;

/* The same with the kernels of a given level, for tests and benches. */
struct neural_kernel_table;
neural_status neural_conv2d_forward_at(const struct neural_kernel_table *kernels,
                                       neural_op_call *call);
neural_status neural_conv2d_backward_at(const struct neural_kernel_table *kernels,
                                        neural_op_call *call);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV2D_H_ */
