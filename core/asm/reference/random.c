/* Random fills and dropout: draws of core/base/random.h, a block at a time. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/random.h"
#include "core/base/random_values.h"

/* The offsets that x86/philox.inc reads. */
static_assert(offsetof(neural_random, seed) == 0, "RANDOM_SEED");
static_assert(offsetof(neural_random, purpose) == 8, "RANDOM_PURPOSE");
static_assert(offsetof(neural_random, step) == 16, "RANDOM_STEP");

enum { WORDS = 4, PAIRS = 2 };

static void pairs_of(const neural_random *stream, uint64_t block, uint64_t pair[PAIRS]) {
    uint32_t word[WORDS];
    neural_random_block(stream, block, word);
    for (int i = 0; i < PAIRS; i++) {
        pair[i] = word[2 * i] | (uint64_t)word[2 * i + 1] << 32;
    }
}

void neural_random_words_c(uint32_t *dst, int64_t len, const neural_random *stream,
                           uint64_t block) {
    for (int64_t i = 0; i < len; i += WORDS) {
        uint32_t word[WORDS];
        neural_random_block(stream, block++, word);
        for (int64_t j = 0; j < WORDS && i + j < len; j++) {
            dst[i + j] = word[j];
        }
    }
}

void neural_keep_mask_c(uint8_t *dst, int64_t len, const neural_random *stream, uint64_t block,
                        uint64_t threshold) {
    for (int64_t i = 0; i < len; i += WORDS) {
        uint32_t word[WORDS];
        neural_random_block(stream, block++, word);
        for (int64_t j = 0; j < WORDS && i + j < len; j++) {
            dst[i + j] = word[j] >= threshold;
        }
    }
}

#define T float
#define NAME(op) neural_##op##_f32_c
#define DRAW uint32_t
#define DRAWS_OF(stream, block, draw) neural_random_block(stream, block, draw)
#define DRAWS WORDS
#define UNIFORM neural_word_uniform
#define NORMAL_PAIR neural_normal_pair_f32
#define HIGH_WORD(draw) (draw)
#define BITS uint32_t
#include "core/asm/reference/random_template.inc"
#undef T
#undef NAME
#undef DRAW
#undef DRAWS_OF
#undef DRAWS
#undef UNIFORM
#undef NORMAL_PAIR
#undef HIGH_WORD
#undef BITS

#define T double
#define NAME(op) neural_##op##_f64_c
#define DRAW uint64_t
#define DRAWS_OF(stream, block, draw) pairs_of(stream, block, draw)
#define DRAWS PAIRS
#define UNIFORM neural_pair_uniform
#define NORMAL_PAIR neural_normal_pair_f64
#define HIGH_WORD(draw) ((draw) >> 32)
#define BITS uint64_t
#include "core/asm/reference/random_template.inc"
