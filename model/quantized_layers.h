/* Layers that compute in 8 bits, made from core/tensor's operations. They stand in the places of
 * the f32 layers they were made from.
 *
 * Between them flow u8 tensors [N, elements of a row], in a row the channels of a pixel side by
 * side (NHWC). What comes in as f32 is quantized first; what the layer behind wants as f32 is
 * dequantized, in PyTorch's order. For evaluation alone: nothing is recorded. */
#ifndef MODEL_QUANTIZED_LAYERS_H_
#define MODEL_QUANTIZED_LAYERS_H_

#include "core/tensor/qconv2d.h"
#include "core/tensor/qpool.h"
#include "layers/conv.h"
#include "layers/layer_type.h"
#include "layers/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One row of numbers: its shape as f32 layers see it, and how 8-bit layers hold it. */
typedef struct neural_quantized_row {
    neural_shape shape;      /* [C, H, W] or [F] */
    int64_t channels, plane; /* in memory [plane, channels]; [F] may have been an image */
    neural_qformat format;
} neural_quantized_row;

/* Images by their channels, anything else as one pixel. */
neural_quantized_row neural_quantized_row_of(const neural_shape *shape, neural_qformat format);

/* s8 weights in the f32 layer's order with a scale for each filter; bias f32 or NULL. */
typedef struct neural_quantized_weights {
    const int8_t *weight;
    const float *scales, *bias;
    int64_t filters, fan_in; /* fan_in: weights of each filter */
} neural_quantized_weights;

/* Begins with a neural_layer; destroyed as one. */
typedef struct neural_quantized_layer neural_quantized_layer;
struct neural_quantized_layer {
    neural_layer base;
    neural_quantized_row x, y;
    int can_relu, relu; /* not below 0 */
    int gives_f32;      /* the layer behind wants f32 */
    int runs_to_f32;    /* run writes f32: Linear that gives it; others dequantize */
    /* y from x, contiguous rows; NULL: the bytes stay */
    neural_status (*run)(const neural_quantized_layer *layer, int64_t n, const void *x, void *y);
    neural_conv_layer_options options; /* Conv2d */
    neural_qconv2d *conv;              /* packed weights of Linear and Conv2d */
    neural_pool_kind pool;
    neural_qpool_args pool_args; /* but for the rows */
    uint8_t table[256];          /* of an activation */
};

/* From a Linear or Conv2d. The weights are packed by _pack, when relu, gives_f32 and y.format are
 * final. */
neural_status neural_quantized_product_create(const neural_quantized_row *x,
                                              const neural_quantized_row *y,
                                              const neural_layer *from,
                                              neural_quantized_layer **out);
neural_status neural_quantized_pack(neural_quantized_layer *layer,
                                    const neural_quantized_weights *weights);

/* MaxPool2d, AvgPool2d, AdaptiveAvgPool2d. */
neural_status neural_quantized_pool_create(const neural_quantized_row *x,
                                           const neural_quantized_row *y, const neural_layer *pool,
                                           neural_quantized_layer **out);

/* An activation by its table, in x's order. */
neural_status neural_quantized_lookup_create(const neural_quantized_row *x,
                                             const neural_quantized_row *y,
                                             const uint8_t table[256],
                                             neural_quantized_layer **out);
neural_status neural_quantized_flatten_create(const neural_quantized_row *x,
                                              const neural_quantized_row *y,
                                              neural_quantized_layer **out);

/* For a layer that does nothing in evaluation, or is part of the one before. */
neural_status neural_quantized_identity_create(neural_layer **out);

/* Residual or Concat: takes over the converted children of `from`; parts are their results, of a
 * Residual without a shortcut also x. */
neural_status neural_quantized_block_create(neural_layer *from, const neural_quantized_row *x,
                                            const neural_quantized_row *y,
                                            const neural_quantized_row *parts,
                                            neural_quantized_layer **out);

/* x of a layer as u8 [N, elements]: a new reference, or quantized. NEURAL_ERR_SHAPE_MISMATCH. */
neural_status neural_quantized_take(const neural_quantized_layer *layer, neural_tensor *x,
                                    neural_tensor **out);
/* The result u8 [N, elements], which is taken over, as the layer behind wants it. */
neural_status neural_quantized_give(const neural_quantized_layer *layer, neural_tensor *y,
                                    neural_tensor **out);

/* f32 in, f32 out: Linear whose rows are quantized by their own range, and Embedding. The weights
 * are copied. */
neural_status neural_quantized_dynamic_create(const neural_quantized_weights *weights,
                                              neural_layer **out);
neural_status neural_quantized_embedding_create(const neural_quantized_weights *weights,
                                                neural_layer **out);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_QUANTIZED_LAYERS_H_ */
