#include "core/asm/reference/transcendental.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ln 2 in two parts; the high one has 32 bits, so that n * LN2_HIGH is exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define LOG2_E 1.4426950408889634
#define ROUNDER 0x1.8p52 /* x + ROUNDER - ROUNDER is x rounded to an integer */

/* Minimax polynomials, lowest power first. */

/* (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2, error 2^-57 of exp(r) */
static const double exp_coefficients[] = {
    0.5000000000000006,    0.16666666666666685,    0.04166666666657368,   0.00833333333331459,
    0.001388888893235802,  0.00019841269903029946, 2.480150447221517e-05, 2.755722795835278e-06,
    2.762631560509637e-07, 2.5114470507942617e-08};

/* (log((1 + s)/(1 - s)) - 2s) / s^3 in s^2 for 1/sqrt(2) <= (1 + s)/(1 - s) <= sqrt(2) */
static const double log_coefficients[] = {
    0.6666666666666735,  0.3999999999941109,  0.2857142874326311, 0.22222198475955784,
    0.18183569740750702, 0.15313903236519277, 0.14797507692233355};

/* (tanh(x) - x) / x^3 in x^2 for |x| <= 1 */
static const double tanh_coefficients[] = {
    -0.33333333333333215,   0.1333333333331238,    -0.053968253958745806,  0.021869488336358496,
    -0.008863233122243614,  0.0035921094770767995, -0.0014557367610428247, 0.0005896624138708255,
    -0.0002381331892739125, 9.490011288096062e-05, -3.622622412473439e-05, 1.244445967090871e-05,
    -3.470183698307234e-06, 6.692245087000054e-07, -6.462926425662165e-08};

/* (a + 4) * exp(a^2/2) * Phi(-a) in (a - 4)/(a + 4) for 0 <= a <= 39 */
static const double normal_coefficients[] = {
    0.7552851304157515,      -0.6078966419718921,     0.38713740074221487,
    -0.18652185795965862,    0.06039657489091965,     -0.007540188966683537,
    -0.0034796923670201243,  0.0016308184569825673,   0.00013334430815203539,
    -0.00023109493070940648, -1.908229968923265e-06,  3.514466777319749e-05,
    7.165464614291712e-07,   -5.9201335553560665e-06, -6.293707411364982e-07,
    1.0215259032838627e-06,  2.7123203249791544e-07,  -1.550294726592639e-07,
    -8.478031731109868e-08,  1.3454311725316922e-08,  1.922831451025545e-08,
    1.7573040970086578e-09,  -2.416404563249594e-09,  -6.709087962072067e-10};

#define POLYNOMIAL(c, x) polynomial(c, (int)(sizeof(c) / sizeof((c)[0])), x)

static double polynomial(const double *c, int count, double x) {
    double sum = c[count - 1];
    for (int i = count - 2; i >= 0; i--) {
        sum = sum * x + c[i];
    }
    return sum;
}

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* 2^n for -1022 <= n <= 1023 */
static double power_of_two(double n) {
    const uint64_t bits = (uint64_t)((int64_t)n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof(power));
    return power;
}

double neural_reference_scale(double p, double n) {
    const double half = n * 0.5 + ROUNDER - ROUNDER;
    return p * power_of_two(half) * power_of_two(n - half);
}

/* exp(r) - 1 for x = n ln 2 + r. h = x - n LN2_HIGH is exact and takes the place of r in the sum
 * h + (r^2 P(r) - n LN2_LOW), so that the rounding of r is not felt. */
static double expm1_parts(double x, double *n) {
    *n = x * LOG2_E + ROUNDER - ROUNDER;
    const double h = x - *n * LN2_HIGH, r = h - *n * LN2_LOW;
    return h + (POLYNOMIAL(exp_coefficients, r) * r * r - *n * LN2_LOW);
}

double neural_reference_exp_parts(double x, double *n) {
    if (x != x) {
        *n = 0;
        return x;
    }
    return 1 + expm1_parts(clamp(x, -800, 800), n);
}

double neural_reference_exp(double x) {
    double n;
    const double p = neural_reference_exp_parts(x, &n);
    return neural_reference_scale(p, n);
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), the sum in the order that keeps small x exact */
double neural_reference_expm1(double x) {
    double n;
    if (x != x || x > 700) {
        return neural_reference_exp(x);
    }
    const double rest = expm1_parts(clamp(x, -50, 700), &n), power = power_of_two(n);
    return power * rest + (power - 1);
}

/* k ln 2 + log(1 + f): with s = f/(2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + s^2 P(s^2)) */
static double log_sum(double f, double k) {
    const double s = f / (2 + f), z = s * s, square = 0.5 * f * f;
    const double rest = s * (square + z * POLYNOMIAL(log_coefficients, z));
    return k * LN2_HIGH - ((square - (rest + k * LN2_LOW)) - f);
}

double neural_reference_log(double x) {
    if (!(x > 0) || x > DBL_MAX) {
        return x < 0 ? (double)NAN : x == 0 ? -(double)INFINITY : x;
    }
    const int is_subnormal = x < DBL_MIN;
    double mantissa = is_subnormal ? x * 0x1p54 : x;
    uint64_t bits;
    memcpy(&bits, &mantissa, sizeof(bits));
    bits += 0x3ff0000000000000 - 0x3fe6a09e667f3bcd; /* 1/sqrt(2) becomes 1 */
    const double k = (double)((int64_t)(bits >> 52) - 1023 - (is_subnormal ? 54 : 0));
    bits = (bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd;
    memcpy(&mantissa, &bits, sizeof(bits));
    return log_sum(mantissa - 1, k);
}

double neural_reference_log1p(double e) {
    return e > 0.41421356237309503 ? log_sum(0.5 * (e - 1), 1) : log_sum(e, 0);
}

/* Beyond 1 the error of 1 - 2/(exp(2|x|) + 1) is that of its last rounding. */
double neural_reference_tanh(double x) {
    const double z = x * x, magnitude = fabs(x);
    if (!(magnitude > 1)) {
        return x + x * (z * POLYNOMIAL(tanh_coefficients, z));
    }
    return copysign(1 - 2 / (neural_reference_exp(2 * clamp(magnitude, 0, 40)) + 1), x);
}

/* The upper half of the mantissa: its square is exact. */
static double upper_half(double a) {
    uint64_t bits;
    memcpy(&bits, &a, sizeof(bits));
    bits &= ~UINT64_C(0x7ffffff);
    double high;
    memcpy(&high, &bits, sizeof(high));
    return high;
}

/* exp(-a^2/2) with a^2 in two parts: the rounding of a^2 would be magnified a^2/2 times. */
static double gauss(double a) {
    const double high = upper_half(a);
    return neural_reference_exp(-0.5 * high * high) *
           neural_reference_exp(-0.5 * (a - high) * (a + high));
}

double neural_reference_normal_tail(double x, double *bell) {
    const double a = clamp(fabs(x), 0, 39), inverse = 1 / (a + 4);
    *bell = gauss(a);
    return inverse * POLYNOMIAL(normal_coefficients, (a - 4) * inverse);
}

/* As above, every factor with 11 bits more, which one rounding ends. */
double neural_reference_normal_tail_times(double x) {
    if (x != x) {
        return x;
    }
    const double a = clamp(fabs(x), 0, 39), high = upper_half(a), square = -0.5 * high * high;
    const double n = square * LOG2_E + ROUNDER - ROUNDER;
    const long double r =
        square - n * LN2_HIGH - (long double)n * LN2_LOW - 0.5L * (a - high) * (a + high);
    const long double p = 1 + (r + r * r * POLYNOMIAL(exp_coefficients, (double)r));
    const int count = (int)(sizeof(normal_coefficients) / sizeof(normal_coefficients[0]));
    const long double inverse = 1 / (a + 4.0L), t = (a - 4.0L) * inverse;
    long double sum = normal_coefficients[count - 1];
    for (int i = count - 2; i >= 0; i--) {
        sum = sum * t + normal_coefficients[i];
    }
    return neural_reference_scale((double)(a * inverse * sum * p), n);
}

/* With e = exp(-|x|): q = e/(1 + e) below 0, 1 - q above. What the roundings of e and 1 + e left
 * behind comes back as one correction, to which 1/(1 + e) is 1 - q. */
double neural_reference_sigmoid(double x) {
    double n;
    if (x != x) {
        return x;
    }
    const double m = expm1_parts(clamp(-fabs(x), -800, 0), &n), p = 1 + m;
    const double e = neural_reference_scale(p, n);
    const double e_rest = neural_reference_scale(m - (p - 1), n);
    const double sum = 1 + e, sum_rest = e - (sum - 1) + e_rest, q = e / sum;
    const double low = q + (1 - q) * (e_rest - q * sum_rest);
    return x < 0 ? low : 1 - low;
}

double neural_reference_sigmoid_times(double x, double v) {
    double n;
    const double p = neural_reference_exp_parts(-fabs(v), &n);
    const double e = neural_reference_scale(p, n);
    if (!(v < 0)) {
        return x / (1 + e);
    }
    return neural_reference_scale(clamp(x, -800, 800) * p / (1 + e), n);
}
