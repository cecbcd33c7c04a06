#include "model/quantized_layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"

neural_quantized_row neural_quantized_row_of(const neural_shape *shape, neural_qformat format) {
    neural_quantized_row row = {.shape = *shape, .channels = neural_shape_len(shape), .plane = 1};
    if (shape->ndim == 3) {
        row.channels = shape->dim[0];
        row.plane = shape->dim[1] * shape->dim[2];
    }
    row.format = format;
    return row;
}

/* --- in and out --- */

static neural_status new_rows(int64_t n, const neural_quantized_row *row, neural_dtype dtype,
                              neural_tensor **out) {
    neural_shape shape = {.ndim = 2, .dim = {n, neural_shape_len(&row->shape)}};
    if (dtype == NEURAL_DTYPE_F32) {
        shape.ndim = 1 + row->shape.ndim;
        memcpy(&shape.dim[1], row->shape.dim, (size_t)row->shape.ndim * sizeof shape.dim[0]);
    }
    return neural_tensor_like_shape(&shape, dtype, out);
}

static neural_status check_input(const neural_quantized_layer *layer, const neural_tensor *x) {
    char given[NEURAL_SHAPE_TEXT], row[NEURAL_SHAPE_TEXT];
    const int64_t len = neural_shape_len(&layer->x.shape);
    NEURAL_REQUIRE(x->shape.ndim >= 1 && x->len == x->shape.dim[0] * len, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected rows of %s", layer->base.type->name,
                   neural_shape_text(&x->shape, given, sizeof given),
                   neural_shape_text(&layer->x.shape, row, sizeof row));
    NEURAL_REQUIRE(x->dtype == NEURAL_DTYPE_U8 || x->dtype == NEURAL_DTYPE_F32,
                   NEURAL_ERR_INVALID_DTYPE, "%s: the input is %s, expected u8 or f32",
                   layer->base.type->name, neural_dtype_name(x->dtype));
    return NEURAL_OK;
}

neural_status neural_quantized_take(const neural_quantized_layer *layer, neural_tensor *x,
                                    neural_tensor **out) {
    NEURAL_TRY(check_input(layer, x));
    if (x->dtype == NEURAL_DTYPE_U8) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    const neural_quantized_row *row = &layer->x;
    neural_tensor *dense = NULL, *rows = NULL;
    NEURAL_TRY(neural_tensor_contiguous(x, &dense));
    const int64_t n = x->shape.dim[0];
    neural_status status = new_rows(n, row, NEURAL_DTYPE_U8, &rows);
    if (!status) {
        status = neural_quantize_nhwc(neural_tensor_f32(dense), n, row->channels, row->plane,
                                      &row->format, rows->data);
    }
    neural_tensor_release(dense);
    if (status) {
        neural_tensor_release(rows);
        return status;
    }
    *out = rows;
    return NEURAL_OK;
}

neural_status neural_quantized_give(const neural_quantized_layer *layer, neural_tensor *y,
                                    neural_tensor **out) {
    if (!layer->gives_f32 || y->dtype == NEURAL_DTYPE_F32) {
        *out = y;
        return NEURAL_OK;
    }
    const neural_quantized_row *row = &layer->y;
    const int64_t n = y->shape.dim[0];
    neural_tensor *rows = NULL;
    neural_status status = new_rows(n, row, NEURAL_DTYPE_F32, &rows);
    if (!status) {
        status = neural_dequantize_nchw(y->data, n, row->channels, row->plane, &row->format,
                                        neural_tensor_f32(rows));
    }
    neural_tensor_release(y);
    if (status) {
        neural_tensor_release(rows);
        return status;
    }
    *out = rows;
    return NEURAL_OK;
}

static neural_status forward(neural_layer *base, neural_tensor *x, neural_tensor **out) {
    const neural_quantized_layer *layer = (const neural_quantized_layer *)base;
    neural_tensor *taken = NULL, *y = NULL;
    NEURAL_TRY(neural_quantized_take(layer, x, &taken));
    if (!layer->run) {
        return neural_quantized_give(layer, taken, out);
    }
    const int64_t n = x->shape.dim[0];
    neural_status status =
        new_rows(n, &layer->y, layer->runs_to_f32 ? NEURAL_DTYPE_F32 : NEURAL_DTYPE_U8, &y);
    if (!status) {
        status = layer->run(layer, n, taken->data, y->data);
    }
    neural_tensor_release(taken);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    return neural_quantized_give(layer, y, out);
}

static neural_status output_shape(const neural_layer *base, const neural_shape *in,
                                  neural_shape *out) {
    const neural_quantized_layer *layer = (const neural_quantized_layer *)base;
    char given[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_shape_equal(in, &layer->x.shape), NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected %s", base->type->name,
                   neural_shape_text(in, given, sizeof given),
                   neural_shape_text(&layer->x.shape, want, sizeof want));
    *out = layer->y.shape;
    return NEURAL_OK;
}

static void describe(const neural_layer *base, char *text, int64_t bytes) {
    const neural_quantized_layer *layer = (const neural_quantized_layer *)base;
    char in[NEURAL_SHAPE_TEXT], out[NEURAL_SHAPE_TEXT];
    snprintf(text, (size_t)bytes, "%s to %s, scale=%g, zero_point=%d%s",
             neural_shape_text(&layer->x.shape, in, sizeof in),
             neural_shape_text(&layer->y.shape, out, sizeof out), (double)layer->y.format.scale,
             layer->y.format.zero_point, layer->relu ? ", relu" : "");
}

static void destroy(neural_layer *base) {
    neural_qconv2d_destroy(((neural_quantized_layer *)base)->conv);
}

#define QUANTIZED_TYPE(layer)                                                                      \
    {                                                                                              \
        .name = "Quantized" layer, .forward = forward, .output_shape = output_shape,               \
        .describe = describe, .destroy = destroy                                                   \
    }

static neural_status create(const neural_layer_type *type, const neural_quantized_row *x,
                            const neural_quantized_row *y, neural_quantized_layer **out) {
    neural_layer *base = NULL;
    NEURAL_TRY(neural_layer_create(type, sizeof(neural_quantized_layer), &base));
    neural_quantized_layer *layer = (neural_quantized_layer *)base;
    layer->x = *x;
    layer->y = *y;
    *out = layer;
    return NEURAL_OK;
}

/* --- Linear and Conv2d --- */

static neural_status run_linear(const neural_quantized_layer *layer, int64_t n, const void *x,
                                void *y) {
    return neural_qlinear_run(layer->conv, n, x, y);
}

static neural_status run_conv2d(const neural_quantized_layer *layer, int64_t n, const void *x,
                                void *y) {
    return neural_qconv2d_run(layer->conv, n, layer->x.shape.dim[1], layer->x.shape.dim[2], x, y);
}

neural_status neural_quantized_product_create(const neural_quantized_row *x,
                                              const neural_quantized_row *y,
                                              const neural_layer *from,
                                              neural_quantized_layer **out) {
    static const neural_layer_type linear = QUANTIZED_TYPE("Linear");
    static const neural_layer_type conv2d = QUANTIZED_TYPE("Conv2d");
    const neural_conv_layer_options *options = neural_conv2d_options(from);
    NEURAL_TRY(create(options ? &conv2d : &linear, x, y, out));
    (*out)->run = options ? run_conv2d : run_linear;
    (*out)->can_relu = 1;
    if (options) {
        (*out)->options = *options;
    }
    return NEURAL_OK;
}

/* The s32 of a bias that is added to the sums; far beyond what a u8 result can show it ends. */
static int32_t round_bias(double bias) {
    static const double limit = 1 << 30;
    return (int32_t)rint(fmin(fmax(bias, -limit), limit));
}

/* Scales and bias of the results, in the units that the products want. */
static void set_units(const neural_quantized_layer *layer, const neural_quantized_weights *weights,
                      float *scales, void *bias) {
    const double sx = layer->x.format.scale, sy = layer->y.format.scale;
    for (int64_t i = 0; i < weights->filters; i++) {
        const double unit = sx * weights->scales[i], b = weights->bias ? weights->bias[i] : 0;
        if (layer->runs_to_f32) {
            scales[i] = (float)unit;
            ((float *)bias)[i] = (float)b;
        } else {
            scales[i] = (float)(unit / sy);
            ((int32_t *)bias)[i] = round_bias(b / unit);
        }
    }
}

/* The weights [filters, channels, plane] of a flattened image as it lies: [filters, plane,
 * channels]. */
static void turn_weights(const neural_quantized_layer *layer,
                         const neural_quantized_weights *weights, int8_t *to) {
    const int64_t channels = layer->x.channels, plane = layer->x.plane;
    for (int64_t f = 0; f < weights->filters; f++, to += weights->fan_in) {
        const int8_t *from = weights->weight + f * weights->fan_in;
        for (int64_t p = 0; p < plane; p++) {
            for (int64_t c = 0; c < channels; c++) {
                to[p * channels + c] = from[c * plane + p];
            }
        }
    }
}

static neural_qconv2d_options product_options(const neural_quantized_layer *layer) {
    const neural_conv_layer_options *conv = &layer->options;
    neural_qconv2d_options o = {.channels = conv->in_channels,
                                .filters = conv->out_channels,
                                .groups = conv->groups,
                                .x_zero_point = layer->x.format.zero_point,
                                .y_zero_point = layer->y.format.zero_point,
                                .relu = layer->relu};
    memcpy(o.kernel, conv->kernel, sizeof o.kernel);
    memcpy(o.stride, conv->stride, sizeof o.stride);
    memcpy(o.dilation, conv->dilation, sizeof o.dilation);
    memcpy(o.pad, conv->pad, sizeof o.pad);
    o.output = layer->runs_to_f32 ? NEURAL_QGEMM_F32 : NEURAL_QGEMM_U8;
    return o;
}

neural_status neural_quantized_pack(neural_quantized_layer *layer,
                                    const neural_quantized_weights *weights) {
    const int is_linear = layer->run == run_linear, is_turned = is_linear && layer->x.plane > 1;
    const int64_t filters = weights->filters, fan_in = weights->fan_in;
    char *scratch = neural_alloc((size_t)(filters * (8 + (is_turned ? fan_in : 0)) + 1));
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", layer->base.type->name);
    float *scales = (float *)(void *)scratch;
    int8_t *turned = (int8_t *)(scratch + 8 * filters);
    layer->runs_to_f32 = is_linear && layer->gives_f32;
    neural_qconv2d_options o = product_options(layer);
    o.weight = is_turned ? turned : weights->weight;
    o.scales = scales;
    o.bias = scales + filters;
    if (is_turned) {
        turn_weights(layer, weights, turned);
    }
    set_units(layer, weights, scales, scales + filters);
    const neural_status status = is_linear
                                     ? neural_qlinear_create(fan_in, filters, &o, &layer->conv)
                                     : neural_qconv2d_create(&o, &layer->conv);
    neural_free(scratch);
    return status;
}

/* --- pools, activations, Flatten --- */

static neural_status run_pool(const neural_quantized_layer *layer, int64_t n, const void *x,
                              void *y) {
    neural_qpool_args args = layer->pool_args;
    args.n = n;
    args.x = x;
    args.y = y;
    switch (layer->pool) {
    case NEURAL_POOL_MAX:
        return neural_qmax_pool2d(&args);
    case NEURAL_POOL_AVG:
        return neural_qavg_pool2d(&args);
    default:
        return neural_qadaptive_avg_pool2d(&args, layer->y.shape.dim[1], layer->y.shape.dim[2]);
    }
}

neural_status neural_quantized_pool_create(const neural_quantized_row *x,
                                           const neural_quantized_row *y, const neural_layer *pool,
                                           neural_quantized_layer **out) {
    static const neural_layer_type types[] = {
        [NEURAL_POOL_MAX] = QUANTIZED_TYPE("MaxPool2d"),
        [NEURAL_POOL_AVG] = QUANTIZED_TYPE("AvgPool2d"),
        [NEURAL_POOL_ADAPTIVE_AVG] = QUANTIZED_TYPE("AdaptiveAvgPool2d"),
    };
    neural_pool_options o = {0};
    int64_t sides[2];
    const neural_pool_kind kind = neural_pool2d_of(pool, &o, sides);
    NEURAL_TRY(create(&types[kind], x, y, out));
    (*out)->run = run_pool;
    (*out)->pool = kind;
    (*out)->pool_args = (neural_qpool_args){.h = x->shape.dim[1],
                                            .w = x->shape.dim[2],
                                            .c = x->channels,
                                            .window = {o.window[0], o.window[1]},
                                            .stride = {o.stride[0], o.stride[1]},
                                            .pad = {o.pad[0], o.pad[1]},
                                            .dilation = {o.dilation[0], o.dilation[1]},
                                            .ceil_mode = o.ceil_mode,
                                            .count_include_pad = !o.count_exclude_pad,
                                            .x_format = x->format,
                                            .y_format = y->format};
    return NEURAL_OK;
}

static neural_status run_lookup(const neural_quantized_layer *layer, int64_t n, const void *x,
                                void *y) {
    return neural_qlookup(x, n * neural_shape_len(&layer->x.shape), layer->table, y);
}

neural_status neural_quantized_lookup_create(const neural_quantized_row *x,
                                             const neural_quantized_row *y,
                                             const uint8_t table[256],
                                             neural_quantized_layer **out) {
    static const neural_layer_type type = QUANTIZED_TYPE("Activation");
    NEURAL_TRY(create(&type, x, y, out));
    (*out)->run = run_lookup;
    memcpy((*out)->table, table, sizeof(*out)->table);
    return NEURAL_OK;
}

neural_status neural_quantized_flatten_create(const neural_quantized_row *x,
                                              const neural_quantized_row *y,
                                              neural_quantized_layer **out) {
    static const neural_layer_type type = QUANTIZED_TYPE("Flatten");
    return create(&type, x, y, out);
}

/* --- nothing --- */

static neural_status identity_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    (void)layer;
    *out = neural_tensor_retain(x);
    return NEURAL_OK;
}

neural_status neural_quantized_identity_create(neural_layer **out) {
    static const neural_layer_type type = {
        .name = "Identity", .forward = identity_forward, .passes_through = 1};
    return neural_layer_create(&type, sizeof(neural_layer), out);
}
