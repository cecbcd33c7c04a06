#include "model/architecture_call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_SIZE = 1000000000, EXCERPT = 30 };

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t");
}

static neural_status unexpected(const char *at, const char *expected) {
    return neural_error(NEURAL_ERR_INVALID_CONFIG, "architecture: expected %s, found \"%.*s\"",
                        expected, EXCERPT, at);
}

/* Takes what `set` accepts, trimmed of nothing; at most NEURAL_CALL_BYTES - 1. */
static neural_status take(const char **at, int (*accepts)(int), const char *what,
                          char out[NEURAL_CALL_BYTES]) {
    size_t bytes = 0;
    while (accepts((unsigned char)(*at)[bytes])) {
        bytes++;
    }
    if (!bytes || bytes >= NEURAL_CALL_BYTES) {
        return unexpected(*at, what);
    }
    memcpy(out, *at, bytes);
    out[bytes] = '\0';
    *at = skip_blanks(*at + bytes);
    return NEURAL_OK;
}

static int in_name(int c) {
    return isalnum(c) || c == '_';
}

static int in_argument(int c) {
    return isalnum(c) || (c && strchr("_.+-=", c));
}

neural_status neural_call_open(const char *text, neural_call_reader *out) {
    static const char word[] = "sequential";
    const char *at = skip_blanks(text);
    if (strncasecmp(at, word, sizeof word - 1) != 0) {
        return unexpected(at, "sizes or Sequential(");
    }
    at = skip_blanks(at + sizeof word - 1);
    if (*at != '(') {
        return unexpected(at, "( after Sequential");
    }
    *out = (neural_call_reader){.at = skip_blanks(at + 1)};
    return NEURAL_OK;
}

/* "(2, 8)", the bracket still to come. */
static neural_status read_arguments(neural_call_reader *reader, neural_call *call) {
    reader->at = skip_blanks(reader->at + 1);
    while (*reader->at != ')') {
        if (call->arguments == NEURAL_CALL_ARGUMENTS) {
            return unexpected(reader->at, ") after four arguments");
        }
        NEURAL_TRY(
            take(&reader->at, in_argument, "an argument or )", call->argument[call->arguments++]));
        if (*reader->at == ',') {
            reader->at = skip_blanks(reader->at + 1);
        } else if (*reader->at != ')') {
            return unexpected(reader->at, ", or )");
        }
    }
    reader->at = skip_blanks(reader->at + 1);
    return NEURAL_OK;
}

neural_status neural_call_next(neural_call_reader *reader, neural_call *out) {
    neural_call call = {.number = ++reader->number};
    if (*reader->at == ')') {
        const char *rest = skip_blanks(reader->at + 1);
        if (*rest) {
            return unexpected(rest, "nothing after the last )");
        }
        *out = call;
        return NEURAL_OK;
    }
    NEURAL_TRY(take(&reader->at, in_name, "a layer's name", call.name));
    if (*reader->at == '(') {
        NEURAL_TRY(read_arguments(reader, &call));
    }
    if (*reader->at == ',') {
        reader->at = skip_blanks(reader->at + 1);
    } else if (*reader->at != ')') {
        return unexpected(reader->at, ", or )");
    }
    *out = call;
    return NEURAL_OK;
}

/* The value of "name=value" or of a bare "value". */
static const char *value_of(const char *argument) {
    const char *equals = strchr(argument, '=');
    return equals ? equals + 1 : argument;
}

static neural_status parse_size(const neural_call *call, int i, const char *what, int64_t *out) {
    const char *text = i < call->arguments ? value_of(call->argument[i]) : "missing";
    char *end;
    const long size = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    NEURAL_REQUIRE(size >= 1 && size <= MAX_SIZE && !*end, NEURAL_ERR_INVALID_CONFIG,
                   "architecture: layer %d: %s of Linear is %s, expected a size from 1 to %d",
                   call->number, what, text, MAX_SIZE);
    *out = size;
    return NEURAL_OK;
}

neural_status neural_call_linear(const neural_call *call, int64_t *in, int64_t *out) {
    NEURAL_TRY(parse_size(call, 0, "in_features", in));
    return parse_size(call, 1, "out_features", out);
}

void neural_call_add_arguments(const neural_call *call, neural_text *network) {
    const int skipped = strcasecmp(call->name, "linear") == 0 ? 2 : 0;
    for (int i = skipped; i < call->arguments; i++) {
        neural_text_add(network, " %s", call->argument[i]);
    }
}
