#include "layers/linear.h"

#include <stdio.h>
#include <string.h>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/tensor/linear_cache.h"
#include "layers/fake_quant.h"
#include "layers/init.h"
#include "layers/layer_type.h"

typedef struct linear_layer {
    neural_layer base; /* parameter[0] is the weight, parameter[1] the bias */
    int64_t in_features, out_features;
    neural_linear_cache *cache;
} linear_layer;

static neural_tensor *bias_of(const neural_layer *layer) {
    return layer->parameter_count > 1 ? layer->parameter[1]->value : NULL;
}

/* On what the 8-bit layer will see of x and the weight. */
static neural_status forward_quantized(neural_layer *layer, neural_tensor *x, int relu,
                                       neural_tensor **out) {
    neural_tensor *input = NULL, *weight = NULL;
    NEURAL_TRY(neural_layer_fake_quantize(layer, x, &input, &weight));
    const neural_status status =
        (relu ? neural_linear_relu : neural_linear)(input, weight, bias_of(layer), out);
    neural_tensor_release(input);
    neural_tensor_release(weight);
    return status;
}

static neural_status forward(neural_layer *layer, neural_tensor *x, int relu, neural_tensor **out) {
    if (layer->input_range) {
        return forward_quantized(layer, x, relu, out);
    }
    neural_linear_cache *cache = ((linear_layer *)layer)->cache;
    neural_tensor *weight = layer->parameter[0]->value, *bias = bias_of(layer);
    if (neural_layer_trains(layer)) {
        neural_linear_cache_clear(cache);
    } else if (!neural_grad_enabled()) {
        neural_tensor *y;
        NEURAL_TRY(neural_linear_cache_multiply(cache, x, weight, bias, relu, &y));
        if (y) {
            *out = y;
            return NEURAL_OK;
        }
    }
    return (relu ? neural_linear_relu : neural_linear)(x, weight, bias, out);
}

static neural_status linear_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    return forward(layer, x, 0, out);
}

static neural_status linear_forward_relu(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **out) {
    return forward(layer, x, 1, out);
}

static void linear_destroy(neural_layer *layer) {
    neural_linear_cache_destroy(((linear_layer *)layer)->cache);
}

static neural_status linear_output_shape(const neural_layer *layer, const neural_shape *in,
                                         neural_shape *out) {
    const linear_layer *linear = (const linear_layer *)layer;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim >= 1 && in->dim[in->ndim - 1] == linear->in_features,
                   NEURAL_ERR_SHAPE_MISMATCH, "Linear: the input is %s, expected [*, %lld]",
                   neural_shape_text(in, text, sizeof text), (long long)linear->in_features);
    *out = *in;
    out->dim[in->ndim - 1] = linear->out_features;
    return NEURAL_OK;
}

static void linear_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const linear_layer *linear = (const linear_layer *)layer;
    snprintf(text, (size_t)bytes, "in_features=%lld, out_features=%lld, bias=%s",
             (long long)linear->in_features, (long long)linear->out_features,
             bias_of(layer) ? "True" : "False");
}

static void linear_weight_view(const neural_layer *layer, int64_t view[4]) {
    const linear_layer *linear = (const linear_layer *)layer;
    memcpy(view, (int64_t[4]){1, 1, linear->out_features, linear->in_features}, 4 * sizeof *view);
}

static const neural_layer_type linear_type = {
    .name = "Linear",
    .forward = linear_forward,
    .forward_relu = linear_forward_relu,
    .output_shape = linear_output_shape,
    .describe = linear_describe,
    .weight_view = linear_weight_view,
    .destroy = linear_destroy,
    .fake_quantizes = 1,
};

neural_status neural_linear_create(int64_t in_features, int64_t out_features, int bias,
                                   neural_dtype dtype, uint64_t seed, neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "linear_create: out must be given");
    NEURAL_REQUIRE(in_features >= 1 && out_features >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "linear_create: in_features is %lld and out_features %lld, expected at least 1",
                   (long long)in_features, (long long)out_features);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "linear_create: dtype is %s, expected f32 or f64", neural_dtype_name(dtype));
    const int64_t dims[2] = {out_features, in_features};
    neural_layer *layer = NULL;
    NEURAL_TRY(neural_layer_create(&linear_type, sizeof(linear_layer), &layer));
    ((linear_layer *)layer)->in_features = in_features;
    ((linear_layer *)layer)->out_features = out_features;
    neural_status status = neural_linear_cache_create(&((linear_layer *)layer)->cache);
    if (!status) {
        status = neural_layer_add_parameter(layer, "weight", 2, dims, dtype, 0);
    }
    if (!status && bias) {
        status =
            neural_layer_add_parameter(layer, "bias", 1, dims, dtype, NEURAL_PARAMETER_NO_DECAY);
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

int neural_linear_is(const neural_layer *layer) {
    return layer->type == &linear_type;
}
