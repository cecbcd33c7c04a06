/* Control surfaces: the outputs of a system over a grid of one input or two. */
#ifndef FUZZY_SURFACE_H_
#define FUZZY_SURFACE_H_

#include "fuzzy/system.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_fuzzy_grid {
    int64_t x, y;          /* inputs that vary; y = -1: only x does */
    int64_t columns, rows; /* values of x, values of y [1 without y], at least 1 */
    const double *fixed;   /* [inputs]: where the others stand; NULL: neural_fuzzy_grid_middle */
} neural_fuzzy_grid;

/* Value i of n of an input: minimum + i (maximum - minimum) / (n - 1), both ends included; the
 * middle for n = 1. NaN where the range is infinite or there is no such input. */
NEURAL_API double neural_fuzzy_grid_value(const neural_fuzzy_system *system, int64_t input,
                                          int64_t i, int64_t n);
/* The middle of a range; of an infinite one its finite end, or 0. */
NEURAL_API double neural_fuzzy_grid_middle(const neural_fuzzy_system *system, int64_t input);

/* out [rows, columns, outputs]. The grid is evaluated row by row from no previous values, as
 * neural_fuzzy_system_evaluate would. NEURAL_ERR_INVALID_ARGUMENT for an input that does not exist
 * or has an infinite range, and for equal x and y. */
NEURAL_API neural_status neural_fuzzy_surface(neural_fuzzy_system *system,
                                              const neural_fuzzy_grid *grid, double *out);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_SURFACE_H_ */
