/* Shapes of fuzzy terms: the degree to which x belongs to a term, and its inverse. A shape is
 * stateless: its parameters, in fuzzylite's order, come with each call. */
#ifndef FUZZY_SHAPE_H_
#define FUZZY_SHAPE_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* h is the height. Infinite ends are shoulders; equal ones (a = b) are vertical and belong to the
 * term. Ends are compared within 1e-6 (fuzzy/near.h). */
typedef enum neural_fuzzy_shape {
    NEURAL_FUZZY_TRIANGLE = 0,     /* a b c: 0 at a, h at b, 0 at c */
    NEURAL_FUZZY_TRAPEZOID = 1,    /* a b c d: 0 at a, h from b to c, 0 at d */
    NEURAL_FUZZY_RECTANGLE = 2,    /* start end: h between them */
    NEURAL_FUZZY_DISCRETE = 3,     /* x1 y1 x2 y2 ...: lines between them, flat outside */
    NEURAL_FUZZY_SEMI_ELLIPSE = 4, /* start end: h sqrt(r^2 - (x - center)^2) / r */
    NEURAL_FUZZY_BELL = 5,         /* center width slope: h / (1 + |(x - center) / width|^2slope) */
    NEURAL_FUZZY_COSINE = 6,       /* center width: h (1 + cos(2 pi (x - center) / width)) / 2 */
    NEURAL_FUZZY_GAUSSIAN = 7,     /* mean sd: h exp(-(x - mean)^2 / (2 sd^2)) */
    NEURAL_FUZZY_GAUSSIAN_PRODUCT = 8, /* mean1 sd1 mean2 sd2: Gaussian below mean1 times Gaussian
                                          above mean2 */
    NEURAL_FUZZY_PI_SHAPE = 9,         /* a b c d: SShape(a, b) ZShape(c, d) */
    NEURAL_FUZZY_SIGMOID_DIFFERENCE = 10, /* left rising falling right: h |sigmoid(left, rising) -
                                             sigmoid(right, falling)| */
    NEURAL_FUZZY_SIGMOID_PRODUCT = 11,    /* left rising falling right: their product */
    NEURAL_FUZZY_SPIKE = 12,              /* center width: h exp(-|10 (x - center) / width|) */
    NEURAL_FUZZY_ARC = 13,      /* start end: a quarter ellipse up from start to end, then h */
    NEURAL_FUZZY_BINARY = 14,   /* start direction: h from start on towards direction (+-inf) */
    NEURAL_FUZZY_CONCAVE = 15,  /* inflection end: h (end - inflection) / (2 end - inflection - x)
                                   up to end, then h */
    NEURAL_FUZZY_RAMP = 16,     /* start end: a line from 0 to h; 0 where start = end */
    NEURAL_FUZZY_SIGMOID = 17,  /* inflection slope: h / (1 + exp(-slope (x - inflection))) */
    NEURAL_FUZZY_S_SHAPE = 18,  /* start end: two parabolas from 0 up to h */
    NEURAL_FUZZY_Z_SHAPE = 19,  /* start end: two parabolas from h down to 0 */
    NEURAL_FUZZY_CONSTANT = 20, /* k: Takagi-Sugeno of order 0 */
    NEURAL_FUZZY_LINEAR = 21,   /* c1 c2 ... c0: c0 + sum of ci times input i (order 1) */
    NEURAL_FUZZY_FUNCTION = 22  /* a formula in x and the variables (fuzzy/expression.h) */
} neural_fuzzy_shape;

/* "SShape"; NULL for an unknown shape. */
NEURAL_API const char *neural_fuzzy_shape_name(neural_fuzzy_shape shape);
/* NEURAL_ERR_INVALID_ARGUMENT suggests a known name. */
NEURAL_API neural_status neural_fuzzy_shape_find(const char *name, neural_fuzzy_shape *out);

/* How many parameters the shape takes without the height; -1: as many as there are (Discrete,
 * Linear) or none at all (Function). */
NEURAL_API int neural_fuzzy_shape_params(neural_fuzzy_shape shape);

/* NEURAL_OK when the number of parameters fits, none is NaN and the x of Discrete increase. */
NEURAL_API neural_status neural_fuzzy_shape_check(neural_fuzzy_shape shape, const double *params,
                                                  int64_t count, double height);

/* The degree of x, of parameters that have passed the check. NaN for x = NaN, and for Linear and
 * Function, which know more than x. */
NEURAL_API double neural_fuzzy_membership(neural_fuzzy_shape shape, const double *params,
                                          int64_t count, double height, double x);
/* dst[i] = the degree of x[i]. */
NEURAL_API void neural_fuzzy_membership_all(neural_fuzzy_shape shape, const double *params,
                                            int64_t count, double height, double *dst,
                                            const double *x, int64_t len);

/* 1 for Arc, Concave, Ramp, Sigmoid, SShape and ZShape, which Tsukamoto's inference turns round. */
NEURAL_API int neural_fuzzy_shape_is_monotonic(neural_fuzzy_shape shape);

/* The x that belongs to a degree, of a monotonic shape; minimum and maximum stand for the infinite
 * ends of Sigmoid. Other shapes: the membership of the degree itself, as in fuzzylite. */
NEURAL_API double neural_fuzzy_tsukamoto(neural_fuzzy_shape shape, const double *params,
                                         int64_t count, double height, double degree,
                                         double minimum, double maximum);

/* 1 where the membership consists of straight lines: Triangle, Trapezoid, Rectangle, Discrete,
 * Binary, Ramp and Constant. */
NEURAL_API int neural_fuzzy_shape_is_linear(neural_fuzzy_shape shape);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_SHAPE_H_ */
