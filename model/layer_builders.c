#include "model/layer_builders.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/base/suggest.h"
#include "layers/activation.h"
#include "layers/fake_quant.h"
#include "layers/sequential.h"
#include "model/layer_words.h"

enum { MAX_WORDS = 64 };

neural_status neural_layer_call_name(const neural_layer_call *call, neural_status status) {
    return status ? neural_error_prefix("layer %d (%.40s)", call->number, call->word) : NEURAL_OK;
}

neural_status neural_layer_site_take(neural_layer_site *site, const neural_layer_call *call,
                                     int64_t weights) {
    NEURAL_REQUIRE(weights <= site->budget, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "layer %d (%.40s): %" PRId64 " weights, there is room for %" PRId64,
                   call->number, call->word, weights, site->budget);
    site->budget -= weights;
    return NEURAL_OK;
}

/* In the order of neural_layer_words. */
static neural_layer_builder *const builders[] = {
#define NEURAL_LAYER_WORD(word, builder, arguments, meaning) neural_build_##builder,
#include "model/layer_words.inc"
};

static neural_layer_builder *find_builder(const char *word) {
    for (int i = 0; i < neural_layer_word_count; i++) {
        if (strcasecmp(neural_layer_words[i].word, word) == 0) {
            return builders[i];
        }
    }
    neural_activation activation; /* one of its other spellings? */
    return neural_activation_parse(word, &activation) == NEURAL_OK ? neural_build_activation : NULL;
}

neural_status neural_layer_call_build(neural_layer_call *call, neural_layer_site *site,
                                      neural_layer **out) {
    neural_layer_builder *const build = find_builder(call->word);
    if (build) {
        return build(call, site, out);
    }
    const char *words[MAX_WORDS];
    int count = 0;
    for (; count < neural_layer_word_count && count < MAX_WORDS; count++) {
        words[count] = neural_layer_words[count].word;
    }
    char word[41];
    strncpy(word, call->word, sizeof word - 1);
    word[sizeof word - 1] = '\0';
    neural_error_unknown_word("layer", word, words, count);
    return neural_error(NEURAL_ERR_INVALID_CONFIG, "layer %d: %s", call->number,
                        neural_last_error());
}

/* --- lines --- */

/* Builds one call and moves the site behind it. */
static neural_status build_call(neural_layer_call *call, neural_layer_site *site,
                                neural_layer **out) {
    neural_layer *layer = NULL;
    neural_shape shape;
    NEURAL_REQUIRE(site->position < NEURAL_LAYER_MAX_CALLS, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): more than %d layers", call->number, call->word,
                   NEURAL_LAYER_MAX_CALLS);
    NEURAL_TRY(neural_layer_call_build(call, site, &layer));
    const neural_status status =
        site->quantize_aware ? neural_layer_make_quantization_aware(layer) : NEURAL_OK;
    if (status) {
        neural_layer_destroy(layer);
        return status;
    }
    if (neural_layer_output_shape(layer, &site->shape, &shape)) {
        neural_layer_destroy(layer);
        return neural_error(NEURAL_ERR_INVALID_CONFIG, "layer %d (%.40s): %s", call->number,
                            call->word, neural_last_error());
    }
    site->shape = shape;
    site->position++;
    *out = layer;
    return NEURAL_OK;
}

neural_status neural_layer_line_build(neural_layer_line *line, neural_layer_site *site,
                                      neural_layer *sequential, neural_layer **last) {
    for (;;) {
        neural_layer_call call;
        neural_layer *layer = NULL;
        NEURAL_TRY(neural_layer_line_next(line, &call));
        if (!call.word) {
            return NEURAL_OK;
        }
        NEURAL_TRY(build_call(&call, site, &layer));
        const neural_status status = *last ? neural_sequential_add(sequential, *last) : NEURAL_OK;
        if (status) {
            neural_layer_destroy(layer);
            return status;
        }
        *last = layer;
    }
}
