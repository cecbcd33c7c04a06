#include "core/base/sha256.h"

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

enum { BLOCK = 64 };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
/* clang-format off */
static const uint32_t round_constant[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static inline uint32_t turn(uint32_t x, int bits) {
    return x >> bits | x << (32 - bits);
}

static void expand(const unsigned char *block, uint32_t w[64]) {
    for (int t = 0; t < 16; t++) {
        uint32_t word;
        memcpy(&word, block + 4 * t, 4);
        w[t] = __builtin_bswap32(word);
    }
    for (int t = 16; t < 64; t++) {
        const uint32_t x = w[t - 15], y = w[t - 2];
        const uint32_t s0 = turn(x, 7) ^ turn(x, 18) ^ x >> 3;
        const uint32_t s1 = turn(y, 17) ^ turn(y, 19) ^ y >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* FIPS 180-4, 6.2.2; v = a ... h */
void neural_sha256_mix_portable(uint32_t state[8], const unsigned char *data, size_t blocks) {
    for (; blocks > 0; blocks--, data += BLOCK) {
        uint32_t w[64], v[8];
        expand(data, w);
        memcpy(v, state, sizeof v);
        for (int t = 0; t < 64; t++) {
            const uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25);
            const uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
            const uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
            const uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            const uint32_t t1 = v[7] + s1 + choice + round_constant[t] + w[t];
            memmove(v + 1, v, 7 * sizeof *v);
            v[4] += t1;
            v[0] = t1 + s0 + majority;
        }
        for (int i = 0; i < 8; i++) {
            state[i] += v[i];
        }
    }
}

/* Four rounds an instruction pair; the state lies as ABEF and CDGH. */
__attribute__((target("sha,sse4.1"))) static void
mix_sha(uint32_t state[8], const unsigned char *data, size_t blocks) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    const __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xF0);
    for (; blocks > 0; blocks--, data += BLOCK) {
        const __m128i old_abef = abef, old_cdgh = cdgh;
        __m128i w[4];
        for (int i = 0; i < 4; i++) {
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * i)), order);
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            const __m128i constant = _mm_load_si128((const __m128i *)(round_constant + 4 * i));
            const __m128i sum = _mm_add_epi32(w[i % 4], constant);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
            if (i < 12) {
                const __m128i last = w[(i + 3) % 4], third = w[(i + 2) % 4];
                const __m128i part = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
                w[i % 4] = _mm_sha256msg2_epu32(
                    _mm_add_epi32(part, _mm_alignr_epi8(last, third, 4)), last);
            }
        }
        abef = _mm_add_epi32(abef, old_abef);
        cdgh = _mm_add_epi32(cdgh, old_cdgh);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static int has_sha(void) {
    static int known; /* 0 = not asked yet, 1 = no, 2 = yes */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!answer) {
        unsigned a = 0, b = 0, c = 0, d = 0;
        const int sse41 = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3);
        answer = sse41 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) ? 2 : 1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer == 2;
}

static void mix(uint32_t state[8], const unsigned char *data, size_t blocks) {
    (has_sha() ? mix_sha : neural_sha256_mix_portable)(state, data, blocks);
}

void neural_sha256_begin(neural_sha256 *sha) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, start, sizeof start);
    sha->bytes = 0;
}

void neural_sha256_add(neural_sha256 *sha, const void *data, size_t bytes) {
    const unsigned char *at = data;
    const size_t held = sha->bytes % BLOCK;
    sha->bytes += bytes;
    if (held) {
        const size_t taken = bytes < BLOCK - held ? bytes : BLOCK - held;
        memcpy(sha->block + held, at, taken);
        at += taken;
        bytes -= taken;
        if (held + taken < BLOCK) {
            return;
        }
        mix(sha->state, sha->block, 1);
    }
    mix(sha->state, at, bytes / BLOCK);
    if (bytes % BLOCK) {
        memcpy(sha->block, at + bytes / BLOCK * BLOCK, bytes % BLOCK);
    }
}

void neural_sha256_end(neural_sha256 *sha, unsigned char out[32]) {
    static const unsigned char padding[BLOCK] = {0x80};
    const uint64_t bits = __builtin_bswap64(sha->bytes * 8);
    neural_sha256_add(sha, padding, 1 + (BLOCK - 9 - sha->bytes % BLOCK + BLOCK) % BLOCK);
    neural_sha256_add(sha, &bits, sizeof bits);
    for (int i = 0; i < 8; i++) {
        const uint32_t word = __builtin_bswap32(sha->state[i]);
        memcpy(out + 4 * i, &word, 4);
    }
}

void neural_sha256_end_text(neural_sha256 *sha, char out[NEURAL_SHA256_TEXT]) {
    static const char digit[] = "0123456789abcdef";
    unsigned char bytes[32];
    neural_sha256_end(sha, bytes);
    for (int i = 0; i < 32; i++) {
        out[2 * i] = digit[bytes[i] >> 4];
        out[2 * i + 1] = digit[bytes[i] & 15];
    }
    out[64] = '\0';
}
