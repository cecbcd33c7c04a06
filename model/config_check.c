/* What several keys of a config have to agree on. */
#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "layers/activation.h"
#include "layers/loss.h"
#include "model/architecture.h"
#include "model/config_keys.h"

enum { MAX_SIZE = 1000000000 };

/* Fails with the place of a key in front. */
#define FAIL_AT(config, field, ...)                                                                \
    do {                                                                                           \
        neural_error(NEURAL_ERR_INVALID_CONFIG, __VA_ARGS__);                                      \
        return add_place(config, NEURAL_CONFIG_KEY_##field);                                       \
    } while (0)

static neural_status add_place(const neural_config *config, int key) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    return neural_error_prefix("%s", neural_config_place_text(config, key, place));
}

/* --- pairs --- */

static neural_status check_pairs(const neural_config *config) {
    if (config->lr_step_size > 0 && !neural_config_is_given(config, NEURAL_CONFIG_KEY_lr_gamma)) {
        FAIL_AT(config, lr_step_size,
                "lr_step_size is %" PRId64 ", expected lr_gamma to go with it",
                config->lr_step_size);
    }
    if (config->lr_gamma != 1 && !neural_config_is_given(config, NEURAL_CONFIG_KEY_lr_step_size)) {
        FAIL_AT(config, lr_gamma, "lr_gamma is %g, expected lr_step_size to go with it",
                config->lr_gamma);
    }
    if (config->lr_step_size > 0 && config->schedule >= 0) {
        FAIL_AT(config, lr_step_size,
                "lr_step_size does not go with [schedule] type, which says it all; expected one "
                "of the two");
    }
    if (config->nesterov && (config->optimizer != NEURAL_CONFIG_SGD || config->momentum == 0)) {
        FAIL_AT(config, nesterov, "nesterov is true, expected type sgd and a momentum above 0");
    }
    return NEURAL_OK;
}

/* Keys that mean nothing beside `by`; one that is given is refused. */
static neural_status refuse(const neural_config *config, const int *keys, int count,
                            const char *by) {
    for (int i = 0; i < count; i++) {
        if (neural_config_is_given(config, keys[i])) {
            neural_error(NEURAL_ERR_INVALID_CONFIG,
                         "%s does not go with %s, which says it all; expected one of the two",
                         config->place[keys[i]].key, by);
            return add_place(config, keys[i]);
        }
    }
    return NEURAL_OK;
}

/* --- the input's shape --- */

/* "1x28x28" */
static int parse_shape(const char *text, neural_shape *out) {
    int64_t dims[NEURAL_MAX_DIMS];
    int ndim = 0;
    for (;; text++) {
        int64_t size = 0;
        text += strspn(text, " ");
        const char *digits = text;
        for (; *text >= '0' && *text <= '9' && size <= MAX_SIZE; text++) {
            size = size * 10 + (*text - '0');
        }
        if (text == digits || size < 1 || size > MAX_SIZE || ndim == NEURAL_MAX_DIMS - 1) {
            return 0; /* the batch needs a dimension, too */
        }
        dims[ndim++] = size;
        text += strspn(text, " ");
        if (*text != 'x' && *text != 'X') {
            return !*text && neural_shape_make(ndim, dims, out) == NEURAL_OK &&
                   neural_shape_len(out) <= INT64_MAX / 16;
        }
    }
}

static neural_status input_from_key(neural_config *config) {
    if (!config->input) {
        const int64_t dim = config->input_size;
        return neural_shape_make(1, &dim, &config->input_shape);
    }
    if (!parse_shape(config->input, &config->input_shape)) {
        FAIL_AT(config, input,
                "input is %.60s, expected the sizes of one row such as 784 or 1x28x28",
                config->input);
    }
    return NEURAL_OK;
}

/* Layers that are listed one by one include their batch norms. */
static neural_status refuse_batch_norm(const neural_config *config, const char *beside,
                                       const char *word) {
    if (config->batch_norm) {
        FAIL_AT(config, batch_norm,
                "batch_norm = true does not go with %s, which lists all layers; expected %s "
                "there",
                beside, word);
    }
    return NEURAL_OK;
}

/* --- the three ways to write a network --- */

static neural_status from_layers(neural_config *config) {
    static const int beside[] = {
        NEURAL_CONFIG_KEY_architecture,      NEURAL_CONFIG_KEY_hidden_size,
        NEURAL_CONFIG_KEY_num_layers,        NEURAL_CONFIG_KEY_hidden_activation,
        NEURAL_CONFIG_KEY_output_activation, NEURAL_CONFIG_KEY_dropout};
    NEURAL_TRY(refuse(config, beside, sizeof beside / sizeof *beside, "layers"));
    NEURAL_TRY(refuse_batch_norm(config, "layers", "batchnorm"));
    if (!config->input && !config->input_size) {
        FAIL_AT(config, layers, "layers needs input, the shape of one row such as 784 or 1x28x28");
    }
    config->network_key = NEURAL_CONFIG_KEY_layers;
    config->network = neural_strdup(config->layers);
    NEURAL_REQUIRE(config->network, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory", config->path);
    return input_from_key(config);
}

static neural_status set_network(neural_config *config, neural_text *network, int64_t inputs) {
    NEURAL_TRY(neural_text_finish(network, &config->network));
    return config->input ? input_from_key(config)
                         : neural_shape_make(1, &inputs, &config->input_shape);
}

static neural_status from_architecture(neural_config *config) {
    static const int beside[] = {NEURAL_CONFIG_KEY_hidden_size, NEURAL_CONFIG_KEY_num_layers};
    NEURAL_TRY(refuse(config, beside, sizeof beside / sizeof *beside, "architecture"));
    if (strchr(config->architecture, '(')) {
        NEURAL_TRY(refuse_batch_norm(config, "architecture = Sequential(...)",
                                     "architecture = sizes, or layers with batchnorm"));
    }
    neural_text network = {0};
    int64_t inputs = 0, outputs = 0;
    config->network_key = NEURAL_CONFIG_KEY_architecture;
    const neural_status status = neural_architecture_parse(config, &network, &inputs, &outputs);
    if (status) {
        neural_text_free(network.data);
        return status == NEURAL_ERR_OUT_OF_MEMORY ? status : add_place(config, config->network_key);
    }
    NEURAL_TRY(set_network(config, &network, inputs));
    if (neural_shape_len(&config->input_shape) != inputs) {
        FAIL_AT(config, input, "input is %s, but architecture begins with %" PRId64, config->input,
                inputs);
    }
    if (config->input_size && config->input_size != inputs) {
        FAIL_AT(config, input_size,
                "input_size is %" PRId64 ", but architecture begins with %" PRId64,
                config->input_size, inputs);
    }
    if (config->output_size && config->output_size != outputs) {
        FAIL_AT(config, output_size,
                "output_size is %" PRId64 ", but architecture ends with %" PRId64,
                config->output_size, outputs);
    }
    return NEURAL_OK;
}

/* The last activation of a config that gives four sizes: what its loss asks for. */
static int output_of_sizes(const neural_config *config) {
    switch (config->loss) {
    case NEURAL_LOSS_MSE:
    case NEURAL_LOSS_L1:
    case NEURAL_LOSS_HUBER:
    case NEURAL_LOSS_SMOOTH_L1:
        return NEURAL_ACTIVATION_NONE;
    case NEURAL_LOSS_CROSS_ENTROPY:
    case NEURAL_LOSS_FOCAL:
        return NEURAL_ACTIVATION_SOFTMAX;
    case NEURAL_LOSS_NLL:
    case NEURAL_LOSS_KL_DIV:
        return NEURAL_ACTIVATION_LOG_SOFTMAX;
    case NEURAL_LOSS_BCE:
    case NEURAL_LOSS_BCE_WITH_LOGITS:
        return NEURAL_ACTIVATION_SIGMOID;
    default:
        return config->output_size == 1 ? NEURAL_ACTIVATION_SIGMOID : NEURAL_ACTIVATION_SOFTMAX;
    }
}

static neural_status from_sizes(neural_config *config) {
    if (!config->input_size || !config->output_size || config->num_layers < 0 ||
        (config->num_layers > 0 && !config->hidden_size)) {
        FAIL_AT(config, layers,
                "[model] describes no network: expected input and layers, or architecture, or "
                "input_size, hidden_size, num_layers and output_size");
    }
    neural_chain *chain = neural_alloc(sizeof *chain);
    NEURAL_REQUIRE(chain, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory", config->path);
    const int hidden = (int)config->num_layers;
    const int relu =
        config->hidden_activation >= 0 ? config->hidden_activation : NEURAL_ACTIVATION_RELU;
    chain->sizes = hidden + 2;
    for (int i = 0; i < chain->sizes; i++) {
        chain->size[i] = config->hidden_size;
        chain->word[i] = relu;
    }
    chain->size[0] = config->input_size;
    chain->size[hidden + 1] = config->output_size;
    chain->word[hidden] =
        config->output_activation >= 0 ? config->output_activation : output_of_sizes(config);
    neural_text network = {0};
    neural_chain_network(config, chain, &network);
    neural_free(chain);
    config->network_key = NEURAL_CONFIG_KEY_input_size;
    return set_network(config, &network, config->input_size);
}

neural_status neural_config_check(neural_config *config) {
    NEURAL_TRY(check_pairs(config));
    NEURAL_TRY(config->layers         ? from_layers(config)
               : config->architecture ? from_architecture(config)
                                      : from_sizes(config));
    if (config->input_size && config->input_size != neural_shape_len(&config->input_shape)) {
        FAIL_AT(config, input_size, "input_size is %" PRId64 ", but input is %s",
                config->input_size, config->input);
    }
    return NEURAL_OK;
}
