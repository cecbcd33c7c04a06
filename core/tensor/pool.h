/* Pooling over the planes of x [N, C, H, W] or [C, H, W].
 *
 * attrs.integer of max_pool2d and avg_pool2d: 0-1 window, 2-3 stride, 4-5 pad, 6-7 dilation (max),
 * each down then across, 8 ceil_mode, 9 count_include_pad (avg). A side of the result is
 * (size + 2 pad - dilation (window - 1) - 1) / stride + 1, rounded down, or up with ceil_mode, then
 * less one when the last window would begin behind the input and its first padding (PyTorch).
 * attrs.integer of adaptive_avg_pool2d: 0-1 the sides of the result. */
#ifndef CORE_TENSOR_POOL_H_
#define CORE_TENSOR_POOL_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest side of an image. */
#define NEURAL_POOL_MAX_SIDE (INT64_C(1) << 30)

/* The length of side 0 or 1 of the result, by the numbers of attrs.integer, for an input of length
 * `in`; `name` and the shape x (or NULL) go into the messages. */
neural_status neural_pool_side_len(const char *name, const int64_t *integer, int side, int64_t in,
                                   const neural_shape *x, int64_t *out);

neural_op_infer neural_pool_infer;
neural_op_infer neural_adaptive_pool_infer;

/* The largest of each window, padding left out; the first of equal ones; NaN stays. saved[0]: its
 * number in the window (row by row, with padding), u8, or i32 for windows of more than 256. */
neural_op_forward neural_max_pool2d_forward;
neural_op_backward neural_max_pool2d_backward;

/* sum / divisor: the window's elements in the input, or with count_include_pad those in the input
 * and its padding. */
neural_op_forward neural_avg_pool2d_forward;
neural_op_backward neural_avg_pool2d_backward;

/* Result o of `out` is the mean of [floor(o in / out), ceil((o + 1) in / out)) along each side. */
neural_op_forward neural_adaptive_avg_pool2d_forward;
neural_op_backward neural_adaptive_avg_pool2d_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_POOL_H_ */
