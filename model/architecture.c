#include "model/architecture.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "layers/activation.h"
#include "model/architecture_call.h"

enum { MAX_SIZE = 1000000000, ENTRY_BYTES = 48 };

/* --- a chain of sizes --- */

static void add_layer(neural_text *network, const char *word) {
    neural_text_add(network, "%s%s", network->bytes ? " | " : "", word);
}

static void add_activation(neural_text *network, int activation) {
    if (activation > NEURAL_ACTIVATION_NONE) {
        add_layer(network, neural_activation_name((neural_activation)activation));
    }
}

void neural_chain_network(const neural_config *config, const neural_chain *chain,
                          neural_text *network) {
    const int last = chain->sizes - 2;
    int plain = 0;
    for (int i = 0; i <= last; i++) {
        const int fallback = i < last ? config->hidden_activation : config->output_activation;
        const int activation = chain->word[i] >= 0 ? chain->word[i] : fallback;
        add_layer(network, "linear");
        neural_text_add(network, " %" PRId64, chain->size[i + 1]);
        if (i < last && config->batch_norm) {
            add_layer(network, "batchnorm");
        }
        add_activation(network, activation);
        plain += i < last && activation < 0;
        if (i < last && config->dropout > 0) {
            add_layer(network, "dropout ");
            neural_text_add_number(network, config->dropout);
        }
    }
    if (plain) {
        neural_log_write(
            NEURAL_LOG_WARNING,
            "%s: %d hidden layers have no activation, which makes them one linear map; "
            "hidden_activation = relu would give them one",
            config->path, plain);
    }
}

static neural_status parse_size(const char *entry, int number, int64_t *out) {
    int64_t size = 0;
    for (const char *at = entry; *at; at++) {
        size = *at >= '0' && *at <= '9' && size <= MAX_SIZE ? size * 10 + (*at - '0') : -1;
        if (size < 0) {
            break;
        }
    }
    NEURAL_REQUIRE(size >= 1 && size <= MAX_SIZE, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: entry %d is %s, expected a size from 1 to %d", number, entry,
                   MAX_SIZE);
    *out = size;
    return NEURAL_OK;
}

/* Entry `number` (from 1) of the list goes to the end of the chain. */
static neural_status add_entry(neural_chain *chain, const char *entry, int number) {
    if (*entry >= '0' && *entry <= '9') {
        NEURAL_REQUIRE(chain->sizes < NEURAL_ARCHITECTURE_MAX_SIZES, NEURAL_ERR_INVALID_CONFIG,
                       "architecture: more than %d sizes", NEURAL_ARCHITECTURE_MAX_SIZES);
        chain->word[chain->sizes] = -1;
        return parse_size(entry, number, &chain->size[chain->sizes++]);
    }
    neural_activation activation;
    if (!*entry || neural_activation_parse(entry, &activation)) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG,
                            "architecture: entry %d is %s, expected a size or an activation%s%s",
                            number, *entry ? entry : "empty", *entry ? ": " : "",
                            *entry ? neural_last_error() : "");
    }
    NEURAL_REQUIRE(chain->sizes && chain->word[chain->sizes - 1] < 0, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: entry %d is %s, expected a size", number, entry);
    chain->word[chain->sizes - 1] = (int)activation;
    return NEURAL_OK;
}

static neural_status parse_list(const char *text, neural_chain *chain) {
    chain->sizes = 0;
    for (int number = 1;; number++) {
        char entry[ENTRY_BYTES];
        text += strspn(text, " \t");
        size_t bytes = strcspn(text, ",");
        const char *next = text + bytes;
        while (bytes && strchr(" \t", text[bytes - 1])) {
            bytes--;
        }
        NEURAL_REQUIRE(bytes < sizeof entry, NEURAL_ERR_INVALID_CONFIG,
                       "architecture: entry %d is %.40s..., expected a size or an activation",
                       number, text);
        memcpy(entry, text, bytes);
        entry[bytes] = '\0';
        NEURAL_TRY(add_entry(chain, entry, number));
        if (!*next) {
            break;
        }
        text = next + 1;
    }
    NEURAL_REQUIRE(chain->sizes >= 2, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: %d size, expected at least 2: input and output", chain->sizes);
    const int trailing = chain->word[chain->sizes - 1];
    NEURAL_REQUIRE(trailing < 0, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: %s at the end has no layer: the word behind the k-th size "
                   "follows the k-th layer, expected a size at the end",
                   neural_activation_name((neural_activation)trailing));
    return NEURAL_OK;
}

/* output_activation may repeat what the architecture says, not contradict it. */
static neural_status check_output(const neural_config *config, int activation) {
    const int given = config->output_activation;
    NEURAL_REQUIRE(given < 0 || activation < 0 || given == activation, NEURAL_ERR_INVALID_CONFIG,
                   "architecture ends with %s, but output_activation is %s: expected one of them",
                   neural_activation_name((neural_activation)activation),
                   neural_activation_name((neural_activation)given));
    return NEURAL_OK;
}

static neural_status parse_chain(const neural_config *config, neural_text *network, int64_t *inputs,
                                 int64_t *outputs) {
    neural_chain *chain = neural_alloc(sizeof *chain);
    if (!chain) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = parse_list(config->architecture, chain);
    if (!status) {
        status = check_output(config, chain->word[chain->sizes - 2]);
    }
    if (!status) {
        *inputs = chain->size[0];
        *outputs = chain->size[chain->sizes - 1];
        neural_chain_network(config, chain, network);
        status = network->status;
    }
    neural_free(chain);
    return status;
}

/* --- Sequential(...) --- */

/* One call behind the others; *width is what the layer before gives, 0 before the first Linear. */
static neural_status add_call(const neural_call *call, neural_text *network, int64_t *inputs,
                              int64_t *width, int *activation) {
    if (strcasecmp(call->name, "linear") == 0) {
        int64_t in, out;
        NEURAL_TRY(neural_call_linear(call, &in, &out));
        NEURAL_REQUIRE(!*width || in == *width, NEURAL_ERR_INVALID_CONFIG,
                       "architecture: layer %d takes %" PRId64
                       " inputs, but the layer before gives %" PRId64,
                       call->number, in, *width);
        *inputs = *width ? *inputs : in;
        *width = out;
        *activation = -1;
        add_layer(network, "linear");
        neural_text_add(network, " %" PRId64, out);
    } else if (strcasecmp(call->name, "dropout") == 0) {
        add_layer(network, "dropout");
    } else {
        neural_activation known;
        if (neural_activation_parse(call->name, &known)) {
            return neural_error(NEURAL_ERR_INVALID_CONFIG,
                                "architecture: layer %d is %s, expected Linear, Dropout or an "
                                "activation: %s",
                                call->number, call->name, neural_last_error());
        }
        *activation = (int)known;
        if (known == NEURAL_ACTIVATION_NONE) {
            return NEURAL_OK;
        }
        add_layer(network, neural_activation_name(known));
        if (known == NEURAL_ACTIVATION_SOFTMAX || known == NEURAL_ACTIVATION_LOG_SOFTMAX) {
            return NEURAL_OK; /* its dim can only be the last one */
        }
    }
    neural_call_add_arguments(call, network);
    return NEURAL_OK;
}

static neural_status parse_sequential(const neural_config *config, neural_text *network,
                                      int64_t *inputs, int64_t *outputs) {
    neural_call_reader reader;
    NEURAL_TRY(neural_call_open(config->architecture, &reader));
    int64_t width = 0;
    int activation = -1;
    for (;;) {
        neural_call call;
        NEURAL_TRY(neural_call_next(&reader, &call));
        if (!*call.name) {
            break;
        }
        NEURAL_TRY(add_call(&call, network, inputs, &width, &activation));
    }
    NEURAL_REQUIRE(width, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: expected at least one Linear in Sequential(...)");
    NEURAL_TRY(check_output(config, activation));
    if (activation < 0) {
        add_activation(network, config->output_activation);
    }
    if (config->hidden_activation >= 0 || config->dropout > 0) {
        neural_log_write(NEURAL_LOG_WARNING,
                         "%s: hidden_activation and dropout do not change architecture = "
                         "Sequential(...), which lists all layers",
                         config->path);
    }
    *outputs = width;
    return network->status;
}

neural_status neural_architecture_parse(const neural_config *config, neural_text *network,
                                        int64_t *inputs, int64_t *outputs) {
    return strchr(config->architecture, '(') ? parse_sequential(config, network, inputs, outputs)
                                             : parse_chain(config, network, inputs, outputs);
}
