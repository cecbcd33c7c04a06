/* Words of a block and draws: draw i of f32 is word i % 4 of block i / 4; draw i of f64, normal and
 * below is the pair of words i % 2 of block i / 2. A stream serves one kind of draw.
 *
 * cos and log are libm's. Their results are the same on every machine with FMA, whatever its
 * vectors; a machine without FMA may differ in the last bit of a normal number. */
#include "core/base/random.h"

#include <math.h>

#include <Random123/philox.h>

static uint64_t default_seed;

void neural_set_seed(uint64_t seed) {
    __atomic_store_n(&default_seed, seed, __ATOMIC_RELAXED);
}

uint64_t neural_seed(void) {
    return __atomic_load_n(&default_seed, __ATOMIC_RELAXED);
}

static inline philox4x32_key_t key_of(const neural_random *stream) {
    const philox4x32_key_t key = {{(uint32_t)stream->seed, (uint32_t)(stream->seed >> 32)}};
    return key;
}

/* Inlined everywhere: blocks of a loop then overlap in the processor. */
static inline __attribute__((always_inline)) philox4x32_ctr_t block_of(const neural_random *stream,
                                                                       uint64_t index) {
    const uint64_t step = stream->step & INT64_MAX;
    const philox4x32_ctr_t counter = {
        {(uint32_t)index, (uint32_t)(index >> 32 ^ step >> 32), (uint32_t)step, stream->purpose}};
    return philox4x32_R(10, counter, key_of(stream));
}

void neural_random_block(const neural_random *stream, uint64_t index, uint32_t out[4]) {
    const philox4x32_ctr_t block = block_of(stream, index);
    for (int i = 0; i < 4; i++) {
        out[i] = block.v[i];
    }
}

/* Words 2 * half (low) and 2 * half + 1 (high). */
static uint64_t pair(philox4x32_ctr_t block, uint64_t half) {
    return block.v[2 * half] | (uint64_t)block.v[2 * half + 1] << 32;
}

static float word_to_f32(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

static double pair_to_f64(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

/* sqrt(-2 ln u) cos(2 pi v), u = (low word + 1/2) / 2^32 in (0, 1), v = high word / 2^32. */
static double pair_to_normal(uint64_t bits) {
    const double u = ((double)(uint32_t)bits + 0.5) * 0x1p-32;
    const double v = (double)(uint32_t)(bits >> 32) * 0x1p-32;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

float neural_random_uniform_f32(const neural_random *stream, uint64_t index) {
    return word_to_f32(block_of(stream, index / 4).v[index % 4]);
}

double neural_random_uniform_f64(const neural_random *stream, uint64_t index) {
    return pair_to_f64(pair(block_of(stream, index / 2), index % 2));
}

double neural_random_normal(const neural_random *stream, uint64_t index) {
    return pair_to_normal(pair(block_of(stream, index / 2), index % 2));
}

/* Lemire, ACM TOMACS 2019: the high half of bits * bound; the draws whose low half lies in the
 * first 2^64 mod bound are refused. A refused draw enciphers its block once more. */
uint64_t neural_random_below(const neural_random *stream, uint64_t index, uint64_t bound) {
    philox4x32_ctr_t block = block_of(stream, index / 2);
    for (;;) {
        const unsigned __int128 product = (unsigned __int128)pair(block, index % 2) * bound;
        const uint64_t low = (uint64_t)product;
        if (low >= bound || low >= -bound % bound) {
            return (uint64_t)(product >> 64);
        }
        block = philox4x32_R(10, block, key_of(stream));
    }
}

void neural_random_fill_uniform_f32(const neural_random *stream, float *dst, int64_t len,
                                    double low, double high) {
    for (int64_t i = 0; i < len; i += 4) {
        const philox4x32_ctr_t block = block_of(stream, (uint64_t)i / 4);
        for (int64_t j = 0; j < 4 && i + j < len; j++) {
            dst[i + j] = (float)(low + (high - low) * (double)word_to_f32(block.v[j]));
        }
    }
}

void neural_random_fill_uniform_f64(const neural_random *stream, double *dst, int64_t len,
                                    double low, double high) {
    for (int64_t i = 0; i < len; i += 2) {
        const philox4x32_ctr_t block = block_of(stream, (uint64_t)i / 2);
        for (int64_t j = 0; j < 2 && i + j < len; j++) {
            dst[i + j] = low + (high - low) * pair_to_f64(pair(block, (uint64_t)j));
        }
    }
}

void neural_random_fill_normal_f32(const neural_random *stream, float *dst, int64_t len,
                                   double mean, double std) {
    for (int64_t i = 0; i < len; i += 2) {
        const philox4x32_ctr_t block = block_of(stream, (uint64_t)i / 2);
        for (int64_t j = 0; j < 2 && i + j < len; j++) {
            dst[i + j] = (float)(mean + std * pair_to_normal(pair(block, (uint64_t)j)));
        }
    }
}

void neural_random_fill_normal_f64(const neural_random *stream, double *dst, int64_t len,
                                   double mean, double std) {
    for (int64_t i = 0; i < len; i += 2) {
        const philox4x32_ctr_t block = block_of(stream, (uint64_t)i / 2);
        for (int64_t j = 0; j < 2 && i + j < len; j++) {
            dst[i + j] = mean + std * pair_to_normal(pair(block, (uint64_t)j));
        }
    }
}

void neural_random_shuffle(const neural_random *stream, int64_t *order, int64_t len) {
    for (int64_t i = len - 1; i > 0; i--) {
        const int64_t j = (int64_t)neural_random_below(stream, (uint64_t)i, (uint64_t)i + 1);
        const int64_t moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}
