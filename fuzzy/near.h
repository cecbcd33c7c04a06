/* Comparisons that fuzzy systems use: values nearer than NEURAL_FUZZY_NEAR are equal, so that an
 * input that misses an edge by rounding is on it. The tolerance is fuzzylite's. */
#ifndef FUZZY_NEAR_H_
#define FUZZY_NEAR_H_

#include <math.h>

#define NEURAL_FUZZY_NEAR 1e-6

static inline int neural_is_near(double a, double b) {
    return a == b || fabs(a - b) < NEURAL_FUZZY_NEAR || (a != a && b != b);
}
/* False where either is NaN. */
static inline int neural_is_below(double a, double b) {
    return a < b && !neural_is_near(a, b);
}
static inline int neural_is_above(double a, double b) {
    return a > b && !neural_is_near(a, b);
}

#endif /* FUZZY_NEAR_H_ */
