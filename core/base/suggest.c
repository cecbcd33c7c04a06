#include "core/base/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Longer words are near to none. */
#define MAX_WORD 48

static int same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int min3(int a, int b, int c) {
    const int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Optimal string alignment distance (Damerau 1964). */
static int edit_distance(const char *a, const char *b) {
    int row[3][MAX_WORD + 1];
    const int a_len = (int)strlen(a);
    const int b_len = (int)strlen(b);
    if (a_len > MAX_WORD || b_len > MAX_WORD) {
        return INT_MAX;
    }
    for (int j = 0; j <= b_len; j++) {
        row[0][j] = j;
    }
    for (int i = 1; i <= a_len; i++) {
        int *now = row[i % 3];
        const int *before = row[(i + 2) % 3];
        const int *before_that = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= b_len; j++) {
            const int differs = !same(a[i - 1], b[j - 1]);
            now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + differs);
            const int swapped =
                i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped && before_that[j - 2] + 1 < now[j]) {
                now[j] = before_that[j - 2] + 1;
            }
        }
    }
    return row[a_len % 3][b_len];
}

const char *neural_nearest_word(const char *word, const char *const *words, int count) {
    const int third = (int)strlen(word) / 3;
    int best = (third > 2 ? third : 2) + 1;
    const char *nearest = NULL;
    for (int i = 0; i < count; i++) {
        const int distance = edit_distance(word, words[i]);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

neural_status neural_error_unknown_word(const char *what, const char *word,
                                        const char *const *words, int count) {
    const char *nearest = neural_nearest_word(word, words, count);
    if (nearest) {
        return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "unknown %s %s; did you mean %s?", what,
                            word, nearest);
    }
    char known[512] = "";
    size_t used = 0;
    for (int i = 0; i < count && used < sizeof known; i++) {
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", words[i]);
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "unknown %s %s; known are %s", what, word,
                        known);
}
