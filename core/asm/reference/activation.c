/* Transcendental functions, activations and their gradients. */
#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/asm/reference/transcendental.h"

/* selu: SELU_SCALE * (x > 0 ? x : alpha * (exp(x) - 1)), Klambauer et al. 2017 */
#define SELU_SCALE 1.0507009873554805
#define SELU_SCALE_ALPHA 1.7580993408473766
#define INVERSE_SQRT_TWO_PI 0.3989422804014327
#define GELU_SLOPE 1.5957691216057308 /* 2 sqrt(2/pi) */
#define GELU_CUBE 0.07135481627260025 /* 0.044715 * GELU_SLOPE */

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* exp(-|x|), and sigmoid(x) and sigmoid(-x) = 1 - sigmoid(x) from it without cancellation */
typedef struct sigmoid_pair {
    double bell, rising, falling;
} sigmoid_pair;

static sigmoid_pair sigmoid_both(double x) {
    const double e = neural_reference_exp(-fabs(x)), high = 1 / (1 + e), low = e / (1 + e);
    return x < 0 ? (sigmoid_pair){e, low, high} : (sigmoid_pair){e, high, low};
}

/* max(x, 0) - |x| Phi(-|x|) */
static double gelu(double x) {
    const double tail = neural_reference_normal_tail_times(x);
    return x < 0 ? -tail : x - tail;
}

static double gelu_slope(double x) {
    double bell;
    const double ratio = neural_reference_normal_tail(x, &bell), tail = ratio * bell;
    return (x < 0 ? tail : 1 - tail) + clamp(x, -39, 39) * bell * INVERSE_SQRT_TWO_PI;
}

static double gelu_tanh(double x) {
    return neural_reference_sigmoid_times(x, x * (GELU_SLOPE + GELU_CUBE * x * x));
}

static double gelu_tanh_slope(double x) {
    const double c = clamp(x, -39, 39);
    const sigmoid_pair s = sigmoid_both(c * (GELU_SLOPE + GELU_CUBE * c * c));
    return s.rising + s.rising * s.falling * c * (GELU_SLOPE + 3 * GELU_CUBE * c * c);
}

static double silu_slope(double x) {
    const sigmoid_pair s = sigmoid_both(x);
    return s.rising + s.rising * s.falling * clamp(x, -800, 800);
}

static double softplus(double x) {
    return (x < 0 ? 0 : x) + neural_reference_log1p(neural_reference_exp(-fabs(x)));
}

/* tanh(softplus(x)) = t / (t + 2 s) with, for g = exp(-|x|), t = 1 + 2g, s = g^2 where x >= 0 and
 * t = g (g + 2), s = 1 elsewhere; the scale of g is applied last. */
static double mish(double x) {
    double n;
    const double p = neural_reference_exp_parts(-fabs(x), &n);
    const double g = neural_reference_scale(p, n), t = x < 0 ? g * (g + 2) : 1 + 2 * g;
    if (!(x < 0)) {
        return x * (t / (t + 2 * g * g));
    }
    return neural_reference_scale(clamp(x, -800, 0) * (p * (g + 2) / (t + 2)), n);
}

/* T + x sigmoid(x) (1 - T)(1 + T) with T = tanh(softplus(x)) */
static double mish_slope(double x) {
    const sigmoid_pair s = sigmoid_both(x);
    const double g = s.bell, t = x < 0 ? g * (g + 2) : 1 + 2 * g, rest = x < 0 ? 2 : 2 * g * g;
    const double squared_sech = rest / (t + rest) * ((2 * t + rest) / (t + rest));
    return t / (t + rest) + clamp(x, -800, 800) * s.rising * squared_sech;
}

#define T float
#define NAME(op) neural_##op##_f32_c
#include "core/asm/reference/activation_template.inc"
#undef T
#undef NAME

#define T double
#define NAME(op) neural_##op##_f64_c
#include "core/asm/reference/activation_template.inc"
#undef T
#undef NAME
