/* Words of a block and draws: draw i of f32 is word i % 4 of block i / 4; draw i of f64 and below
 * is the pair of words i % 2 of block i / 2. A stream serves one kind of draw. */
#include "core/base/random.h"

#include <Random123/philox.h>

#include "core/base/random_values.h"

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

float neural_random_uniform_f32(const neural_random *stream, uint64_t index) {
    return neural_word_uniform(block_of(stream, index / 4).v[index % 4]);
}

double neural_random_uniform_f64(const neural_random *stream, uint64_t index) {
    return neural_pair_uniform(pair(block_of(stream, index / 2), index % 2));
}

float neural_random_normal_f32(const neural_random *stream, uint64_t index) {
    const philox4x32_ctr_t block = block_of(stream, index / 4);
    const uint64_t first = index & 2;
    float value[2];
    neural_normal_pair_f32(block.v[first], block.v[first + 1], value);
    return value[index % 2];
}

double neural_random_normal_f64(const neural_random *stream, uint64_t index) {
    const philox4x32_ctr_t block = block_of(stream, index / 2);
    double value[2];
    neural_normal_pair_f64(pair(block, 0), pair(block, 1), value);
    return value[index % 2];
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

/* Partners are drawn some steps ahead, so that their memory is on its way when it is needed. */
void neural_random_shuffle(const neural_random *stream, int64_t *order, int64_t len) {
    enum { AHEAD = 16 };
    int64_t partner[AHEAD] = {0};
    for (int64_t i = len - 1 + AHEAD; i > 0; i--) {
        const int64_t early = i - AHEAD, j = partner[i % AHEAD];
        if (early > 0) {
            const uint64_t bound = (uint64_t)early + 1;
            partner[i % AHEAD] = (int64_t)neural_random_below(stream, (uint64_t)early, bound);
            __builtin_prefetch(order + partner[i % AHEAD]);
        }
        if (i < len) {
            const int64_t moved = order[i];
            order[i] = order[j];
            order[j] = moved;
        }
    }
}
