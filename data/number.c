#include "data/number.h"

#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three ways to the same bits, by cost: one division of exact doubles (Clinger 1990), exact 128-bit
 * integers, and strtod on a text without a decimal point, which no locale can change. */
enum {
    FAST_POWER = 22,  /* 10^22 is the last power of ten that is a double */
    EXACT_POWER = 27, /* 5^27 is the last power of five below 2^63 */
    EXACT_DIGITS = 19,
    KEPT_DIGITS = 800, /* a halfway case has at most 767 digits */
    EXPONENT_LIMIT = 100000
};

static const double power_of_ten[FAST_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* clang-format off */
static const uint64_t power_of_five[EXACT_POWER + 1] = {
    1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625,
    1220703125, 6103515625u, 30517578125u, 152587890625u, 762939453125u, 3814697265625u,
    19073486328125u, 95367431640625u, 476837158203125u, 2384185791015625u, 11920928955078125u,
    59604644775390625u, 298023223876953125u, 1490116119384765625u, 7450580596923828125u,
};
/* clang-format on */

/* value = digits * 10^exponent, without the sign */
typedef struct decimal {
    uint64_t digits;          /* modulo 2^64 when is_long */
    int64_t exponent;         /* of the last digit */
    const char *first, *last; /* mantissa text [first, last) */
    int negative;
    int is_long; /* more than 19 significant digits */
} decimal;

static inline int is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

static inline uint64_t load_8(const char *at) {
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    return bytes;
}

static inline int are_8_digits(uint64_t bytes) {
    const uint64_t high = 0xF0F0F0F0F0F0F0F0u;
    return ((bytes & high) | (((bytes + 0x0606060606060606u) & high) >> 4)) == 0x3333333333333333u;
}

/* Pairs, then fours, then eight digits: each step combines neighbours in one multiplication. */
static inline uint64_t value_of_8_digits(uint64_t bytes) {
    const uint64_t mask = 0x000000FF000000FFu;
    bytes -= 0x3030303030303030u;
    bytes = bytes * 10 + (bytes >> 8);
    return (((bytes & mask) * 0x000F424000000064u) +
            (((bytes >> 16) & mask) * 0x0000271000000001u)) >>
           32;
}

static inline const char *scan_digits(const char *at, const char *end, uint64_t *digits) {
    uint64_t value = *digits;
    while (end - at >= 8 && are_8_digits(load_8(at))) {
        value = value * 100000000u + value_of_8_digits(load_8(at));
        at += 8;
    }
    while (at < end && is_digit(*at)) {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    *digits = value;
    return at;
}

/* Adds the exponent at `at` ("e-7"); returns `at` itself when there is none. */
static const char *scan_exponent(const char *at, const char *end, int64_t *exponent) {
    const char *digit = at + 1;
    const int negative = digit < end && *digit == '-';
    digit += digit < end && (*digit == '-' || *digit == '+');
    if (digit == end || !is_digit(*digit)) {
        return at;
    }
    int64_t value = 0;
    for (; digit < end && is_digit(*digit); digit++) {
        value = value < INT64_MAX / 100 ? value * 10 + (*digit - '0') : value;
    }
    *exponent += negative ? -value : value;
    return digit;
}

static int has_more_than_19(const char *first, const char *last) {
    int64_t count = 0;
    for (; first < last && (*first == '0' || *first == '.'); first++) {
    }
    for (; first < last; first++) {
        count += *first != '.';
    }
    return count > EXACT_DIGITS;
}

static inline const char *scan_decimal(const char *at, const char *end, decimal *out) {
    out->negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    out->first = at;
    out->digits = 0;
    const char *dot = at = scan_digits(at, end, &out->digits);
    int64_t count = at - out->first;
    out->exponent = 0;
    if (at < end && *at == '.') {
        at = scan_digits(at + 1, end, &out->digits);
        out->exponent = dot + 1 - at;
        count -= out->exponent;
    }
    if (count == 0) {
        return NULL;
    }
    out->last = at;
    out->is_long = count > EXACT_DIGITS && has_more_than_19(out->first, at);
    return at < end && (*at | 0x20) == 'e' ? scan_exponent(at, end, &out->exponent) : at;
}

/* "<digits>e<exponent>": at most KEPT_DIGITS digits, what follows them only as one digit 1. */
static void canonical_text(const decimal *number, char *text, size_t bytes) {
    const char *at = number->first;
    int64_t exponent = number->exponent, kept = 0;
    int rest = 0;
    for (; at < number->last && (*at == '0' || *at == '.'); at++) {
    }
    for (; at < number->last; at++) {
        if (*at != '.' && kept < KEPT_DIGITS) {
            text[kept++] = *at;
        } else if (*at != '.') {
            rest |= *at != '0';
            exponent++;
        }
    }
    if (rest) {
        text[kept++] = '1';
        exponent--;
    }
    exponent = exponent > EXPONENT_LIMIT ? EXPONENT_LIMIT : exponent;
    exponent = exponent < -EXPONENT_LIMIT ? -EXPONENT_LIMIT : exponent;
    snprintf(text + kept, bytes - (size_t)kept, "%se%lld", kept ? "" : "0", (long long)exponent);
}

static __attribute__((noinline)) double slow_f64(const decimal *number) {
    char text[KEPT_DIGITS + 32];
    canonical_text(number, text, sizeof(text));
    return strtod(text, NULL);
}

static __attribute__((noinline)) float slow_f32(const decimal *number) {
    char text[KEPT_DIGITS + 32];
    canonical_text(number, text, sizeof(text));
    return strtof(text, NULL);
}

/* high:low * 2^exponent rounded to `bits` bits, ties to even; `rest`: something follows low. */
static double round_to(unsigned __int128 value, int exponent, int rest, int bits) {
    const uint64_t high = (uint64_t)(value >> 64);
    const int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
    value <<= shift;
    uint64_t mantissa = (uint64_t)(value >> (128 - bits));
    const unsigned __int128 below = value << bits, half = (unsigned __int128)1 << 127;
    if (below > half || (below == half && (rest || (mantissa & 1)))) {
        mantissa++;
    }
    const uint64_t scale = (uint64_t)(1023 + exponent - shift + 128 - bits) << 52;
    double factor;
    memcpy(&factor, &scale, 8);
    return (double)mantissa * factor;
}

/* digits * 5^e * 2^e as an exact 128-bit product, or a quotient with its remainder. */
static __attribute__((noinline)) double exact(const decimal *number, int bits) {
    const int exponent = (int)number->exponent;
    if (exponent >= 0) {
        const unsigned __int128 product =
            (unsigned __int128)number->digits * power_of_five[exponent];
        return round_to(product, exponent, 0, bits);
    }
    const int shift = __builtin_clzll(number->digits);
    const unsigned __int128 dividend = (unsigned __int128)(number->digits << shift) << 64;
    const uint64_t divisor = power_of_five[-exponent];
    const unsigned __int128 quotient = dividend / divisor;
    return round_to(quotient, exponent - shift - 64, quotient * divisor != dividend, bits);
}

static inline int is_fast(const decimal *number) {
    return number->digits <= (uint64_t)1 << 53 && number->exponent >= -FAST_POWER &&
           number->exponent <= FAST_POWER && !number->is_long;
}

static inline int is_exact(const decimal *number) {
    return number->exponent >= -EXACT_POWER && number->exponent <= EXACT_POWER &&
           !number->is_long && number->digits;
}

static inline double fast_f64(const decimal *number) {
    const double digits = (double)number->digits;
    return number->exponent < 0 ? digits / power_of_ten[-number->exponent]
                                : digits * power_of_ten[number->exponent];
}

/* A double exactly between two floats has lost which side of it the decimal is on. */
static inline int is_between_floats(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return (bits & 0x1FFFFFFFu) == 0x10000000u;
}

const char *neural_number_parse_f64(const char *text, const char *end, double *out) {
    decimal number;
    const char *after = scan_decimal(text, end, &number);
    if (!after) {
        return NULL;
    }
    const double value = is_fast(&number)    ? fast_f64(&number)
                         : is_exact(&number) ? exact(&number, 53)
                                             : slow_f64(&number);
    *out = number.negative ? -value : value;
    return after;
}

const char *neural_number_parse_f32(const char *text, const char *end, float *out) {
    decimal number;
    const char *after = scan_decimal(text, end, &number);
    if (!after) {
        return NULL;
    }
    float value;
    const double wide = is_fast(&number) ? fast_f64(&number) : 0.0;
    if (is_fast(&number) && !is_between_floats(wide)) {
        value = (float)wide;
    } else {
        value = is_exact(&number) ? (float)exact(&number, 24) : slow_f32(&number);
    }
    *out = number.negative ? -value : value;
    return after;
}

/* --- runs of short numbers --- */

enum { SHORT_BYTES = 24 };

/* digits * 10^-places without the sign: digits < 10^15 */
typedef struct short_number {
    uint64_t digits;
    int places;
    const char *after;
} short_number;

/* Bit i: byte i of the 16 is no digit. */
static inline unsigned non_digits(const char *at) {
    const __m128i byte = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i value = _mm_sub_epi8(byte, _mm_set1_epi8('0'));
    const __m128i large = _mm_cmpeq_epi8(_mm_max_epu8(value, _mm_set1_epi8(10)), value);
    return (unsigned)_mm_movemask_epi8(large);
}

/* The first `count` (1 ... 8) digits at `at`, moved up so that zeros stand in front. */
static inline uint64_t value_of_digits(const char *at, int count) {
    const uint64_t mask = 0x000000FF000000FFu;
    uint64_t bytes = (load_8(at) - 0x3030303030303030u) << (64 - 8 * count);
    bytes = bytes * 10 + (bytes >> 8);
    return (((bytes & mask) * 0x000F424000000064u) +
            (((bytes >> 16) & mask) * 0x0000271000000001u)) >>
           32;
}

/* The short number at `at`, behind its sign; 0 when it is of another form. */
static inline int scan_short(const char *at, short_number *out) {
    static const uint64_t power[9] = {1,      10,      100,      1000,     10000,
                                      100000, 1000000, 10000000, 100000000};
    const unsigned stops = non_digits(at), others = stops & (stops - 1);
    const int whole = __builtin_ctz(stops | 0x10000);
    if (whole < 1 || whole > 8) {
        return 0;
    }
    out->digits = whole == 1 ? (uint64_t)(*at - '0') : value_of_digits(at, whole);
    out->places = 0;
    out->after = at + whole;
    if (at[whole] == '.') {
        const int end = __builtin_ctz(others | 0x10000), places = end - whole - 1;
        if (places < 1 || places > 8 || end > 15) {
            return 0;
        }
        out->digits = out->digits * power[places] + value_of_digits(at + whole + 1, places);
        out->places = places;
        out->after = at + end;
    }
    return 1;
}

/* Up to 15 digits and a power of ten up to 10^8 are doubles: one division rounds once. */
static inline double value_of_short(const short_number *number, int is_negative) {
    const double value = (double)number->digits / power_of_ten[number->places];
    const uint64_t sign = (uint64_t)is_negative << 63;
    uint64_t bits;
    memcpy(&bits, &value, 8);
    bits |= sign;
    double out;
    memcpy(&out, &bits, 8);
    return out;
}

const char *neural_number_run_f64(const char *text, const char *end, char separator, int64_t count,
                                  double *dst, int64_t *done) {
    int64_t i = 0;
    for (; i < count && end - text >= SHORT_BYTES; i++) {
        short_number number;
        const int is_negative = *text == '-';
        if (!scan_short(text + is_negative, &number) || *number.after != separator) {
            break;
        }
        dst[i] = value_of_short(&number, is_negative);
        text = number.after + 1;
    }
    *done = i;
    return text;
}

const char *neural_number_run_f32(const char *text, const char *end, char separator, int64_t count,
                                  float *dst, int64_t *done) {
    int64_t i = 0;
    for (; i < count && end - text >= SHORT_BYTES; i++) {
        short_number number;
        const int is_negative = *text == '-';
        if (!scan_short(text + is_negative, &number) || *number.after != separator) {
            break;
        }
        const double value = value_of_short(&number, is_negative);
        if (is_between_floats(value)) {
            break;
        }
        dst[i] = (float)value;
        text = number.after + 1;
    }
    *done = i;
    return text;
}
