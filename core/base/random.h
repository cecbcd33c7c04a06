/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011).
 *
 * A value is a function of (seed, purpose, step, index) and of nothing else, so threads, batch
 * order and resumption cannot change it. */
#ifndef CORE_BASE_RANDOM_H_
#define CORE_BASE_RANDOM_H_

#include <stdint.h>

#include "core/base/seed.h"
#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a stream is for; two purposes never share numbers. */
enum {
    NEURAL_RANDOM_USER = 0,
    NEURAL_RANDOM_INIT = 1,
    NEURAL_RANDOM_SHUFFLE = 2,
    NEURAL_RANDOM_SPLIT = 3,
    NEURAL_RANDOM_SAMPLE = 4,
    NEURAL_RANDOM_PRUNE = 5,
    NEURAL_RANDOM_DROPOUT = 1024
};

typedef struct neural_random {
    uint64_t seed;
    uint32_t purpose;
    uint64_t step; /* 63 bits used */
} neural_random;

/* The four 32-bit words of block `index`: key = seed, counter = (index lo, index hi ^ step hi,
 * step lo, purpose). */
void neural_random_block(const neural_random *stream, uint64_t index, uint32_t out[4]);

/* Single draws; a stream should serve one kind. core/asm has kernels that fill vectors with the
 * same bits.
 *
 * Uniform is in [0, 1): f32 has the upper 24 bits of word index % 4 of block index / 4, f64 the
 * upper 53 bits of word pair index % 2 (low word first) of block index / 2. */
float neural_random_uniform_f32(const neural_random *stream, uint64_t index);
double neural_random_uniform_f64(const neural_random *stream, uint64_t index);
/* Standard normal by Box-Muller (random_values.h): f32 draws 2i and 2i + 1 from words 2i and 2i + 1
 * of the stream, |value| < 6.8; f64 draws 2i and 2i + 1 from the two pairs of block i,
 * |value| < 8.6. */
float neural_random_normal_f32(const neural_random *stream, uint64_t index);
double neural_random_normal_f64(const neural_random *stream, uint64_t index);
/* Unbiased integer in [0, bound), bound >= 1, from the pair of f64. */
uint64_t neural_random_below(const neural_random *stream, uint64_t index, uint64_t bound);

/* Fisher-Yates: permutes order[0 .. len). */
void neural_random_shuffle(const neural_random *stream, int64_t *order, int64_t len);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_RANDOM_H_ */
