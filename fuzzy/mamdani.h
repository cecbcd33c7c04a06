/* The simple way to fuzzy systems: memberships, connectives and defuzzifiers as plain functions,
 * and a Mamdani system of any number of inputs and one output that is built by calls with indices.
 *
 * fuzzy/system.h knows more (names, FLL, other kinds of inference) and is faster; results differ,
 * since samples here include both ends of the range and every degree above 0 counts. */
#ifndef FUZZY_MAMDANI_H_
#define FUZZY_MAMDANI_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- memberships --- */

/* 0 outside a ... c, 1 at b, straight between. A shoulder (a = b or b = c) belongs to the term, and
 * with an infinite end all beyond it does. NaN for NaN. */
NEURAL_API double neural_fuzzy_triangular(double x, double a, double b, double c);
/* 0 outside a ... d, 1 from b to c; shoulders as above. */
NEURAL_API double neural_fuzzy_trapezoidal(double x, double a, double b, double c, double d);
/* exp(-((x - mean) / sigma)^2 / 2); 0 for sigma <= 0. */
NEURAL_API double neural_fuzzy_gaussian(double x, double mean, double sigma);

/* --- connectives --- */

NEURAL_API double neural_fuzzy_and(double a, double b); /* min */
NEURAL_API double neural_fuzzy_or(double a, double b);  /* max */
NEURAL_API double neural_fuzzy_not(double a);           /* 1 - a */

/* --- defuzzifiers of n pairs: values x, memberships y; 0 for n < 1 and where all y are 0 --- */

NEURAL_API double neural_fuzzy_centroid(const double *x, const double *y, int64_t n);
/* The first x up to which the memberships sum up to half of their sum at least. */
NEURAL_API double neural_fuzzy_bisector(const double *x, const double *y, int64_t n);
/* The mean of the x of the largest membership. */
NEURAL_API double neural_fuzzy_mean_of_maximum(const double *x, const double *y, int64_t n);

/* --- the system --- */

typedef enum neural_mamdani_method {
    NEURAL_MAMDANI_CENTROID = 0,
    NEURAL_MAMDANI_BISECTOR = 1,
    NEURAL_MAMDANI_MEAN_OF_MAXIMUM = 2
} neural_mamdani_method;

typedef enum neural_mamdani_shape {
    NEURAL_MAMDANI_TRIANGULAR = 0,  /* a b c */
    NEURAL_MAMDANI_TRAPEZOIDAL = 1, /* a b c d */
    NEURAL_MAMDANI_GAUSSIAN = 2     /* mean sigma */
} neural_mamdani_shape;

typedef struct neural_mamdani neural_mamdani;

/* resolution: samples of the output's range, at least 2. Ranges are 0 ... 1 at first. */
NEURAL_API neural_status neural_mamdani_create(int64_t inputs, int64_t resolution,
                                               neural_mamdani_method method, neural_mamdani **out);
NEURAL_API void neural_mamdani_destroy(neural_mamdani *system); /* accepts NULL */

/* minimum < maximum, both finite. The range of an input is kept, and does not limit values. */
NEURAL_API neural_status neural_mamdani_set_input_range(neural_mamdani *system, int64_t input,
                                                        double minimum, double maximum);
NEURAL_API neural_status neural_mamdani_set_output_range(neural_mamdani *system, double minimum,
                                                         double maximum);

/* Terms count from 0 per variable. params are four; those that the shape does not take are not
 * read. NEURAL_ERR_INVALID_ARGUMENT for a NaN. */
NEURAL_API neural_status neural_mamdani_add_input_term(neural_mamdani *system, int64_t input,
                                                       neural_mamdani_shape shape,
                                                       const double params[4], int64_t *index);
NEURAL_API neural_status neural_mamdani_add_output_term(neural_mamdani *system,
                                                        neural_mamdani_shape shape,
                                                        const double params[4], int64_t *index);

/* If inputs[0] is terms[0] and ... then the output is `consequent`: strength = weight times the
 * smallest degree; weight >= 0. As many rules and conditions as memory holds. */
NEURAL_API neural_status neural_mamdani_add_rule(neural_mamdani *system, const int64_t *inputs,
                                                 const int64_t *terms, int64_t conditions,
                                                 int64_t consequent, double weight);

NEURAL_API int64_t neural_mamdani_inputs(const neural_mamdani *system);
NEURAL_API int64_t neural_mamdani_rules(const neural_mamdani *system);
NEURAL_API int64_t neural_mamdani_resolution(const neural_mamdani *system);
NEURAL_API neural_mamdani_method neural_mamdani_get_method(const neural_mamdani *system);

/* out [rows] for x [rows, inputs]: each rule clips its term at its strength, the maximum of them is
 * sampled and defuzzified; 0 where no rule fires. NEURAL_ERR_NAN_DETECTED names row and input, and
 * nothing is written. NEURAL_ERR_INVALID_ARGUMENT without rules. */
NEURAL_API neural_status neural_mamdani_evaluate(const neural_mamdani *system, const double *x,
                                                 int64_t rows, double *out);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_MAMDANI_H_ */
