/* From the words of a Philox block to numbers: the definitions behind random.h, which the kernels
 * of core/asm repeat operation by operation. No libm and no fused multiply-add: every result has
 * the same bits on every machine. */
#ifndef CORE_BASE_RANDOM_VALUES_H_
#define CORE_BASE_RANDOM_VALUES_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float neural_word_uniform(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

static inline double neural_pair_uniform(uint64_t pair) {
    return (double)(pair >> 11) * 0x1p-53;
}

/* Box & Muller 1958: with u uniform in (0, 1] and an angle a, sqrt(-2 ln u) cos(a) and
 * sqrt(-2 ln u) sin(a) are independent normal numbers. The angle comes as pi/2 (w + 1/2) within a
 * quarter, w in [-1/2, 1/2], and two signs; cos and sin of the quarter are C - S and C + S,
 * C = cos(pi/2 w)/sqrt(2), S = sin(pi/2 w)/sqrt(2). The polynomials are minimax (Remez exchange in
 * 50 digits). u = 2^k (1 + f), 1/sqrt(2) <= 1 + f < sqrt(2). */

/* c[0] + x (c[1] + x (c[2] + ...)) */
static inline float neural_horner_f32(const float *c, int degree, float x) {
    float sum = c[degree];
    for (int i = degree - 1; i >= 0; i--) {
        sum = sum * x + c[i];
    }
    return sum;
}

static inline double neural_horner_f64(const double *c, int degree, double x) {
    double sum = c[degree];
    for (int i = degree - 1; i >= 0; i--) {
        sum = sum * x + c[i];
    }
    return sum;
}

/* Two normal numbers from two words: u = (radius + 1/2) / 2^32; the upper two bits of `angle` are
 * the signs of out[0] and out[1], the others w. */
static inline void neural_normal_pair_f32(uint32_t radius, uint32_t angle, float out[2]) {
    /* -2 ln(1 + f) / f, error 2^-25.2; S/w and C in w^2, errors 2^-28.1 and 2^-34.8 */
    static const float log_f[] = {-2.0f,       0.99999976f, -0.66668373f, 0.5000415f,  -0.3991366f,
                                  0.33124825f, -0.2990464f, 0.28733477f,  -0.17444193f};
    static const float sine[] = {1.1107208f, -0.45676515f, 0.05634243f, -0.0032542306f};
    static const float cosine[] = {0.70710677f, -0.872358f, 0.17937121f, -0.014750298f,
                                   0.0006389641f};
    const float u = (float)radius * 0x1p-32f + 0x1p-33f;
    uint32_t bits;
    memcpy(&bits, &u, sizeof(bits));
    bits += 0x3f800000 - 0x3f3504f3; /* 1/sqrt(2) becomes 1 */
    const float k = (float)((int32_t)(bits >> 23) - 127);
    bits = (bits & 0x007fffff) + 0x3f3504f3;
    float f;
    memcpy(&f, &bits, sizeof(f));
    f -= 1.0f;
    const float r = sqrtf(neural_horner_f32(log_f, 8, f) * f + k * -1.3862944f);
    const float w = (float)(int32_t)(angle << 2) * 0x1p-32f, z = w * w;
    const float c = neural_horner_f32(cosine, 4, z), s = neural_horner_f32(sine, 3, z) * w;
    const float first = (c - s) * r, second = (c + s) * r;
    out[0] = angle >> 31 ? -first : first;
    out[1] = angle >> 30 & 1 ? -second : second;
}

/* Two normal numbers from two pairs of words: u = (upper 52 bits of `radius` + 1/2) / 2^52; the
 * upper two bits of `angle` are the signs, the lower 52 are w. */
static inline void neural_normal_pair_f64(uint64_t radius, uint64_t angle, double out[2]) {
    /* -2 ln(1 + f) / q in q^2, q = f/(2 + f), error 2^-59.6; S/w, C: errors 2^-58, 2^-65.3 */
    static const double log_q[] = {
        -4.0,
        -1.333333333333353,
        -0.7999999999859777,
        -0.5714285752269239,
        -0.44444393976555857,
        -0.3636727018670642,
        -0.30624887532944267,
        -0.2962105967062466,
    };
    static const double sine[] = {
        1.1107207345395915,    -0.45676559374971354,   0.0563511964291421,
        -0.003310500094827398, 0.00011344902567841921, -2.544625143395045e-06,
        3.983796136282745e-08,
    };
    static const double cosine[] = {
        0.7071067811865476,     -0.8723580249548599,    0.17937142921708463,
        -0.014752708726892456,  0.0006500151735504632,  -1.7820531100977825e-05,
        3.3309041066993295e-07, -4.469806499259497e-09,
    };
    uint64_t bits = radius >> 12 | 0x3ff0000000000000;
    double f, w;
    memcpy(&f, &bits, sizeof(f));
    const double u = f - (1 - 0x1p-53); /* exact */
    memcpy(&bits, &u, sizeof(bits));
    bits += 0x3ff0000000000000 - 0x3fe6a09e667f3bcd;
    const double k = (double)((int64_t)(bits >> 52) - 1023);
    bits = (bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd;
    memcpy(&f, &bits, sizeof(f));
    f -= 1.0;
    const double q = f / (f + 2.0);
    const double r = sqrt(neural_horner_f64(log_q, 7, q * q) * q + k * -1.3862943611198906);
    bits = (angle & 0x000fffffffffffff) | 0x3ff0000000000000;
    memcpy(&w, &bits, sizeof(w));
    w -= 1.5;
    const double c = neural_horner_f64(cosine, 7, w * w), s = neural_horner_f64(sine, 6, w * w) * w;
    const double first = (c - s) * r, second = (c + s) * r;
    out[0] = angle >> 63 ? -first : first;
    out[1] = angle >> 62 & 1 ? -second : second;
}

#endif /* CORE_BASE_RANDOM_VALUES_H_ */
