/* Fully connected layers, activations and dropout. */
#include "core/base/memory.h"
#include "core/base/random.h"
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "model/layer_builders.h"

enum { MAX_SIZE = 1000000000 };

static neural_status refuse_image(const neural_layer_site *site, const neural_layer_call *call) {
    char text[NEURAL_SHAPE_TEXT];
    if (!site->is_image || site->shape.ndim == 1) {
        return NEURAL_OK;
    }
    return neural_layer_call_name(
        call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                           "the input is the image %s, expected one row of numbers; put flatten "
                           "before it",
                           neural_shape_text(&site->shape, text, sizeof text)));
}

neural_status neural_build_linear(neural_layer_call *call, neural_layer_site *site,
                                  neural_layer **out) {
    int64_t features = 0, weights = 0;
    int bias = 1;
    NEURAL_TRY(neural_layer_int(call, 0, "out", 1, MAX_SIZE, &features));
    NEURAL_TRY(neural_layer_bool(call, 1, "bias", &bias));
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(refuse_image(site, call));
    const int64_t in = site->shape.dim[site->shape.ndim - 1];
    NEURAL_TRY(neural_layer_call_name(call, neural_size_mul(in + bias, features, &weights)));
    NEURAL_TRY(neural_layer_site_take(site, call, weights));
    return neural_layer_call_name(
        call, neural_linear_create(in, features, bias, site->dtype, site->seed, out));
}

/* Every dropout of a model draws from a seed of its own, made from the model's and its position. */
static uint64_t seed_of(const neural_layer_site *site) {
    const neural_random stream = {site->seed, NEURAL_RANDOM_DROPOUT, 0};
    uint32_t words[4];
    neural_random_block(&stream, (uint64_t)site->position, words);
    return (uint64_t)words[1] << 32 | words[0];
}

typedef neural_status create_dropout(double p, uint64_t seed, neural_layer **out);

static neural_status build_dropout(neural_layer_call *call, const neural_layer_site *site,
                                   create_dropout *create, neural_layer **out) {
    double p = 0;
    NEURAL_TRY(neural_layer_float(call, 0, "p", 0, &p));
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_REQUIRE(p >= 0 && p < 1, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): p is %g, expected a number from 0 to below 1", call->number,
                   call->word, p);
    return neural_layer_call_name(call, create(p, seed_of(site), out));
}

neural_status neural_build_dropout(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    return build_dropout(call, site, neural_dropout_create, out);
}

neural_status neural_build_dropout2d(neural_layer_call *call, neural_layer_site *site,
                                     neural_layer **out) {
    return build_dropout(call, site, neural_dropout2d_create, out);
}

neural_status neural_build_activation(neural_layer_call *call, neural_layer_site *site,
                                      neural_layer **out) {
    (void)site;
    neural_activation activation;
    double alpha = 0, beta = 0;
    NEURAL_TRY(neural_layer_call_name(call, neural_activation_parse(call->word, &activation)));
    switch (activation) {
    case NEURAL_ACTIVATION_LEAKY_RELU:
        alpha = 0.01;
        NEURAL_TRY(neural_layer_float(call, 0, "alpha", 1, &alpha));
        break;
    case NEURAL_ACTIVATION_ELU:
        alpha = 1;
        NEURAL_TRY(neural_layer_float(call, 0, "alpha", 1, &alpha));
        break;
    case NEURAL_ACTIVATION_HARDTANH:
        alpha = -1;
        beta = 1;
        NEURAL_TRY(neural_layer_float(call, 0, "low", 1, &alpha));
        NEURAL_TRY(neural_layer_float(call, 1, "high", 1, &beta));
        NEURAL_REQUIRE(alpha <= beta, NEURAL_ERR_INVALID_CONFIG,
                       "layer %d (hardtanh): low is %g and high is %g, expected low <= high",
                       call->number, alpha, beta);
        break;
    default:
        break;
    }
    NEURAL_TRY(neural_layer_call_finish(call));
    return neural_layer_call_name(call,
                                  neural_activation_create_with(activation, alpha, beta, out));
}
