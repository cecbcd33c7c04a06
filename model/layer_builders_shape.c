/* Flatten and reshape. */
#include "layers/shape.h"
#include "model/layer_builders.h"

enum { MAX_SIZE = 1000000000 };

neural_status neural_build_flatten(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    (void)site;
    NEURAL_TRY(neural_layer_call_finish(call));
    return neural_layer_call_name(call, neural_flatten_create(out));
}

/* "1x28x28", where one size may be -1; the number of sizes, or 0. */
static int parse_sizes(const char *at, int64_t sizes[NEURAL_MAX_DIMS]) {
    for (int count = 0; count < NEURAL_MAX_DIMS - 1; at++) {
        const int64_t sign = *at == '-' ? -1 : 1;
        at += sign < 0;
        const char *digits = at;
        int64_t size = 0;
        for (; *at >= '0' && *at <= '9' && size <= MAX_SIZE; at++) {
            size = size * 10 + (*at - '0');
        }
        if (at == digits || size < 1 || size > MAX_SIZE || (sign < 0 && size != 1)) {
            return 0;
        }
        sizes[count++] = sign * size;
        if (!*at) {
            return count;
        }
        if (*at != 'x' && *at != 'X') {
            return 0;
        }
    }
    return 0;
}

neural_status neural_build_reshape(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    (void)site;
    const char *text = NULL;
    int64_t sizes[NEURAL_MAX_DIMS];
    NEURAL_TRY(neural_layer_text(call, 0, "shape", &text));
    NEURAL_TRY(neural_layer_call_finish(call));
    const int count = text ? parse_sizes(text, sizes) : 0;
    if (!count) {
        return neural_layer_call_name(
            call, neural_error(NEURAL_ERR_INVALID_CONFIG,
                               "shape is %.40s, expected sizes such as 1x28x28, one of which may "
                               "be -1",
                               text ? text : "missing"));
    }
    return neural_layer_call_name(call, neural_reshape_create(count, sizes, out));
}
