/* Convolutions. */
#include <strings.h>

#include "core/base/memory.h"
#include "layers/conv.h"
#include "model/layer_sizes.h"

enum { MAX_CHANNELS = 1 << 30, MAX_SIZE = 1 << 24 };

typedef neural_status create_function(const neural_conv_layer_options *options, neural_dtype dtype,
                                      uint64_t seed, neural_layer **out);

/* `pad` for outputs as large as the input, the odd element behind it (as PyTorch's). */
static neural_status pad_same(const neural_layer_call *call, neural_conv_layer_options *o) {
    if (o->stride[0] != 1 || o->stride[1] != 1) {
        return neural_layer_call_name(
            call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                               "pad=same needs stride 1, found stride=%lldx%lld",
                               (long long)o->stride[0], (long long)o->stride[1]));
    }
    for (int axis = 0; axis < 2; axis++) {
        const int64_t total = o->dilation[axis] * (o->kernel[axis] - 1);
        o->pad[axis] = total / 2;
        o->pad[axis + 2] = total - total / 2;
    }
    return NEURAL_OK;
}

static neural_status read_pad(neural_layer_call *call, int position, int may_be_same,
                              neural_conv_layer_options *o) {
    const char *text = NULL;
    int64_t pair[2] = {0, 0};
    NEURAL_TRY(neural_layer_text(call, position, "pad", &text));
    if (text && may_be_same && strcasecmp(text, "same") == 0) {
        return pad_same(call, o);
    }
    if (!text || (may_be_same && strcasecmp(text, "valid") == 0)) {
        return NEURAL_OK;
    }
    if (neural_layer_pair(call, position, "pad", 1, 0, MAX_SIZE, pair)) {
        return may_be_same ? neural_layer_call_name(
                                 call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                                                    "pad is %.40s, expected a size from 0 such as "
                                                    "1, height x width such as 1x2, same or valid",
                                                    text))
                           : NEURAL_ERR_INVALID_CONFIG;
    }
    o->pad[0] = o->pad[2] = pair[0];
    o->pad[1] = o->pad[3] = pair[1];
    return NEURAL_OK;
}

/* What all words have: OUT KERNEL [stride] [pad] [dilation] [groups] [bias]. */
static neural_status read_options(neural_layer_call *call, int may_be_same,
                                  neural_conv_layer_options *o) {
    *o = (neural_conv_layer_options){.stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .bias = 1};
    NEURAL_TRY(neural_layer_int(call, 0, "out", 1, MAX_CHANNELS, &o->out_channels));
    NEURAL_TRY(neural_layer_pair(call, 1, "kernel", 0, 1, MAX_SIZE, o->kernel));
    NEURAL_TRY(neural_layer_pair(call, 2, "stride", 1, 1, MAX_SIZE, o->stride));
    NEURAL_TRY(neural_layer_pair(call, 4, "dilation", 1, 1, MAX_SIZE, o->dilation));
    NEURAL_TRY(read_pad(call, 3, may_be_same, o));
    const char *groups = NULL;
    NEURAL_TRY(neural_layer_text(call, 5, "groups", &groups));
    if (groups) {
        NEURAL_TRY(neural_layer_int(call, 5, "groups", 1, MAX_CHANNELS, &o->groups));
    }
    return neural_layer_bool(call, 6, "bias", &o->bias);
}

static neural_status build(neural_layer_call *call, neural_layer_site *site, int axes,
                           neural_conv_layer_options *o, create_function *create,
                           neural_layer **out) {
    int64_t weights = 0;
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(neural_layer_site_image(site, call, axes));
    o->in_channels = site->shape.dim[0];
    neural_status status = neural_size_mul(o->out_channels, o->in_channels, &weights);
    for (int axis = 2 - axes; axis < 2 && !status; axis++) {
        status = neural_size_mul(weights, o->kernel[axis], &weights);
    }
    NEURAL_TRY(neural_layer_call_name(call, status));
    weights = weights / o->groups + (o->bias ? o->out_channels : 0);
    NEURAL_TRY(neural_layer_site_take(site, call, weights));
    return neural_layer_call_name(call, create(o, site->dtype, site->seed, out));
}

neural_status neural_build_conv2d(neural_layer_call *call, neural_layer_site *site,
                                  neural_layer **out) {
    neural_conv_layer_options o;
    NEURAL_TRY(read_options(call, 1, &o));
    return build(call, site, 2, &o, neural_conv2d_create, out);
}

neural_status neural_build_conv1d(neural_layer_call *call, neural_layer_site *site,
                                  neural_layer **out) {
    neural_conv_layer_options o;
    NEURAL_TRY(read_options(call, 1, &o));
    return build(call, site, 1, &o, neural_conv1d_create, out);
}

neural_status neural_build_conv_transpose2d(neural_layer_call *call, neural_layer_site *site,
                                            neural_layer **out) {
    neural_conv_layer_options o;
    NEURAL_TRY(read_options(call, 0, &o));
    NEURAL_TRY(neural_layer_pair(call, 7, "output_padding", 1, 0, MAX_SIZE, o.output_padding));
    return build(call, site, 2, &o, neural_conv_transpose2d_create, out);
}
