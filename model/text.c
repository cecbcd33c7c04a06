#include "model/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"

/* Room for `more` bytes and the NUL. */
static int reserve(neural_text *text, size_t more) {
    const size_t want = text->bytes + more + 1;
    if (text->status || want <= text->capacity) {
        return !text->status;
    }
    const size_t grown = want < 2 * text->capacity ? 2 * text->capacity : want + 64;
    char *data = neural_realloc(text->data, text->capacity, grown);
    if (!data) {
        text->status = NEURAL_ERR_OUT_OF_MEMORY;
        return 0;
    }
    text->data = data;
    text->capacity = grown;
    return 1;
}

void neural_text_add_bytes(neural_text *text, const char *data, size_t bytes) {
    if (reserve(text, bytes)) {
        memcpy(text->data + text->bytes, data, bytes);
        text->bytes += bytes;
        text->data[text->bytes] = '\0';
    }
}

void neural_text_add(neural_text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->bytes, (size_t)length + 1, format, again);
        text->bytes += (size_t)length;
    }
    va_end(again);
}

/* The locale's decimal separator, of any number of bytes, becomes a point. */
static void use_point(char *number) {
    const size_t before = strspn(number, "0123456789+-e");
    const size_t separator = strcspn(number + before, "0123456789+-e");
    if (separator) {
        char *rest = number + before + separator;
        number[before] = '.';
        memmove(number + before + 1, rest, strlen(rest) + 1);
    }
}

const char *neural_number_text(double value, char out[NEURAL_NUMBER_TEXT]) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, NEURAL_NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break; /* reads and writes the same locale */
        }
    }
    if (isfinite(value)) {
        use_point(out);
    }
    return out;
}

void neural_text_add_number(neural_text *text, double value) {
    char number[NEURAL_NUMBER_TEXT];
    neural_text_add(text, "%s", neural_number_text(value, number));
}

int neural_bool_parse(const char *text, int *out) {
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++) {
        if (strcasecmp(words[i], text) == 0) {
            *out = i % 2;
            return 1;
        }
    }
    return 0;
}

neural_status neural_text_finish(neural_text *text, char **out) {
    neural_text_add_bytes(text, "", 0);
    if (text->status) {
        neural_free(text->data);
        return text->status;
    }
    *out = text->data;
    return NEURAL_OK;
}

/* Continuation bytes behind a first byte, and the range of the first of them. */
static int sequence(unsigned char first, unsigned char *low, unsigned char *high) {
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return first < 0x80                    ? 0
           : first >= 0xc2 && first < 0xe0 ? 1
           : first >= 0xe0 && first < 0xf0 ? 2
           : first >= 0xf0 && first < 0xf5 ? 3
                                           : -1;
}

long neural_utf8_check(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const unsigned char *begin = at;
        unsigned char low, high;
        const int more = sequence(*at++, &low, &high);
        for (int i = 0; i < more; i++, at++, low = 0x80, high = 0xbf) {
            if (*at < low || *at > high) {
                return (long)((const char *)begin - text);
            }
        }
        if (more < 0) {
            return (long)((const char *)begin - text);
        }
    }
    return -1;
}
