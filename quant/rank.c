#include "quant/rank.h"

#include <string.h>

#include "core/base/memory.h"

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };

/* Bits that are ordered as the numbers are: negative ones are turned around. */
static inline uint64_t ordered_bits(const void *data, neural_dtype dtype, int64_t i) {
    const double value =
        dtype == NEURAL_DTYPE_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static double number_of(uint64_t ordered) {
    const uint64_t bits = ordered >> 63 ? ordered & ~(UINT64_C(1) << 63) : ~ordered;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Counts the digits at `shift` of the numbers whose bits above it are `prefix`. */
static void count_digits(const void *data, neural_dtype dtype, int64_t len, int shift,
                         uint64_t prefix, int64_t *counts) {
    memset(counts, 0, DIGITS * sizeof(*counts));
    for (int64_t i = 0; i < len; i++) {
        const uint64_t bits = ordered_bits(data, dtype, i) >> shift;
        if (bits >> DIGIT_BITS == prefix) {
            counts[bits & (DIGITS - 1)]++;
        }
    }
}

neural_status quant_rank(const void *data, neural_dtype dtype, int64_t len, int64_t rank,
                         double *out) {
    int64_t *counts = neural_alloc(DIGITS * sizeof(*counts));
    NEURAL_REQUIRE(counts, NEURAL_ERR_OUT_OF_MEMORY, "quantization: no memory to count digits");
    uint64_t prefix = 0;
    for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        count_digits(data, dtype, len, shift, prefix, counts);
        int digit = 0;
        for (; rank >= counts[digit]; digit++) {
            rank -= counts[digit];
        }
        prefix = prefix << DIGIT_BITS | (uint64_t)digit;
    }
    neural_free(counts);
    *out = number_of(prefix);
    return NEURAL_OK;
}
