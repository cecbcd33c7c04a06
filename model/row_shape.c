#include "model/row_shape.h"

#include <string.h>
#include <strings.h>

/* Words that want [channels, ...] with so many further sizes. */
static const struct {
    const char *word;
    int axes;
} words[] = {
    {"conv2d", 2},         {"conv_transpose2d", 2}, {"maxpool2d", 2}, {"avgpool2d", 2},
    {"global_avgpool", 2}, {"adaptive_avgpool", 2}, {"dropout2d", 2}, {"conv1d", 1},
    {"maxpool1d", 1},      {"avgpool1d", 1},
};

/* Of the word text[0 .. len); 0: not a word for images. */
static int axes_of(const char *text, size_t len) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == len && strncasecmp(words[i].word, text, len) == 0) {
            return words[i].axes;
        }
    }
    return 0;
}

/* Of the first word for images in a layers line; 0: there is none. */
static int first_axes(const char *line) {
    static const char separators[] = " \t\r\n|{}";
    for (const char *at = line + strspn(line, separators); *at; at += strspn(at, separators)) {
        const size_t len = strcspn(at, separators);
        const int axes = axes_of(at, len);
        if (axes) {
            return axes;
        }
        at += len;
    }
    return 0;
}

neural_shape neural_row_shape(const neural_config *config) {
    const neural_shape *in = &config->input_shape;
    const int axes = first_axes(config->network);
    if (!axes || (axes == 2 && in->ndim == 1)) {
        return (neural_shape){.ndim = 1, .dim = {neural_shape_len(in)}};
    }
    neural_shape shape = *in;
    if (in->ndim == axes) {
        shape.ndim = axes + 1;
        shape.dim[0] = 1;
        memcpy(&shape.dim[1], in->dim, (size_t)axes * sizeof *in->dim);
    }
    return shape;
}

neural_status neural_row_shape_check_end(const neural_shape *end) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(end->ndim == 1, NEURAL_ERR_INVALID_CONFIG,
                   "the network ends with %s, expected one row of numbers; flatten makes one",
                   neural_shape_text(end, text, sizeof text));
    return NEURAL_OK;
}
