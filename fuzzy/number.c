#include "fuzzy/number.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 400 };

static size_t count_digits(const char *text, size_t len) {
    size_t n = 0;
    while (n < len && isdigit((unsigned char)text[n])) {
        n++;
    }
    return n;
}

/* Bytes of [+-] digits [. digits] [e [+-] digits]; *point is where the point stands, or the end. */
static size_t measure(const char *text, size_t len, size_t *point) {
    size_t at = len > 0 && (text[0] == '+' || text[0] == '-');
    const size_t whole = count_digits(text + at, len - at);
    size_t fraction = 0;
    at += whole;
    *point = at;
    if (at < len && text[at] == '.') {
        fraction = count_digits(text + at + 1, len - at - 1);
        at += 1 + fraction;
    }
    if (whole + fraction == 0) {
        return 0;
    }
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        const size_t sign = at + 1 < len && (text[at + 1] == '+' || text[at + 1] == '-');
        const size_t digits = count_digits(text + at + 1 + sign, len - at - 1 - sign);
        at += digits ? 1 + sign + digits : 0;
    }
    return at;
}

/* nan, inf and -inf. */
static size_t read_word(const char *text, size_t len, double *out) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan", NAN}, {"-inf", -INFINITY}, {"+inf", INFINITY}, {"inf", INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t bytes = strlen(words[i].word);
        if (len >= bytes && strncasecmp(text, words[i].word, bytes) == 0 &&
            (len == bytes || !isalnum((unsigned char)text[bytes]))) {
            *out = words[i].value;
            return bytes;
        }
    }
    return 0;
}

size_t neural_fuzzy_number_read(const char *text, size_t len, int only_digits, double *out) {
    char copy[LONGEST + 16];
    size_t point = 0;
    const size_t bytes = measure(text, len, &point);
    if (bytes == 0) {
        return only_digits ? 0 : read_word(text, len, out);
    }
    if (bytes > LONGEST) {
        return 0;
    }
    const char *mark = localeconv()->decimal_point;
    if (strlen(mark) > 8 || text[point == bytes ? 0 : point] != '.') {
        mark = "";
    }
    const size_t after = *mark ? point + 1 : point;
    snprintf(copy, sizeof copy, "%.*s%s%.*s", (int)point, text, mark, (int)(bytes - after),
             text + after);
    *out = strtod(copy, NULL);
    return bytes;
}

/* A point in place of the locale's decimal mark. */
static const char *with_point(char *text) {
    const char *mark = localeconv()->decimal_point;
    char *found = strcmp(mark, ".") != 0 ? strstr(text, mark) : NULL;
    if (found) {
        memmove(found + 1, found + strlen(mark), strlen(found + strlen(mark)) + 1);
        *found = '.';
    }
    return text;
}

const char *neural_fuzzy_number_write(double value, char out[NEURAL_FUZZY_NUMBER_TEXT]) {
    if (!isfinite(value)) {
        return strcpy(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
    /* As many digits as stand before the point, so that 30 is not 3e+01. */
    const double size = fabs(value);
    const int least = size >= 1 && size < 1e17 ? (int)log10(size) + 1 : 1;
    for (int digits = least; digits <= 17; digits++) {
        snprintf(out, NEURAL_FUZZY_NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return with_point(out);
}

const char *neural_fuzzy_number_short(double value, char out[NEURAL_FUZZY_NUMBER_TEXT]) {
    if (!isfinite(value)) {
        return neural_fuzzy_number_write(value, out);
    }
    snprintf(out, NEURAL_FUZZY_NUMBER_TEXT, "%.6g", value + 0.0);
    return with_point(out);
}
