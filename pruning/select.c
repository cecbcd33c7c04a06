#include "pruning/select.h"

#include <string.h>

enum { DIGIT_BITS = 8, DIGIT_VALUES = 1 << DIGIT_BITS };

#define SIGN ((uint64_t)1 << 63)

/* Integers in the order of the doubles; -0 as +0, every NaN above all numbers. */
static uint64_t key_of(double score) {
    uint64_t bits;
    const double unsigned_zero = score + 0.0;
    memcpy(&bits, &unsigned_zero, sizeof bits);
    if (score != score) {
        return UINT64_MAX;
    }
    return bits & SIGN ? ~bits : bits | SIGN;
}

static double score_of(uint64_t key) {
    const uint64_t bits = key & SIGN ? key & ~SIGN : ~key;
    double score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* The key at `rank` from the top (from 0), digit by digit; *above: how many keys are larger. */
static uint64_t find_key(const double *score, int64_t len, int64_t rank, int64_t *above) {
    uint64_t found = 0, fixed = 0; /* digits of the key, and the bits where they are */
    *above = 0;
    for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        int64_t count[DIGIT_VALUES] = {0};
        for (int64_t i = 0; i < len; i++) {
            const uint64_t key = key_of(score[i]);
            count[key >> shift & (DIGIT_VALUES - 1)] += (key & fixed) == found;
        }
        int digit = DIGIT_VALUES - 1;
        while (*above + count[digit] <= rank) {
            *above += count[digit--];
        }
        found |= (uint64_t)digit << shift;
        fixed |= (uint64_t)(DIGIT_VALUES - 1) << shift;
    }
    return found;
}

void neural_select_largest(const double *score, int64_t len, int64_t count, uint8_t *keep) {
    if (count <= 0 || count >= len) {
        for (int64_t i = 0; i < len; i++) {
            keep[i] = count > 0;
        }
        return;
    }
    int64_t above;
    const uint64_t last = find_key(score, len, count - 1, &above);
    int64_t ties = count - above;
    for (int64_t i = 0; i < len; i++) {
        const uint64_t key = key_of(score[i]);
        keep[i] = key > last || (key == last && ties-- > 0);
    }
}

double neural_select_rank(const double *score, int64_t len, int64_t rank) {
    int64_t above;
    return score_of(find_key(score, len, len - 1 - rank, &above));
}
