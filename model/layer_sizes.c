#include "model/layer_sizes.h"

#include <inttypes.h>

/* The digits at *at as a number from min to max; *at moves behind them. */
static int parse_size(const char **at, int64_t min, int64_t max, int64_t *out) {
    const char *digits = *at;
    int64_t size = 0;
    for (; **at >= '0' && **at <= '9' && size <= max; ++*at) {
        size = size * 10 + (**at - '0');
    }
    *out = size;
    return *at > digits && size >= min && size <= max;
}

/* "3" or "3x5" */
static int parse_pair(const char *at, int64_t min, int64_t max, int64_t pair[2]) {
    if (!parse_size(&at, min, max, &pair[0])) {
        return 0;
    }
    pair[1] = pair[0];
    if (*at == 'x' || *at == 'X') {
        at++;
        if (!parse_size(&at, min, max, &pair[1])) {
            return 0;
        }
    }
    return !*at;
}

neural_status neural_layer_pair(neural_layer_call *call, int i, const char *name, int optional,
                                int64_t min, int64_t max, int64_t pair[2]) {
    const char *text = NULL;
    int64_t parsed[2];
    NEURAL_TRY(neural_layer_text(call, i, name, &text));
    if (!text && optional) {
        return NEURAL_OK;
    }
    if (!text || !parse_pair(text, min, max, parsed)) {
        return neural_layer_call_name(
            call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                               "%s is %.40s, expected a size such as 3 or height x width such as "
                               "3x3, each from %" PRId64 " to %" PRId64,
                               name, text ? text : "missing", min, max));
    }
    pair[0] = parsed[0];
    pair[1] = parsed[1];
    return NEURAL_OK;
}

neural_status neural_layer_site_image(const neural_layer_site *site, const neural_layer_call *call,
                                      int axes) {
    char text[NEURAL_SHAPE_TEXT];
    if (site->shape.ndim == axes + 1) {
        return NEURAL_OK;
    }
    return neural_layer_call_name(
        call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                           "the input is %s, expected %s, given by a line such as input = %s",
                           neural_shape_text(&site->shape, text, sizeof text),
                           axes == 2 ? "[channels, height, width]" : "[channels, length]",
                           axes == 2 ? "1x28x28" : "1x100"));
}
