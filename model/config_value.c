/* One value: text -> typed and in range, and back. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/suggest.h"
#include "data/number.h"
#include "model/config_keys.h"

enum { MAX_WORDS = 32, QUOTED = 80 };

static int parse_int(const char *text, int64_t *out) {
    const int negative = *text == '-';
    text += negative || *text == '+';
    int64_t value = 0;
    if (!*text) {
        return 0;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_sub_overflow(value, (int64_t)(*text - '0'), &value)) {
            return 0; /* summed up negative: INT64_MIN has no positive twin */
        }
    }
    return negative ? (*out = value, 1) : !__builtin_sub_overflow((int64_t)0, value, out);
}

static int parse_bool(const char *text, int64_t *out) {
    int value = 0;
    const int known = neural_bool_parse(text, &value);
    *out = value;
    return known;
}

static int in_range(const neural_config_row *row, double value) {
    const int above =
        row->flags & NEURAL_CONFIG_ABOVE_MIN ? value > row->float_min : value >= row->float_min;
    const int below =
        row->flags & NEURAL_CONFIG_BELOW_MAX ? value < row->float_max : value <= row->float_max;
    return above && below && isfinite(value);
}

static int parse_float(const neural_config_row *row, const char *text, double *out) {
    const char *end = text + strlen(text);
    return *text && neural_number_parse_f64(text, end, out) == end && in_range(row, *out);
}

static int parse_word(const neural_config_row *row, const char *text, int64_t *out) {
    int value = 0;
    const int known = row->words->parse(text, &value);
    *out = value;
    return known;
}

/* A text goes back into a config file and, unless it is local, into the JSON of a model file. */
static int is_text(const neural_config_row *row, const char *text) {
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ' && *at != '\t') {
            return 0;
        }
    }
    return (row->flags & NEURAL_CONFIG_LOCAL) || neural_utf8_check(text) < 0;
}

static int parse(const neural_config_row *row, const char *text, neural_config_value *out) {
    switch (row->type) {
    case NEURAL_CONFIG_TYPE_INT:
        return parse_int(text, &out->integer) && out->integer >= row->int_min &&
               out->integer <= row->int_max;
    case NEURAL_CONFIG_TYPE_FLOAT:
        return parse_float(row, text, &out->number);
    case NEURAL_CONFIG_TYPE_BOOL:
        return parse_bool(text, &out->integer);
    case NEURAL_CONFIG_TYPE_WORD:
        return parse_word(row, text, &out->integer);
    case NEURAL_CONFIG_TYPE_TEXT:
        out->text = text;
        return is_text(row, text);
    }
    return 0;
}

static const char *nearest(const neural_config_row *row, const char *text) {
    const char *names[MAX_WORDS];
    int count = 0;
    if (row->type == NEURAL_CONFIG_TYPE_WORD) {
        for (; count < row->words->count; count++) {
            names[count] = row->words->name(count);
        }
    }
    return neural_nearest_word(text, names, count);
}

neural_status neural_config_value_parse(const neural_config_row *row, const char *key,
                                        const char *text, neural_config_value *out) {
    neural_config_value value = {0};
    if (parse(row, text, &value)) {
        *out = value;
        return NEURAL_OK;
    }
    neural_text expected = {0};
    neural_config_expectation(row, &expected);
    const char *near = nearest(row, text);
    if (near) {
        neural_text_add(&expected, "; did you mean %s?", near);
    }
    char *sentence = NULL;
    NEURAL_TRY(neural_text_finish(&expected, &sentence));
    neural_error(NEURAL_ERR_INVALID_CONFIG, "%s is %.*s%s, expected %s", key, QUOTED,
                 *text ? text : "empty", strlen(text) > QUOTED ? "..." : "", sentence);
    neural_text_free(sentence);
    return NEURAL_ERR_INVALID_CONFIG;
}

static void expect_float(const neural_config_row *row, neural_text *out) {
    const int open = row->flags & NEURAL_CONFIG_ABOVE_MIN;
    neural_text_add(out, "a number %s ",
                    open                    ? "above"
                    : isinf(row->float_max) ? "of at least"
                                            : "from");
    neural_text_add_number(out, row->float_min);
    if (!isinf(row->float_max)) {
        neural_text_add(out, row->flags & NEURAL_CONFIG_BELOW_MAX ? " to below " : " up to ");
        neural_text_add_number(out, row->float_max);
    }
}

void neural_config_expectation(const neural_config_row *row, neural_text *out) {
    switch (row->type) {
    case NEURAL_CONFIG_TYPE_INT:
        neural_text_add(out, "a whole number from %" PRId64 " to %" PRId64, row->int_min,
                        row->int_max);
        break;
    case NEURAL_CONFIG_TYPE_FLOAT:
        expect_float(row, out);
        break;
    case NEURAL_CONFIG_TYPE_BOOL:
        neural_text_add(out, "true or false");
        break;
    case NEURAL_CONFIG_TYPE_WORD:
        neural_text_add(out, "one of ");
        for (int i = 0; i < row->words->count; i++) {
            neural_text_add(out, "%s%s", i ? ", " : "", row->words->name(i));
        }
        break;
    case NEURAL_CONFIG_TYPE_TEXT:
        neural_text_add(out, "UTF-8 text without control characters");
        break;
    }
}

/* Quoted when a plain value would be read differently. */
static void add_text(const char *text, neural_text *out) {
    const size_t bytes = strlen(text);
    if (bytes && !strpbrk(text, "#\"(){}") && !strchr(" \t", text[0]) &&
        !strchr(" \t", text[bytes - 1])) {
        neural_text_add(out, "%s", text);
        return;
    }
    neural_text_add(out, "\"");
    for (; *text; text++) {
        neural_text_add_bytes(out, "\"\"", *text == '"' ? 1 : 0);
        neural_text_add_bytes(out, text, 1);
    }
    neural_text_add(out, "\"");
}

void neural_config_value_text(const neural_config_row *row, neural_config_value value,
                              neural_text *out) {
    switch (row->type) {
    case NEURAL_CONFIG_TYPE_INT:
        neural_text_add(out, "%" PRId64, value.integer);
        break;
    case NEURAL_CONFIG_TYPE_FLOAT:
        neural_text_add_number(out, value.number);
        break;
    case NEURAL_CONFIG_TYPE_BOOL:
        neural_text_add(out, value.integer ? "true" : "false");
        break;
    case NEURAL_CONFIG_TYPE_WORD:
        neural_text_add(out, "%s", row->words->name((int)value.integer));
        break;
    case NEURAL_CONFIG_TYPE_TEXT:
        add_text(value.text, out);
        break;
    }
}
