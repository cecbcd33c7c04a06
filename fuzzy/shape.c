#include "fuzzy/shape.h"

#include <math.h>
#include <string.h>

#include "core/base/suggest.h"
#include "fuzzy/near.h"

enum { ANY_NUMBER = -1 };

typedef struct shape_row {
    const char *name;
    int params;
} shape_row;

static const shape_row shapes[] = {
    {"Triangle", 3},
    {"Trapezoid", 4},
    {"Rectangle", 2},
    {"Discrete", ANY_NUMBER},
    {"SemiEllipse", 2},
    {"Bell", 3},
    {"Cosine", 2},
    {"Gaussian", 2},
    {"GaussianProduct", 4},
    {"PiShape", 4},
    {"SigmoidDifference", 4},
    {"SigmoidProduct", 4},
    {"Spike", 2},
    {"Arc", 2},
    {"Binary", 2},
    {"Concave", 2},
    {"Ramp", 2},
    {"Sigmoid", 2},
    {"SShape", 2},
    {"ZShape", 2},
    {"Constant", 1},
    {"Linear", ANY_NUMBER},
    {"Function", ANY_NUMBER},
};
enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

const char *neural_fuzzy_shape_name(neural_fuzzy_shape shape) {
    return (unsigned)shape < SHAPE_COUNT ? shapes[shape].name : NULL;
}

neural_status neural_fuzzy_shape_find(const char *name, neural_fuzzy_shape *out) {
    const char *names[SHAPE_COUNT];
    NEURAL_REQUIRE(name && out, NEURAL_ERR_NULL_POINTER, "shape_find: name and out must be given");
    for (int i = 0; i < SHAPE_COUNT; i++) {
        names[i] = shapes[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = (neural_fuzzy_shape)i;
            return NEURAL_OK;
        }
    }
    return neural_error_unknown_word("shape", name, names, SHAPE_COUNT);
}

int neural_fuzzy_shape_params(neural_fuzzy_shape shape) {
    return (unsigned)shape < SHAPE_COUNT ? shapes[shape].params : ANY_NUMBER;
}

static neural_status check_discrete(const double *params, int64_t count) {
    NEURAL_REQUIRE(count >= 2 && count % 2 == 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "Discrete: %lld parameters, expected pairs x y", (long long)count);
    for (int64_t i = 2; i < count; i += 2) {
        NEURAL_REQUIRE(params[i] >= params[i - 2], NEURAL_ERR_INVALID_ARGUMENT,
                       "Discrete: x %g follows %g, expected increasing x", params[i],
                       params[i - 2]);
    }
    return NEURAL_OK;
}

neural_status neural_fuzzy_shape_check(neural_fuzzy_shape shape, const double *params,
                                       int64_t count, double height) {
    NEURAL_REQUIRE((unsigned)shape < SHAPE_COUNT, NEURAL_ERR_INVALID_ARGUMENT,
                   "shape %d is unknown, expected 0 ... %d", (int)shape, SHAPE_COUNT - 1);
    NEURAL_REQUIRE(params || count == 0, NEURAL_ERR_NULL_POINTER, "%s: params must be given",
                   shapes[shape].name);
    NEURAL_REQUIRE(shapes[shape].params < 0 ? count >= 0 : count == shapes[shape].params,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: %lld parameters, expected %d",
                   shapes[shape].name, (long long)count, shapes[shape].params);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(!isnan(params[i]), NEURAL_ERR_INVALID_ARGUMENT, "%s: parameter %lld is NaN",
                       shapes[shape].name, (long long)i + 1);
    }
    NEURAL_REQUIRE(isfinite(height), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: height is %g, expected a number", shapes[shape].name, height);
    if (shape == NEURAL_FUZZY_DISCRETE) {
        return check_discrete(params, count);
    }
    NEURAL_REQUIRE(shape != NEURAL_FUZZY_LINEAR || count >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "Linear: no parameters, expected c1 ... cn c0");
    return NEURAL_OK;
}

/* --- formulas, of height 1; p are the parameters --- */

static double clamped(double degree) {
    return degree < 0 ? 0 : degree > 1 ? 1 : degree;
}

static double trapezoid(const double *p, double b, double c, double d, double x) {
    if (neural_is_below(x, p[0]) || neural_is_above(x, d)) {
        return 0;
    }
    if (neural_is_below(x, b)) {
        return p[0] == -INFINITY ? 1 : clamped((x - p[0]) / (b - p[0]));
    }
    if (!neural_is_above(x, c)) {
        return 1;
    }
    return d == INFINITY ? 1 : clamped((d - x) / (d - c));
}

static double discrete(const double *p, int64_t count, double x) {
    int64_t low = 0, high = count / 2 - 1;
    if (x <= p[0]) {
        return p[1];
    }
    if (x >= p[2 * high]) {
        return p[2 * high + 1];
    }
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (p[2 * middle] <= x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const double *a = p + 2 * low, *b = p + 2 * high;
    return a[1] + (b[1] - a[1]) * ((x - a[0]) / (b[0] - a[0]));
}

static double ellipse(double center, double radius, double x) {
    const double square = radius * radius - (x - center) * (x - center);
    return square <= 0 ? 0 : sqrt(square) / fabs(radius);
}

static double semi_ellipse(const double *p, double x) {
    const double low = fmin(p[0], p[1]), high = fmax(p[0], p[1]);
    if (neural_is_below(x, low) || neural_is_above(x, high)) {
        return 0;
    }
    return low == high ? 1 : ellipse((low + high) / 2, (high - low) / 2, x);
}

/* 1 at and beyond the end of a shape that rises (end > start) or falls towards it. */
static int is_past(double start, double end, double x) {
    return neural_is_near(x, end) || (start <= end ? x >= end : x <= end);
}

static double arc(const double *p, double x) {
    if (is_past(p[0], p[1], x)) {
        return 1;
    }
    return (p[0] <= p[1] ? x <= p[0] : x >= p[0]) ? 0 : ellipse(p[1], p[1] - p[0], x);
}

static double cosine(const double *p, double x) {
    if (neural_is_below(x, p[0] - p[1] / 2) || neural_is_above(x, p[0] + p[1] / 2)) {
        return 0;
    }
    return 0.5 * (1 + cos(2 / p[1] * M_PI * (x - p[0])));
}

static double gaussian(double mean, double deviation, double x) {
    return exp(-((x - mean) * (x - mean)) / (2 * deviation * deviation));
}

static double gaussian_product(const double *p, double x) {
    const double below = neural_is_below(x, p[0]) ? gaussian(p[0], p[1], x) : 1;
    return neural_is_above(x, p[2]) ? below * gaussian(p[2], p[3], x) : below;
}

/* From 0 at start to 1 at end. */
static double s_shape(double start, double end, double x) {
    if (!neural_is_above(x, start)) {
        return 0;
    }
    if (!neural_is_below(x, end)) {
        return 1;
    }
    const double part = (x - start) / (end - start), rest = (x - end) / (end - start);
    return x <= 0.5 * (start + end) ? 2 * part * part : 1 - 2 * rest * rest;
}

/* From 1 at start to 0 at end; where both are one point, it belongs to the term. */
static double z_shape(double start, double end, double x) {
    if (!neural_is_above(x, start)) {
        return 1;
    }
    return 1 - s_shape(start, end, x);
}

static double sigmoid(double inflection, double slope, double x) {
    return 1 / (1 + exp(-slope * (x - inflection)));
}

static double binary(const double *p, double x) {
    return (p[1] > p[0] && !neural_is_below(x, p[0])) || (p[1] < p[0] && !neural_is_above(x, p[0]));
}

static double concave(const double *p, double x) {
    const double inflection = p[0], end = p[1];
    if (is_past(inflection, end, x)) {
        return 1;
    }
    return (end - inflection) / (2 * end - inflection - x);
}

static double ramp(const double *p, double x) {
    if (neural_is_near(p[0], p[1])) {
        return 0;
    }
    if (p[0] < p[1] ? x <= p[0] : x >= p[0]) {
        return 0;
    }
    return is_past(p[0], p[1], x) ? 1 : (x - p[0]) / (p[1] - p[0]);
}

static double of_height_1(neural_fuzzy_shape shape, const double *p, int64_t count, double x) {
    switch (shape) {
    case NEURAL_FUZZY_TRIANGLE:
        return trapezoid(p, p[1], p[1], p[2], x);
    case NEURAL_FUZZY_TRAPEZOID:
        return trapezoid(p, p[1], p[2], p[3], x);
    case NEURAL_FUZZY_RECTANGLE:
        return !neural_is_below(x, fmin(p[0], p[1])) && !neural_is_above(x, fmax(p[0], p[1]));
    case NEURAL_FUZZY_DISCRETE:
        return discrete(p, count, x);
    case NEURAL_FUZZY_SEMI_ELLIPSE:
        return semi_ellipse(p, x);
    case NEURAL_FUZZY_BELL:
        return 1 / (1 + pow(fabs((x - p[0]) / p[1]), 2 * p[2]));
    case NEURAL_FUZZY_COSINE:
        return cosine(p, x);
    case NEURAL_FUZZY_GAUSSIAN:
        return gaussian(p[0], p[1], x);
    case NEURAL_FUZZY_GAUSSIAN_PRODUCT:
        return gaussian_product(p, x);
    case NEURAL_FUZZY_PI_SHAPE:
        return s_shape(p[0], p[1], x) * z_shape(p[2], p[3], x);
    case NEURAL_FUZZY_SIGMOID_DIFFERENCE:
        return fabs(sigmoid(p[0], p[1], x) - sigmoid(p[3], p[2], x));
    case NEURAL_FUZZY_SIGMOID_PRODUCT:
        return sigmoid(p[0], p[1], x) * sigmoid(p[3], p[2], x);
    case NEURAL_FUZZY_SPIKE:
        return exp(-fabs(10 / p[1] * (x - p[0])));
    case NEURAL_FUZZY_ARC:
        return arc(p, x);
    case NEURAL_FUZZY_BINARY:
        return binary(p, x);
    case NEURAL_FUZZY_CONCAVE:
        return concave(p, x);
    case NEURAL_FUZZY_RAMP:
        return ramp(p, x);
    case NEURAL_FUZZY_SIGMOID:
        return sigmoid(p[0], p[1], x);
    case NEURAL_FUZZY_S_SHAPE:
        return s_shape(p[0], p[1], x);
    case NEURAL_FUZZY_Z_SHAPE:
        return z_shape(p[0], p[1], x);
    default:
        return NAN;
    }
}

double neural_fuzzy_membership(neural_fuzzy_shape shape, const double *params, int64_t count,
                               double height, double x) {
    if (isnan(x)) {
        return NAN;
    }
    if (shape == NEURAL_FUZZY_CONSTANT) {
        return params[0];
    }
    return height * of_height_1(shape, params, count, x);
}

void neural_fuzzy_membership_all(neural_fuzzy_shape shape, const double *params, int64_t count,
                                 double height, double *dst, const double *x, int64_t len) {
    for (int64_t i = 0; i < len; i++) {
        dst[i] = neural_fuzzy_membership(shape, params, count, height, x[i]);
    }
}

/* --- inverse --- */

int neural_fuzzy_shape_is_monotonic(neural_fuzzy_shape shape) {
    return shape == NEURAL_FUZZY_ARC || shape == NEURAL_FUZZY_CONCAVE ||
           shape == NEURAL_FUZZY_RAMP || shape == NEURAL_FUZZY_SIGMOID ||
           shape == NEURAL_FUZZY_S_SHAPE || shape == NEURAL_FUZZY_Z_SHAPE;
}

/* The x where s_shape is w. */
static double s_shape_inverse(double start, double end, double w) {
    return w <= 0.5 ? start + (end - start) * sqrt(w / 2) : end - (end - start) * sqrt((1 - w) / 2);
}

static double sigmoid_inverse(const double *p, double w, double minimum, double maximum) {
    if (neural_is_near(w, 1)) {
        return p[1] >= 0 ? maximum : minimum;
    }
    if (neural_is_near(w, 0)) {
        return p[1] >= 0 ? minimum : maximum;
    }
    return p[0] - log(1 / w - 1) / p[1];
}

double neural_fuzzy_tsukamoto(neural_fuzzy_shape shape, const double *params, int64_t count,
                              double height, double degree, double minimum, double maximum) {
    const double *p = params;
    const double w = degree / height;
    switch (shape) {
    case NEURAL_FUZZY_RAMP:
        return p[0] + (p[1] - p[0]) * w;
    case NEURAL_FUZZY_CONCAVE:
        return (p[0] - p[1]) / w + 2 * p[1] - p[0];
    case NEURAL_FUZZY_SIGMOID:
        return sigmoid_inverse(p, w, minimum, maximum);
    case NEURAL_FUZZY_S_SHAPE:
        return s_shape_inverse(p[0], p[1], w);
    case NEURAL_FUZZY_Z_SHAPE:
        return s_shape_inverse(p[0], p[1], 1 - w);
    case NEURAL_FUZZY_ARC:
        return p[1] - (p[1] - p[0]) * sqrt(fmax(0, 1 - w * w));
    default:
        return neural_fuzzy_membership(shape, params, count, height, degree);
    }
}

int neural_fuzzy_shape_is_linear(neural_fuzzy_shape shape) {
    return shape == NEURAL_FUZZY_TRIANGLE || shape == NEURAL_FUZZY_TRAPEZOID ||
           shape == NEURAL_FUZZY_RECTANGLE || shape == NEURAL_FUZZY_DISCRETE ||
           shape == NEURAL_FUZZY_BINARY || shape == NEURAL_FUZZY_RAMP ||
           shape == NEURAL_FUZZY_CONSTANT;
}
