#include "layers/pool.h"

#include <stdio.h>

#include "layers/layer_type.h"

typedef struct pool_layer {
    neural_layer base;
    neural_pool_options options;
} pool_layer;

typedef struct adaptive_layer {
    neural_layer base;
    int64_t out[2];
} adaptive_layer;

static const neural_pool_options *options_of(const neural_layer *layer) {
    return &((const pool_layer *)layer)->options;
}

/* --- forward --- */

static neural_status max2d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return neural_max_pool2d(x, options_of(layer), out);
}

static neural_status avg2d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return neural_avg_pool2d(x, options_of(layer), out);
}

static neural_status max1d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return neural_max_pool1d(x, options_of(layer), out);
}

static neural_status avg1d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return neural_avg_pool1d(x, options_of(layer), out);
}

static neural_status adaptive_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const adaptive_layer *adaptive = (const adaptive_layer *)layer;
    return neural_adaptive_avg_pool2d(x, adaptive->out[0], adaptive->out[1], out);
}

/* --- shapes --- */

/* The last `sides` sizes of [C, ...] as pooling makes them. */
static neural_status pooled_shape(const neural_layer *layer, int sides, const neural_shape *in,
                                  neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim == sides + 1, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected %s", layer->type->name,
                   neural_shape_text(in, text, sizeof text),
                   sides == 2 ? "an image [C, H, W]" : "[C, L]");
    neural_shape shape = *in;
    for (int side = 0; side < sides; side++) {
        NEURAL_TRY(neural_pool_side(layer->type->name, options_of(layer), side, in,
                                    in->dim[1 + side], &shape.dim[1 + side]));
    }
    *out = shape;
    return NEURAL_OK;
}

static neural_status pool2d_shape(const neural_layer *layer, const neural_shape *in,
                                  neural_shape *out) {
    return pooled_shape(layer, 2, in, out);
}

static neural_status pool1d_shape(const neural_layer *layer, const neural_shape *in,
                                  neural_shape *out) {
    return pooled_shape(layer, 1, in, out);
}

static neural_status adaptive_shape(const neural_layer *layer, const neural_shape *in,
                                    neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim == 3, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected an image [C, H, W]", layer->type->name,
                   neural_shape_text(in, text, sizeof text));
    *out = *in;
    out->dim[1] = ((const adaptive_layer *)layer)->out[0];
    out->dim[2] = ((const adaptive_layer *)layer)->out[1];
    return NEURAL_OK;
}

/* --- descriptions, PyTorch's --- */

/* "3" or "(3, 2)" */
static const char *pair_text(const int64_t pair[2], int sides, char text[48]) {
    if (sides == 1 || pair[0] == pair[1]) {
        snprintf(text, 48, "%lld", (long long)pair[0]);
    } else {
        snprintf(text, 48, "(%lld, %lld)", (long long)pair[0], (long long)pair[1]);
    }
    return text;
}

static void describe(const neural_layer *layer, int sides, int is_max, char *text, int64_t bytes) {
    const neural_pool_options *o = options_of(layer);
    char window[48], stride[48], pad[48], dilation[48], head[200];
    snprintf(head, sizeof head, "kernel_size=%s, stride=%s, padding=%s",
             pair_text(o->window, sides, window), pair_text(o->stride, sides, stride),
             pair_text(o->pad, sides, pad));
    if (is_max) {
        snprintf(text, (size_t)bytes, "%s, dilation=%s, ceil_mode=%s", head,
                 pair_text(o->dilation, sides, dilation), o->ceil_mode ? "True" : "False");
    } else {
        snprintf(text, (size_t)bytes, "%s", head);
    }
}

static void max2d_describe(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, 2, 1, text, bytes);
}

static void avg2d_describe(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, 2, 0, text, bytes);
}

static void max1d_describe(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, 1, 1, text, bytes);
}

static void avg1d_describe(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, 1, 0, text, bytes);
}

static void adaptive_describe(const neural_layer *layer, char *text, int64_t bytes) {
    char size[48];
    snprintf(text, (size_t)bytes, "output_size=%s",
             pair_text(((const adaptive_layer *)layer)->out, 2, size));
}

/* --- kinds --- */

static const neural_layer_type max2d_type = {
    .name = "MaxPool2d",
    .forward = max2d_forward,
    .output_shape = pool2d_shape,
    .describe = max2d_describe,
};
static const neural_layer_type avg2d_type = {
    .name = "AvgPool2d",
    .forward = avg2d_forward,
    .output_shape = pool2d_shape,
    .describe = avg2d_describe,
};
static const neural_layer_type max1d_type = {
    .name = "MaxPool1d",
    .forward = max1d_forward,
    .output_shape = pool1d_shape,
    .describe = max1d_describe,
};
static const neural_layer_type avg1d_type = {
    .name = "AvgPool1d",
    .forward = avg1d_forward,
    .output_shape = pool1d_shape,
    .describe = avg1d_describe,
};
static const neural_layer_type adaptive_type = {
    .name = "AdaptiveAvgPool2d",
    .forward = adaptive_forward,
    .output_shape = adaptive_shape,
    .describe = adaptive_describe,
};

/* Fills in the defaults: stride as the window, dilation 1. */
static neural_status create(const neural_layer_type *type, int sides,
                            const neural_pool_options *options, neural_layer **out) {
    NEURAL_REQUIRE(options && out, NEURAL_ERR_NULL_POINTER, "%s: options and out must be given",
                   type->name);
    neural_pool_options full = *options;
    for (int side = 0; side < 2; side++) {
        full.stride[side] = full.stride[side] ? full.stride[side] : full.window[side];
        full.dilation[side] = full.dilation[side] ? full.dilation[side] : 1;
    }
    for (int side = 0; side < sides; side++) {
        const neural_shape any = {.ndim = 1, .dim = {INT64_C(1) << 30}}; /* every window fits */
        int64_t len;
        NEURAL_TRY(neural_pool_side(type->name, &full, side, &any, any.dim[0], &len));
    }
    NEURAL_TRY(neural_layer_create(type, sizeof(pool_layer), out));
    ((pool_layer *)*out)->options = full;
    return NEURAL_OK;
}

neural_status neural_max_pool2d_create(const neural_pool_options *options, neural_layer **out) {
    return create(&max2d_type, 2, options, out);
}

neural_status neural_avg_pool2d_create(const neural_pool_options *options, neural_layer **out) {
    return create(&avg2d_type, 2, options, out);
}

neural_status neural_max_pool1d_create(const neural_pool_options *options, neural_layer **out) {
    return create(&max1d_type, 1, options, out);
}

neural_status neural_avg_pool1d_create(const neural_pool_options *options, neural_layer **out) {
    return create(&avg1d_type, 1, options, out);
}

neural_status neural_adaptive_avg_pool2d_create(int64_t out_h, int64_t out_w, neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "AdaptiveAvgPool2d: out must be given");
    NEURAL_REQUIRE(out_h >= 1 && out_w >= 1 && out_h <= 1 << 30 && out_w <= 1 << 30,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "AdaptiveAvgPool2d: output_size is %lld x %lld, expected at least 1 x 1",
                   (long long)out_h, (long long)out_w);
    NEURAL_TRY(neural_layer_create(&adaptive_type, sizeof(adaptive_layer), out));
    ((adaptive_layer *)*out)->out[0] = out_h;
    ((adaptive_layer *)*out)->out[1] = out_w;
    return NEURAL_OK;
}

neural_pool_kind neural_pool2d_of(const neural_layer *layer, neural_pool_options *options,
                                  int64_t out[2]) {
    if (layer->type == &adaptive_type) {
        out[0] = ((const adaptive_layer *)layer)->out[0];
        out[1] = ((const adaptive_layer *)layer)->out[1];
        return NEURAL_POOL_ADAPTIVE_AVG;
    }
    if (layer->type != &max2d_type && layer->type != &avg2d_type) {
        return NEURAL_POOL_NONE;
    }
    *options = *options_of(layer);
    return layer->type == &max2d_type ? NEURAL_POOL_MAX : NEURAL_POOL_AVG;
}
