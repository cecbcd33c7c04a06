#include "data/list.h"

static int is_blank(char c) {
    return c == ' ' || c == '\t';
}

neural_status neural_list_next(const char *what, const char **at, char *out, size_t bytes) {
    const char *from = *at;
    size_t used = 0, kept = 0; /* kept: without blanks at the end */
    int quoted = 0;
    for (; is_blank(*from); from++) {
    }
    for (; *from && (quoted || *from != ','); from++) {
        if (*from == '"') {
            quoted = !quoted;
            kept = used;
            continue;
        }
        NEURAL_REQUIRE(used + 1 < bytes, NEURAL_ERR_INVALID_CONFIG,
                       "%s: an item is longer than %zu bytes", what, bytes - 1);
        out[used++] = *from;
        kept = quoted || !is_blank(*from) ? used : kept;
    }
    out[kept] = '\0';
    *at = from + (*from == ',');
    return NEURAL_OK;
}
