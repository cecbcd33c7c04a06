/* Normalizations. Parameters weight (gamma, ones at first) and bias (beta, zeros), both exempt from
 * weight decay; eps stands under the root. */
#ifndef LAYERS_NORM_H_
#define LAYERS_NORM_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* momentum of a running statistic that is the plain mean over all batches */
#define NEURAL_NORM_CUMULATIVE (-1.0)

typedef struct neural_batch_norm_options {
    int dims;                /* 1: BatchNorm1d, 2: BatchNorm2d; only the name differs */
    double eps, momentum;    /* 1e-5; 0.1, in [0, 1], or NEURAL_NORM_CUMULATIVE */
    int affine;              /* weight and bias [channels] */
    int track_running_stats; /* buffers running_mean, running_var, num_batches_tracked */
} neural_batch_norm_options;

/* (Ioffe & Szegedy 2015) Over x [N, channels, ...]. Training: statistics of the batch, which must
 * have more than one value per channel; they enter the running ones. Evaluation: the running
 * statistics; without them those of the batch. NULL: PyTorch's defaults, the values above with
 * dims 1. The buffers have the layer's dtype, num_batches_tracked too. */
NEURAL_API neural_status neural_batch_norm_create(int64_t channels,
                                                  const neural_batch_norm_options *options,
                                                  neural_dtype dtype, neural_layer **out);

/* 1 when the layer normalizes by statistics of the batch while it trains. */
int neural_batch_norm_trains_on_batch(const neural_layer *layer);

/* For folding into the layer before: 1 and its eps when the layer is a batch norm with running
 * statistics, else 0. */
int neural_batch_norm_is(const neural_layer *layer, double *eps);

/* (Ba, Kiros & Hinton 2016) Over the last `ndim` dimensions, which must be dims; weight and bias
 * have their shape. */
NEURAL_API neural_status neural_layer_norm_create(int ndim, const int64_t *dims, double eps,
                                                  int affine, int bias, neural_dtype dtype,
                                                  neural_layer **out);

/* (Zhang & Sennrich 2019) Likewise, without mean and bias. eps 0: the dtype's machine epsilon. */
NEURAL_API neural_status neural_rms_norm_create(int ndim, const int64_t *dims, double eps,
                                                int affine, neural_dtype dtype, neural_layer **out);

/* (Wu & He 2018) Over x [N, channels, ...] in `groups` groups of channels. */
NEURAL_API neural_status neural_group_norm_create(int64_t groups, int64_t channels, double eps,
                                                  int affine, neural_dtype dtype,
                                                  neural_layer **out);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_NORM_H_ */
