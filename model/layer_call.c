#include "model/layer_call.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "data/number.h"
#include "model/layer_words.h"
#include "model/text.h"

static char *skip_blanks(char *at) {
    return at + strspn(at, " \t\r");
}

/* Cuts the blanks off the end. */
static void trim(char *text) {
    size_t bytes = strlen(text);
    while (bytes && strchr(" \t\r", text[bytes - 1])) {
        text[--bytes] = '\0';
    }
}

/* The first `stop` at depth 0, or the end of the text; NULL when a } there closes nothing or a { is
 * not closed. */
static char *find_outside(char *at, char stop) {
    int depth = 0;
    for (; *at && (depth || *at != stop); at++) {
        depth += *at == '{';
        depth -= *at == '}';
        if (depth < 0) {
            return NULL;
        }
    }
    return depth ? NULL : at;
}

/* Takes braces off that stand around the whole line. */
static char *unwrap(char *text) {
    char *close = *text == '{' ? find_outside(text + 1, '}') : NULL;
    if (close && *close && !close[1]) {
        *close = '\0';
        text++;
    }
    return text;
}

neural_status neural_layer_line_open(const char *text, neural_layer_line *out) {
    char *copy = neural_strdup(text);
    if (!copy) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    char *begin = skip_blanks(copy);
    trim(begin);
    *out = (neural_layer_line){.text = copy, .next = unwrap(begin)};
    return NEURAL_OK;
}

void neural_layer_line_close(neural_layer_line *line) {
    neural_free(line->text);
    line->text = line->next = NULL;
}

static neural_status add_argument(neural_layer_call *call, char *text) {
    NEURAL_REQUIRE(call->count < NEURAL_LAYER_ARGUMENTS, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): more than %d arguments", call->number, call->word,
                   NEURAL_LAYER_ARGUMENTS);
    neural_layer_argument *argument = &call->argument[call->count++];
    char *equals = strchr(text, '=');
    if (equals) {
        *equals = '\0';
    }
    argument->name = equals ? text : NULL;
    argument->value = equals ? equals + 1 : text;
    return NEURAL_OK;
}

static const char ends[] = " \t\r{"; /* of a word or argument */

/* *at is behind a {; it moves behind the } that closes it. */
static neural_status add_block(neural_layer_call *call, char **at) {
    NEURAL_REQUIRE(call->blocks < NEURAL_LAYER_BLOCKS, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): more than %d blocks", call->number, call->word,
                   NEURAL_LAYER_BLOCKS);
    char *close = find_outside(*at, '}');
    NEURAL_REQUIRE(!close[1] || strchr(ends, close[1]), NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): found \"%.20s\" behind a }, expected |, a blank or {",
                   call->number, call->word, close + 1);
    *close = '\0';
    call->block[call->blocks++] = *at;
    *at = close + 1;
    return NEURAL_OK;
}

/* Word, arguments and blocks of one call; its braces are balanced, there are no blanks at its end.
 */
static neural_status split_call(char *at, neural_layer_call *call) {
    call->word = at;
    for (char *end = at + strcspn(at, ends); *end;) {
        at = skip_blanks(end);
        const int is_block = *at == '{';
        *end = '\0';
        if (is_block) {
            at++;
            NEURAL_TRY(add_block(call, &at));
            end = at;
        } else {
            end = at + strcspn(at, ends);
            const char kept = *end;
            *end = '\0';
            NEURAL_TRY(add_argument(call, at));
            *end = kept;
        }
    }
    return NEURAL_OK;
}

neural_status neural_layer_line_next(neural_layer_line *line, neural_layer_call *out) {
    neural_layer_call call = {.number = ++line->number};
    if (line->next) {
        NEURAL_REQUIRE(call.number <= NEURAL_LAYER_MAX_CALLS, NEURAL_ERR_INVALID_CONFIG,
                       "more than %d layers", NEURAL_LAYER_MAX_CALLS);
        char *at = skip_blanks(line->next);
        char *bar = find_outside(at, '|');
        NEURAL_REQUIRE(bar, NEURAL_ERR_INVALID_CONFIG,
                       "layer %d: { and } do not match, expected a } for every {", call.number);
        line->next = *bar ? bar + 1 : NULL;
        *bar = '\0';
        trim(at);
        NEURAL_REQUIRE(*at && *at != '{', NEURAL_ERR_INVALID_CONFIG,
                       "layer %d is %s, expected a layer such as linear 10", call.number,
                       *at ? "a block without a word" : "empty");
        NEURAL_TRY(split_call(at, &call));
    }
    *out = call;
    return NEURAL_OK;
}

/* --- blocks --- */

neural_layer_line neural_layer_block_line(neural_layer_call *call, int i) {
    call->blocks_used = 1;
    return (neural_layer_line){.next = call->block[i]};
}

neural_status neural_layer_blocks(const neural_layer_call *call, int min, int max) {
    NEURAL_REQUIRE(call->blocks >= min && call->blocks <= max, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): %d blocks { ... }, expected %d to %d", call->number,
                   call->word, call->blocks, min, max);
    return NEURAL_OK;
}

/* --- arguments --- */

/* The value of argument i, by position or by name; NULL when it is not there. */
static neural_status find(neural_layer_call *call, int i, const char *name, const char **out) {
    *out = NULL;
    for (int k = 0, position = 0; k < call->count; k++) {
        neural_layer_argument *argument = &call->argument[k];
        const int is_it = argument->name ? strcasecmp(argument->name, name) == 0 : position == i;
        position += !argument->name;
        if (is_it) {
            NEURAL_REQUIRE(!*out, NEURAL_ERR_INVALID_CONFIG, "layer %d (%.40s): %s is given twice",
                           call->number, call->word, name);
            *out = argument->value;
            argument->used = 1;
        }
    }
    return NEURAL_OK;
}

static neural_status wrong(const neural_layer_call *call, const char *name, const char *value,
                           const char *expected) {
    return neural_error(NEURAL_ERR_INVALID_CONFIG, "layer %d (%.40s): %s is %.40s, expected %s",
                        call->number, call->word, name, value ? value : "missing", expected);
}

neural_status neural_layer_int(neural_layer_call *call, int i, const char *name, int64_t min,
                               int64_t max, int64_t *value) {
    const char *text;
    NEURAL_TRY(find(call, i, name, &text));
    int64_t number = 0;
    const char *at = text ? text : "";
    for (; *at >= '0' && *at <= '9' && number <= max; at++) {
        number = number * 10 + (*at - '0');
    }
    if (!text || at == text || *at || number < min || number > max) {
        neural_error(NEURAL_ERR_INVALID_CONFIG,
                     "layer %d (%.40s): %s is %.40s, expected a whole number from %" PRId64
                     " to %" PRId64,
                     call->number, call->word, name, text ? text : "missing", min, max);
        return NEURAL_ERR_INVALID_CONFIG;
    }
    *value = number;
    return NEURAL_OK;
}

neural_status neural_layer_float(neural_layer_call *call, int i, const char *name, int optional,
                                 double *value) {
    const char *text;
    NEURAL_TRY(find(call, i, name, &text));
    if (!text && optional) {
        return NEURAL_OK;
    }
    const char *end = text ? text + strlen(text) : NULL;
    double number = 0;
    if (!text || neural_number_parse_f64(text, end, &number) != end || !isfinite(number)) {
        return wrong(call, name, text, "a number");
    }
    *value = number;
    return NEURAL_OK;
}

neural_status neural_layer_bool(neural_layer_call *call, int i, const char *name, int *value) {
    const char *text;
    NEURAL_TRY(find(call, i, name, &text));
    return !text || neural_bool_parse(text, value) ? NEURAL_OK
                                                   : wrong(call, name, text, "true or false");
}

neural_status neural_layer_text(neural_layer_call *call, int i, const char *name,
                                const char **value) {
    return find(call, i, name, value);
}

/* "; expected conv2d OUT HxW ..." for a word of layer_words.inc, else "". */
static void expected_arguments(const neural_layer_call *call, char *text, size_t bytes) {
    *text = '\0';
    for (int i = 0; i < neural_layer_word_count; i++) {
        const neural_layer_word *known = &neural_layer_words[i];
        if (strcasecmp(known->word, call->word) == 0) {
            snprintf(text, bytes, ", expected %s%s%s", known->word, *known->arguments ? " " : "",
                     known->arguments);
        }
    }
}

neural_status neural_layer_call_finish(const neural_layer_call *call) {
    for (int i = 0; i < call->count; i++) {
        const neural_layer_argument *argument = &call->argument[i];
        if (!argument->used) {
            char expected[256];
            expected_arguments(call, expected, sizeof expected);
            return neural_error(NEURAL_ERR_INVALID_CONFIG,
                                "layer %d (%.40s): unexpected argument %.40s%s%.40s%s",
                                call->number, call->word, argument->name ? argument->name : "",
                                argument->name ? "=" : "", argument->value, expected);
        }
    }
    NEURAL_REQUIRE(!call->blocks || call->blocks_used, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): unexpected block { ... }", call->number, call->word);
    return NEURAL_OK;
}
