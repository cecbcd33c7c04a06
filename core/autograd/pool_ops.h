/* Differentiable pooling of x [N, C, H, W] or [C, H, W]; options mean what they mean in PyTorch. */
#ifndef CORE_AUTOGRAD_POOL_OPS_H_
#define CORE_AUTOGRAD_POOL_OPS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each pair is down, then across. */
typedef struct neural_pool_options {
    int64_t window[2];
    int64_t stride[2];     /* 0: the window */
    int64_t pad[2];        /* on both ends; at most half of the window */
    int64_t dilation[2];   /* max_pool2d only; 0: 1 */
    int ceil_mode;         /* also windows that begin inside but end outside */
    int count_exclude_pad; /* avg_pool2d only: padding does not count in the divisor */
} neural_pool_options;

/* The length of side 0 or 1 of the result for an input of length `in`, or why there is none; the
 * name and the shape x go into the message. */
neural_status neural_pool_side(const char *name, const neural_pool_options *options, int side,
                               const neural_shape *x, int64_t in, int64_t *out);

/* The largest element of each window; the first of equal ones takes the gradient, NaN stays. A side
 * of the result is floor((size + 2 pad - dilation (window - 1) - 1) / stride) + 1. A window that
 * does not fit is NEURAL_ERR_SHAPE_MISMATCH with both sizes. */
NEURAL_API neural_status neural_max_pool2d(neural_tensor *x, const neural_pool_options *options,
                                           neural_tensor **out);

/* The mean of each window. */
NEURAL_API neural_status neural_avg_pool2d(neural_tensor *x, const neural_pool_options *options,
                                           neural_tensor **out);

/* Planes of out_h x out_w: result o is the mean of floor(o in / out) up to ceil((o + 1) in / out).
 * 1 x 1 is the mean of each plane. */
NEURAL_API neural_status neural_adaptive_avg_pool2d(neural_tensor *x, int64_t out_h, int64_t out_w,
                                                    neural_tensor **out);

/* The same on x [N, C, L] or [C, L]: window[0], stride[0], pad[0], dilation[0] count. */
NEURAL_API neural_status neural_max_pool1d(neural_tensor *x, const neural_pool_options *options,
                                           neural_tensor **out);
NEURAL_API neural_status neural_avg_pool1d(neural_tensor *x, const neural_pool_options *options,
                                           neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_POOL_OPS_H_ */
