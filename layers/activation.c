#include "layers/activation.h"

#include <stdio.h>
#include <strings.h>

#include "core/autograd/ops.h"
#include "core/base/suggest.h"
#include "layers/layer_type.h"

typedef struct activation_layer {
    neural_layer base;
    neural_activation activation;
    double alpha, beta;
} activation_layer;

static neural_status apply(neural_activation activation, double alpha, double beta,
                           neural_tensor *x, neural_tensor **out) {
    switch (activation) {
    case NEURAL_ACTIVATION_RELU:
        return neural_relu(x, out);
    case NEURAL_ACTIVATION_LEAKY_RELU:
        return neural_leaky_relu(x, alpha, out);
    case NEURAL_ACTIVATION_SIGMOID:
        return neural_sigmoid(x, out);
    case NEURAL_ACTIVATION_TANH:
        return neural_tanh(x, out);
    case NEURAL_ACTIVATION_SOFTMAX:
        return neural_softmax(x, -1, out);
    case NEURAL_ACTIVATION_GELU:
        return neural_gelu(x, out);
    case NEURAL_ACTIVATION_GELU_TANH:
        return neural_gelu_tanh(x, out);
    case NEURAL_ACTIVATION_SILU:
        return neural_silu(x, out);
    case NEURAL_ACTIVATION_ELU:
        return neural_elu(x, alpha, out);
    case NEURAL_ACTIVATION_SELU:
        return neural_selu(x, out);
    case NEURAL_ACTIVATION_MISH:
        return neural_mish(x, out);
    case NEURAL_ACTIVATION_HARDSWISH:
        return neural_hardswish(x, out);
    case NEURAL_ACTIVATION_SOFTPLUS:
        return neural_softplus(x, out);
    case NEURAL_ACTIVATION_HARDTANH:
        return neural_hardtanh(x, alpha, beta, out);
    case NEURAL_ACTIVATION_HARDSIGMOID:
        return neural_hardsigmoid(x, out);
    case NEURAL_ACTIVATION_LOG_SOFTMAX:
        return neural_log_softmax(x, -1, out);
    case NEURAL_ACTIVATION_NONE:
    case NEURAL_ACTIVATION_COUNT:
        break;
    }
    *out = neural_tensor_retain(x);
    return NEURAL_OK;
}

static neural_status activation_forward(neural_layer *layer, neural_tensor *x,
                                        neural_tensor **out) {
    const activation_layer *self = (const activation_layer *)layer;
    return apply(self->activation, self->alpha, self->beta, x, out);
}

static void activation_describe(const neural_layer *layer, char *text, int64_t bytes) {
    const activation_layer *self = (const activation_layer *)layer;
    switch (self->activation) {
    case NEURAL_ACTIVATION_SOFTMAX:
    case NEURAL_ACTIVATION_LOG_SOFTMAX:
        snprintf(text, (size_t)bytes, "dim=-1");
        break;
    case NEURAL_ACTIVATION_LEAKY_RELU:
        snprintf(text, (size_t)bytes, "negative_slope=%g", self->alpha);
        break;
    case NEURAL_ACTIVATION_ELU:
        snprintf(text, (size_t)bytes, "alpha=%g", self->alpha);
        break;
    case NEURAL_ACTIVATION_HARDTANH:
        snprintf(text, (size_t)bytes, "min_val=%g, max_val=%g", self->alpha, self->beta);
        break;
    default:
        break;
    }
}

/* One row per activation: its word, what it is called as a layer, its default scalars. */
#define ACTIVATION(kind, word, layer_name, alpha, beta)                                            \
    [NEURAL_ACTIVATION_##kind] = {                                                                 \
        word,                                                                                      \
        {.name = layer_name, .forward = activation_forward, .describe = activation_describe},      \
        alpha,                                                                                     \
        beta}
static const struct {
    const char *word;
    neural_layer_type type;
    double alpha, beta;
} activations[NEURAL_ACTIVATION_COUNT] = {
    ACTIVATION(NONE, "none", "Identity", 0, 0),
    ACTIVATION(RELU, "relu", "ReLU", 0, 0),
    ACTIVATION(LEAKY_RELU, "leaky_relu", "LeakyReLU", 0.01, 0),
    ACTIVATION(SIGMOID, "sigmoid", "Sigmoid", 0, 0),
    ACTIVATION(TANH, "tanh", "Tanh", 0, 0),
    ACTIVATION(SOFTMAX, "softmax", "Softmax", 0, 0),
    ACTIVATION(GELU, "gelu", "GELU", 0, 0),
    ACTIVATION(GELU_TANH, "gelu_tanh", "GELUTanh", 0, 0),
    ACTIVATION(SILU, "silu", "SiLU", 0, 0),
    ACTIVATION(ELU, "elu", "ELU", 1, 0),
    ACTIVATION(SELU, "selu", "SELU", 0, 0),
    ACTIVATION(MISH, "mish", "Mish", 0, 0),
    ACTIVATION(HARDSWISH, "hardswish", "HardSwish", 0, 0),
    ACTIVATION(SOFTPLUS, "softplus", "Softplus", 0, 0),
    ACTIVATION(HARDTANH, "hardtanh", "HardTanh", -1, 1),
    ACTIVATION(HARDSIGMOID, "hardsigmoid", "HardSigmoid", 0, 0),
    ACTIVATION(LOG_SOFTMAX, "log_softmax", "LogSoftmax", 0, 0),
};
#undef ACTIVATION

static const struct {
    const char *word;
    neural_activation activation;
} aliases[] = {
    {"linear", NEURAL_ACTIVATION_NONE},
    {"identity", NEURAL_ACTIVATION_NONE},
    {"swish", NEURAL_ACTIVATION_SILU},
    {"leakyrelu", NEURAL_ACTIVATION_LEAKY_RELU},
    {"hard_swish", NEURAL_ACTIVATION_HARDSWISH},
    {"hard_tanh", NEURAL_ACTIVATION_HARDTANH},
    {"gelutanh", NEURAL_ACTIVATION_GELU_TANH},
    {"hard_sigmoid", NEURAL_ACTIVATION_HARDSIGMOID},
    {"logsoftmax", NEURAL_ACTIVATION_LOG_SOFTMAX},
};

neural_status neural_activation_parse(const char *word, neural_activation *out) {
    NEURAL_REQUIRE(word && out, NEURAL_ERR_NULL_POINTER,
                   "activation_parse: word and out must be given");
    for (int i = 0; i < NEURAL_ACTIVATION_COUNT; i++) {
        if (strcasecmp(word, activations[i].word) == 0) {
            *out = (neural_activation)i;
            return NEURAL_OK;
        }
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (strcasecmp(word, aliases[i].word) == 0) {
            *out = aliases[i].activation;
            return NEURAL_OK;
        }
    }
    const char *words[NEURAL_ACTIVATION_COUNT];
    for (int i = 0; i < NEURAL_ACTIVATION_COUNT; i++) {
        words[i] = activations[i].word;
    }
    return neural_error_unknown_word("activation", word, words, NEURAL_ACTIVATION_COUNT);
}

const char *neural_activation_name(neural_activation activation) {
    return (unsigned)activation < NEURAL_ACTIVATION_COUNT ? activations[activation].word : "?";
}

static neural_status check_kind(neural_activation activation) {
    NEURAL_REQUIRE((unsigned)activation < NEURAL_ACTIVATION_COUNT, NEURAL_ERR_INVALID_ARGUMENT,
                   "activation: %d is no activation", (int)activation);
    return NEURAL_OK;
}

neural_status neural_activation_apply(neural_activation activation, neural_tensor *x,
                                      neural_tensor **out) {
    NEURAL_REQUIRE(x && out, NEURAL_ERR_NULL_POINTER, "activation_apply: x and out must be given");
    NEURAL_TRY(check_kind(activation));
    return apply(activation, activations[activation].alpha, activations[activation].beta, x, out);
}

neural_activation neural_activation_of(const neural_layer *layer) {
    return layer->type->forward == activation_forward
               ? ((const activation_layer *)layer)->activation
               : NEURAL_ACTIVATION_NONE;
}

neural_status neural_activation_create_with(neural_activation activation, double alpha, double beta,
                                            neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "activation_create: out must be given");
    NEURAL_TRY(check_kind(activation));
    NEURAL_TRY(neural_layer_create(&activations[activation].type, sizeof(activation_layer), out));
    activation_layer *self = (activation_layer *)*out;
    self->activation = activation;
    self->alpha = alpha;
    self->beta = beta;
    return NEURAL_OK;
}

neural_status neural_activation_create(neural_activation activation, neural_layer **out) {
    NEURAL_TRY(check_kind(activation));
    return neural_activation_create_with(activation, activations[activation].alpha,
                                         activations[activation].beta, out);
}
