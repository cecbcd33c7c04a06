#include "layers/conv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/autograd/tape.h"
#include "core/tensor/conv2d.h"
#include "core/tensor/conv2d_sparse.h"
#include "core/tensor/storage.h"
#include "layers/fake_quant.h"
#include "layers/init.h"
#include "layers/layer_type.h"

/* Beyond any image: products and sums of a few of them stay in range. */
static const int64_t LARGEST = INT64_C(1) << 30;

typedef struct conv_layer {
    neural_layer base; /* parameter[0] is the weight, parameter[1] the bias */
    neural_conv_layer_options options;
    neural_linear_cache *cache; /* Conv2d: of a weight that is mostly 0 */
} conv_layer;

static const neural_conv_layer_options *options_of(const neural_layer *layer) {
    return &((const conv_layer *)layer)->options;
}

static neural_tensor *bias_of(const neural_layer *layer) {
    return layer->parameter_count > 1 ? layer->parameter[1]->value : NULL;
}

static neural_conv_options op_options(const neural_conv_layer_options *o, int relu) {
    return (neural_conv_options){.stride = {o->stride[0], o->stride[1]},
                                 .pad = {o->pad[0], o->pad[1], o->pad[2], o->pad[3]},
                                 .dilation = {o->dilation[0], o->dilation[1]},
                                 .groups = o->groups,
                                 .relu = relu};
}

/* --- forward --- */

typedef neural_status convolution(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                                  const neural_conv_options *options, neural_tensor **out);

/* Of a quantization aware layer on what the 8-bit layer will see of x and the weight. */
static neural_status convolve(neural_layer *layer, convolution *op, neural_tensor *x, int relu,
                              neural_tensor **out) {
    const neural_conv_options options = op_options(options_of(layer), relu);
    neural_tensor *input = NULL, *weight = NULL;
    NEURAL_TRY(neural_layer_fake_quantize(layer, x, &input, &weight));
    const neural_status status = op(input, weight, bias_of(layer), &options, out);
    neural_tensor_release(input);
    neural_tensor_release(weight);
    return status;
}

/* In evaluation, without gradients: *out is NULL where the dense convolution is the way to go. */
static neural_status conv2d_sparse(neural_layer *layer, neural_tensor *x, int relu,
                                   neural_tensor **out) {
    const neural_conv_layer_options *o = options_of(layer);
    neural_op_call call = {.name = "conv2d",
                           .inputs = 3,
                           .in = {x, layer->parameter[0]->value, bias_of(layer)},
                           .attrs.integer = {o->stride[0], o->stride[1], o->pad[0], o->pad[1],
                                             o->pad[2], o->pad[3], o->dilation[0], o->dilation[1],
                                             o->groups, relu}};
    return neural_conv2d_cached(((conv_layer *)layer)->cache, &call, out);
}

static neural_status conv2d(neural_layer *layer, neural_tensor *x, int relu, neural_tensor **out) {
    if (neural_layer_trains(layer)) {
        neural_linear_cache_clear(((conv_layer *)layer)->cache);
    } else if (!layer->input_range && !neural_grad_enabled()) {
        neural_tensor *y;
        NEURAL_TRY(conv2d_sparse(layer, x, relu, &y));
        if (y) {
            *out = y;
            return NEURAL_OK;
        }
    }
    return convolve(layer, neural_conv2d, x, relu, out);
}

static neural_status conv2d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return conv2d(layer, x, 0, out);
}

static neural_status conv2d_forward_relu(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **out) {
    return conv2d(layer, x, 1, out);
}

static neural_status conv1d(neural_layer *layer, neural_tensor *x, int relu, neural_tensor **out) {
    return convolve(layer, neural_conv1d, x, relu, out);
}

static neural_status conv1d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return conv1d(layer, x, 0, out);
}

static neural_status conv1d_forward_relu(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **out) {
    return conv1d(layer, x, 1, out);
}

static neural_status transpose(neural_layer *layer, neural_tensor *x, int relu,
                               neural_tensor **out) {
    const neural_conv_options options = op_options(options_of(layer), relu);
    return neural_conv_transpose2d(x, layer->parameter[0]->value, bias_of(layer), &options,
                                   options_of(layer)->output_padding, out);
}

static neural_status transpose_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return transpose(layer, x, 0, out);
}

static neural_status transpose_forward_relu(neural_layer *layer, neural_tensor *x,
                                            neural_tensor **out) {
    return transpose(layer, x, 1, out);
}

/* --- shapes --- */

static neural_status check_input(const neural_layer *layer, const neural_shape *in, int axes) {
    char text[NEURAL_SHAPE_TEXT];
    const int64_t channels = options_of(layer)->in_channels;
    NEURAL_REQUIRE(in->ndim == 1 + axes && in->dim[0] == channels, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected [%" PRId64 ", %s]", layer->type->name,
                   neural_shape_text(in, text, sizeof text), channels,
                   axes == 2 ? "height, width" : "length");
    return NEURAL_OK;
}

/* Elements from the first to the last tap. */
static int64_t extent(const neural_conv_layer_options *o, int axis) {
    return o->dilation[axis] * (o->kernel[axis] - 1) + 1;
}

static neural_status conv_size(const neural_layer *layer, int axis, int64_t in, int64_t *out) {
    const neural_conv_layer_options *o = options_of(layer);
    const int64_t padded = in + o->pad[axis] + o->pad[axis + 2];
    NEURAL_REQUIRE(padded >= extent(o, axis), NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the kernel covers %" PRId64 " elements, but the padded %s is %" PRId64
                   " + %" PRId64 " + %" PRId64,
                   layer->type->name, extent(o, axis), axis ? "width" : "height", in, o->pad[axis],
                   o->pad[axis + 2]);
    *out = (padded - extent(o, axis)) / o->stride[axis] + 1;
    return NEURAL_OK;
}

static neural_status conv2d_output_shape(const neural_layer *layer, const neural_shape *in,
                                         neural_shape *out) {
    int64_t dims[3] = {options_of(layer)->out_channels};
    NEURAL_TRY(check_input(layer, in, 2));
    NEURAL_TRY(conv_size(layer, 0, in->dim[1], &dims[1]));
    NEURAL_TRY(conv_size(layer, 1, in->dim[2], &dims[2]));
    return neural_shape_make(3, dims, out);
}

static neural_status conv1d_output_shape(const neural_layer *layer, const neural_shape *in,
                                         neural_shape *out) {
    int64_t dims[2] = {options_of(layer)->out_channels};
    NEURAL_TRY(check_input(layer, in, 1));
    NEURAL_TRY(conv_size(layer, 1, in->dim[1], &dims[1]));
    return neural_shape_make(2, dims, out);
}

static neural_status transpose_output_shape(const neural_layer *layer, const neural_shape *in,
                                            neural_shape *out) {
    const neural_conv_layer_options *o = options_of(layer);
    int64_t dims[3] = {o->out_channels};
    NEURAL_TRY(check_input(layer, in, 2));
    for (int axis = 0; axis < 2; axis++) {
        const int64_t size = in->dim[1 + axis], pads = o->pad[axis] + o->pad[axis + 2];
        NEURAL_REQUIRE(size < LARGEST, NEURAL_ERR_TENSOR_TOO_LARGE,
                       "%s: the image is %" PRId64 " wide or high", layer->type->name, size);
        dims[1 + axis] =
            (size - 1) * o->stride[axis] - pads + extent(o, axis) + o->output_padding[axis];
        NEURAL_REQUIRE(dims[1 + axis] >= 1, NEURAL_ERR_SHAPE_MISMATCH,
                       "%s: padding %" PRId64 " + %" PRId64 " leaves nothing of a %s of %" PRId64,
                       layer->type->name, o->pad[axis], o->pad[axis + 2], axis ? "width" : "height",
                       size);
    }
    return neural_shape_make(3, dims, out);
}

/* --- describe --- */

typedef struct buffer {
    char *text;
    size_t bytes, used;
} buffer;

__attribute__((format(printf, 2, 3))) static void append(buffer *line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(line->text + line->used, line->bytes - line->used, format, args);
    va_end(args);
    line->used +=
        (size_t)len < line->bytes - line->used ? (size_t)len : line->bytes - line->used - 1;
}

/* ", name=(3, 3)": the last `count` of the pair, as Python writes tuples. */
static void append_sizes(buffer *line, const char *name, const int64_t *pair, int count) {
    if (count == 1) {
        append(line, ", %s=(%" PRId64 ",)", name, pair[1]);
    } else {
        append(line, ", %s=(%" PRId64 ", %" PRId64 ")", name, pair[0], pair[1]);
    }
}

static void append_padding(buffer *line, const int64_t pad[4], int count) {
    if (pad[0] == pad[2] && pad[1] == pad[3]) {
        if (pad[0] || pad[1]) {
            append_sizes(line, "padding", pad, count);
        }
    } else if (count == 1) {
        append(line, ", padding=(%" PRId64 ", %" PRId64 ")", pad[1], pad[3]);
    } else {
        append(line, ", padding=(%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ")", pad[0],
               pad[1], pad[2], pad[3]);
    }
}

static void describe(const neural_layer *layer, char *text, int64_t bytes, int count) {
    const neural_conv_layer_options *o = options_of(layer);
    buffer line = {text, (size_t)bytes, 0};
    append(&line, "%" PRId64 ", %" PRId64, o->in_channels, o->out_channels);
    append_sizes(&line, "kernel_size", o->kernel, count);
    append_sizes(&line, "stride", o->stride, count);
    append_padding(&line, o->pad, count);
    if (o->output_padding[0] || o->output_padding[1]) {
        append_sizes(&line, "output_padding", o->output_padding, count);
    }
    if (o->dilation[0] != 1 || o->dilation[1] != 1) {
        append_sizes(&line, "dilation", o->dilation, count);
    }
    if (o->groups != 1) {
        append(&line, ", groups=%" PRId64, o->groups);
    }
    if (!bias_of(layer)) {
        append(&line, ", bias=False");
    }
}

static void describe_image(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, text, bytes, 2);
}

static void describe_signal(const neural_layer *layer, char *text, int64_t bytes) {
    describe(layer, text, bytes, 1);
}

/* --- the weight as [groups, in, out, rest] --- */

static void conv_weight_view(const neural_layer *layer, int64_t view[4]) {
    const int64_t out = options_of(layer)->out_channels;
    const int64_t rest = neural_tensor_len(layer->parameter[0]->value) / out;
    memcpy(view, (int64_t[4]){1, 1, out, rest}, 4 * sizeof *view);
}

static void transpose_weight_view(const neural_layer *layer, int64_t view[4]) {
    const neural_conv_layer_options *o = options_of(layer);
    memcpy(view,
           (int64_t[4]){o->groups, o->in_channels / o->groups, o->out_channels / o->groups,
                        o->kernel[0] * o->kernel[1]},
           4 * sizeof *view);
}

/* --- the kinds --- */

static void conv_destroy(neural_layer *layer) {
    neural_linear_cache_destroy(((conv_layer *)layer)->cache);
}

static const neural_layer_type conv2d_type = {
    .name = "Conv2d",
    .forward = conv2d_forward,
    .forward_relu = conv2d_forward_relu,
    .output_shape = conv2d_output_shape,
    .describe = describe_image,
    .weight_view = conv_weight_view,
    .fake_quantizes = 1,
    .destroy = conv_destroy,
};

static const neural_layer_type conv1d_type = {
    .name = "Conv1d",
    .forward = conv1d_forward,
    .forward_relu = conv1d_forward_relu,
    .output_shape = conv1d_output_shape,
    .describe = describe_signal,
    .weight_view = conv_weight_view,
    .fake_quantizes = 1,
};

static const neural_layer_type transpose_type = {
    .name = "ConvTranspose2d",
    .forward = transpose_forward,
    .forward_relu = transpose_forward_relu,
    .output_shape = transpose_output_shape,
    .describe = describe_image,
    .weight_view = transpose_weight_view,
};

/* --- creation --- */

/* Fills in what a kind of one axis does not read, and the ones. */
static neural_conv_layer_options completed(const neural_conv_layer_options *given, int axes) {
    neural_conv_layer_options o = *given;
    if (axes == 1) {
        o.kernel[0] = o.stride[0] = o.dilation[0] = 1;
        o.pad[0] = o.pad[2] = 0;
    }
    for (int i = 0; i < 2; i++) {
        o.stride[i] = o.stride[i] ? o.stride[i] : 1;
        o.dilation[i] = o.dilation[i] ? o.dilation[i] : 1;
    }
    o.groups = o.groups ? o.groups : 1;
    return o;
}

static neural_status check_range(const char *kind, const char *name, int64_t value, int64_t min) {
    NEURAL_REQUIRE(value >= min && value <= LARGEST, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %s is %" PRId64 ", expected %" PRId64 " to %" PRId64, kind, name, value,
                   min, LARGEST);
    return NEURAL_OK;
}

static neural_status check_options(const char *kind, const neural_conv_layer_options *o) {
    NEURAL_TRY(check_range(kind, "in_channels", o->in_channels, 1));
    NEURAL_TRY(check_range(kind, "out_channels", o->out_channels, 1));
    NEURAL_TRY(check_range(kind, "groups", o->groups, 1));
    for (int i = 0; i < 2; i++) {
        NEURAL_TRY(check_range(kind, "kernel_size", o->kernel[i], 1));
        NEURAL_TRY(check_range(kind, "stride", o->stride[i], 1));
        NEURAL_TRY(check_range(kind, "dilation", o->dilation[i], 1));
        NEURAL_TRY(check_range(kind, "padding", o->pad[i], 0));
        NEURAL_TRY(check_range(kind, "padding", o->pad[i + 2], 0));
        NEURAL_TRY(check_range(kind, "output_padding", o->output_padding[i], 0));
        NEURAL_REQUIRE(!o->output_padding[i] || o->output_padding[i] < o->stride[i] ||
                           o->output_padding[i] < o->dilation[i],
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: output_padding is %" PRId64 ", expected less than stride %" PRId64
                       " or dilation %" PRId64,
                       kind, o->output_padding[i], o->stride[i], o->dilation[i]);
    }
    NEURAL_REQUIRE(o->in_channels % o->groups == 0 && o->out_channels % o->groups == 0,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: groups is %" PRId64 ", expected a divisor of in_channels %" PRId64
                   " and out_channels %" PRId64,
                   kind, o->groups, o->in_channels, o->out_channels);
    return NEURAL_OK;
}

static neural_status add_parameters(neural_layer *layer, int axes, neural_dtype dtype) {
    const neural_conv_layer_options *o = options_of(layer);
    const int turned = layer->type == &transpose_type;
    int64_t dims[4] = {turned ? o->in_channels : o->out_channels,
                       (turned ? o->out_channels : o->in_channels) / o->groups, o->kernel[0],
                       o->kernel[1]};
    if (axes == 1) {
        dims[2] = o->kernel[1];
    }
    NEURAL_TRY(neural_layer_add_parameter(layer, "weight", 2 + axes, dims, dtype, 0));
    return o->bias ? neural_layer_add_parameter(layer, "bias", 1, &o->out_channels, dtype,
                                                NEURAL_PARAMETER_NO_DECAY)
                   : NEURAL_OK;
}

static neural_status create(const neural_layer_type *type, int axes,
                            const neural_conv_layer_options *options, neural_dtype dtype,
                            uint64_t seed, neural_layer **out) {
    NEURAL_REQUIRE(options && out, NEURAL_ERR_NULL_POINTER, "%s: options and out must be given",
                   type->name);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: dtype is %s, expected f32 or f64", type->name, neural_dtype_name(dtype));
    const neural_conv_layer_options filled = completed(options, axes);
    NEURAL_TRY(check_options(type->name, &filled));
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(type, sizeof(conv_layer), &layer));
    ((conv_layer *)layer)->options = filled;
    neural_status status = add_parameters(layer, axes, dtype);
    if (!status && type == &conv2d_type) {
        status = neural_linear_cache_create(&((conv_layer *)layer)->cache);
    }
    if (!status) {
        status = neural_init_layer(layer, NEURAL_INIT_DEFAULT, NEURAL_INIT_DEFAULT, seed);
    }
    if (status) {
        neural_layer_destroy(layer);
        return status;
    }
    *out = layer;
    return NEURAL_OK;
}

neural_status neural_conv2d_create(const neural_conv_layer_options *options, neural_dtype dtype,
                                   uint64_t seed, neural_layer **out) {
    return create(&conv2d_type, 2, options, dtype, seed, out);
}

neural_status neural_conv1d_create(const neural_conv_layer_options *options, neural_dtype dtype,
                                   uint64_t seed, neural_layer **out) {
    return create(&conv1d_type, 1, options, dtype, seed, out);
}

neural_status neural_conv_transpose2d_create(const neural_conv_layer_options *options,
                                             neural_dtype dtype, uint64_t seed,
                                             neural_layer **out) {
    return create(&transpose_type, 2, options, dtype, seed, out);
}

const neural_conv_layer_options *neural_conv2d_options(const neural_layer *layer) {
    return layer->type == &conv2d_type ? options_of(layer) : NULL;
}
