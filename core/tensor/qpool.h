/* Pooling of 8-bit images x [N, H, W, C], see core/tensor/qops.h. */
#ifndef CORE_TENSOR_QPOOL_H_
#define CORE_TENSOR_QPOOL_H_

#include "core/tensor/qops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pairs are down, then across, their meaning and the sides of the result those of
 * core/tensor/pool.h. */
typedef struct neural_qpool_args {
    int64_t n, h, w, c;
    int64_t window[2], stride[2], pad[2];
    int64_t dilation[2]; /* max; 0 counts as 1 */
    int ceil_mode;
    int count_include_pad; /* average */
    const void *x;
    neural_qformat x_format;
    void *y;
    neural_qformat y_format; /* average */
} neural_qpool_args;

/* The sides of the result. */
neural_status neural_qpool_sides(const neural_qpool_args *args, int64_t *oh, int64_t *ow);

/* The largest of each window, in x's format. */
neural_status neural_qmax_pool2d(const neural_qpool_args *args);

/* float(sum of (q - zx)) * (f / count), f = sx / sy rounded, count the divisor of avg_pool2d. */
neural_status neural_qavg_pool2d(const neural_qpool_args *args);

/* The same with the windows of adaptive_avg_pool2d for a result of oh x ow; 1 x 1 is the global
 * average. window, stride and pad are not read. */
neural_status neural_qadaptive_avg_pool2d(const neural_qpool_args *args, int64_t oh, int64_t ow);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_QPOOL_H_ */
