#include "quant/rank.h"

#include <string.h>

#include "core/base/memory.h"

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };

/* Bits that are ordered as the numbers are: negative ones are turned around. */
static inline uint64_t ordered(uint64_t bits, int width) {
    const uint64_t sign = UINT64_C(1) << (width - 1), all = sign | (sign - 1);
    return bits & sign ? ~bits & all : bits | sign;
}

static inline uint64_t ordered_f32(const float *value) {
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    return ordered(bits, 32);
}

static inline uint64_t ordered_f64(const double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    return ordered(bits, 64);
}

static double number_of(uint64_t place, neural_dtype dtype) {
    const int width = dtype == NEURAL_DTYPE_F32 ? 32 : 64;
    const uint64_t sign = UINT64_C(1) << (width - 1), all = sign | (sign - 1);
    const uint64_t bits = place & sign ? place & ~sign : ~place & all;
    const uint32_t narrow = (uint32_t)bits;
    float single;
    double value;
    memcpy(&single, &narrow, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return width == 32 ? (double)single : value;
}

/* Counts the digits at `shift` of the numbers whose bits above it are `prefix`. */
#define COUNT_DIGITS(T, suffix)                                                                    \
    static void count_##suffix(const T *data, int64_t len, int shift, uint64_t prefix,             \
                               int64_t *counts) {                                                  \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const uint64_t bits = ordered_##suffix(data + i) >> shift;                             \
            if (bits >> DIGIT_BITS == prefix) {                                                    \
                counts[bits & (DIGITS - 1)]++;                                                     \
            }                                                                                      \
        }                                                                                          \
    }
COUNT_DIGITS(float, f32)
COUNT_DIGITS(double, f64)
#undef COUNT_DIGITS

neural_status quant_rank(const void *data, neural_dtype dtype, int64_t len, int64_t rank,
                         double *out) {
    int64_t *counts = neural_alloc(DIGITS * sizeof(*counts));
    NEURAL_REQUIRE(counts, NEURAL_ERR_OUT_OF_MEMORY, "quantization: no memory to count digits");
    uint64_t prefix = 0;
    const int is_f32 = dtype == NEURAL_DTYPE_F32;
    for (int shift = (is_f32 ? 32 : 64) - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        memset(counts, 0, DIGITS * sizeof(*counts));
        if (is_f32) {
            count_f32(data, len, shift, prefix, counts);
        } else {
            count_f64(data, len, shift, prefix, counts);
        }
        int digit = 0;
        for (; rank >= counts[digit]; digit++) {
            rank -= counts[digit];
        }
        prefix = prefix << DIGIT_BITS | (uint64_t)digit;
    }
    neural_free(counts);
    *out = number_of(prefix, dtype);
    return NEURAL_OK;
}
