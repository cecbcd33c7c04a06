/* Pooling layers over images [N, C, H, W]; layers have no parameters. */
#ifndef LAYERS_POOL_H_
#define LAYERS_POOL_H_

#include "core/autograd/pool_ops.h"
#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* MaxPool2d, AvgPool2d as PyTorch's: options as core/autograd/pool_ops.h has them. */
NEURAL_API neural_status neural_max_pool2d_create(const neural_pool_options *options,
                                                  neural_layer **out);
NEURAL_API neural_status neural_avg_pool2d_create(const neural_pool_options *options,
                                                  neural_layer **out);

/* MaxPool1d, AvgPool1d over [N, C, L]: the first number of each pair counts. */
NEURAL_API neural_status neural_max_pool1d_create(const neural_pool_options *options,
                                                  neural_layer **out);
NEURAL_API neural_status neural_avg_pool1d_create(const neural_pool_options *options,
                                                  neural_layer **out);

/* AdaptiveAvgPool2d: planes of out_h x out_w; 1 x 1 is global average pooling. */
NEURAL_API neural_status neural_adaptive_avg_pool2d_create(int64_t out_h, int64_t out_w,
                                                           neural_layer **out);

typedef enum neural_pool_kind {
    NEURAL_POOL_NONE = 0, /* no pooling of images */
    NEURAL_POOL_MAX = 1,
    NEURAL_POOL_AVG = 2,
    NEURAL_POOL_ADAPTIVE_AVG = 3
} neural_pool_kind;

/* Which pooling of images a layer is; of MAX and AVG *options, of ADAPTIVE_AVG out. */
neural_pool_kind neural_pool2d_of(const neural_layer *layer, neural_pool_options *options,
                                  int64_t out[2]);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_POOL_H_ */
