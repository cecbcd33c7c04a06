/* Neuro-fuzzy systems (ANFIS; Jang 1993): Takagi-Sugeno systems of order 0 or 1 whose memberships
 * and conclusions are learned from data.
 *
 *     w_r = weight_r * the product of the memberships of rule r
 *     v_r = w_r / sum of all w
 *     out = sum of v_r (c_r0 + c_r1 x_1 + ... + c_rn x_n)
 *
 * A system that is read may say minimum instead of product.
 * As in fuzzy/system.h a rule with w up to 1e-6 does not fire; where none does, out is the output's
 * default. All figures are f64. Inside, inputs and outputs are scaled by the ranges of the data, so
 * that one learning rate serves any units. */
#ifndef TRAIN_ANFIS_H_
#define TRAIN_ANFIS_H_

#include "core/tensor/parameter.h"
#include "fuzzy/system.h"
#include "optim/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_anfis neural_anfis;

/* Row-major x [rows, inputs] and y [rows, outputs]. NaN and infinities are refused with row and
 * column. */
typedef struct neural_anfis_data {
    const double *x, *y;
    int64_t rows, inputs, outputs;
} neural_anfis_data;

/* --- making one --- */

typedef enum neural_anfis_partition {
    NEURAL_ANFIS_GRID = 0,        /* evenly spaced terms over each input, a rule per combination */
    NEURAL_ANFIS_SUBTRACTIVE = 1, /* a rule per centre of subtractive clustering (Chiu 1994) of x
                                     and y; takes rows^2 steps, at most 20,000 rows */
    NEURAL_ANFIS_K_MEANS = 2      /* a rule per cluster of x (k-means++, Lloyd) */
} neural_anfis_partition;

typedef struct neural_anfis_options {
    neural_anfis_partition partition;
    neural_fuzzy_shape shape; /* GAUSSIAN, BELL, TRIANGLE or TRAPEZOID */
    int order;                /* of the conclusions: 0 constants, 1 linear */
    const int64_t *terms;     /* GRID: how many each input gets, at least 1 */
    double radius;            /* SUBTRACTIVE: of a cluster, in parts of the ranges, above 0 */
    int64_t clusters;         /* K_MEANS: 1 ... rows */
    uint64_t seed;            /* K_MEANS */
    /* Of variables, NULL: x1, x2 ... and y1, y2 ... (x and y where there is one). */
    const char *const *input_names, *const *output_names;
} neural_anfis_options;

/* Bells of order 1 over a grid, which still needs its terms; radius 0.5, 8 clusters, seed 1. */
NEURAL_API neural_anfis_options neural_anfis_default(void);

/* Memberships as the options say, conclusions 0 (the mean of y). Outermost triangles and trapezoids
 * are shoulders. y is needed by SUBTRACTIVE and for the scale of outputs. */
NEURAL_API neural_status neural_anfis_create(const neural_anfis_data *data,
                                             const neural_anfis_options *options,
                                             neural_anfis **out);

/* From a Takagi-Sugeno system: inputs with terms of the four shapes, rules of "and"
 * (AlgebraicProduct or Minimum) alone and one conclusion per output, Constant or Linear,
 * WeightedAverage. Each rule gets conclusions of its own; a default that is no number becomes 0.
 * NEURAL_ERR_INVALID_ARGUMENT names what does not fit. */
NEURAL_API neural_status neural_anfis_from_system(const neural_fuzzy_system *system,
                                                  neural_anfis **out);

/* The same function as a fuzzy system, for fuzzy/fll.h. */
NEURAL_API neural_status neural_anfis_to_system(const neural_anfis *anfis,
                                                neural_fuzzy_system **out);

NEURAL_API void neural_anfis_destroy(neural_anfis *anfis); /* accepts NULL */

NEURAL_API int64_t neural_anfis_inputs(const neural_anfis *anfis);
NEURAL_API int64_t neural_anfis_outputs(const neural_anfis *anfis);
NEURAL_API int64_t neural_anfis_rules(const neural_anfis *anfis);
NEURAL_API int64_t neural_anfis_terms(const neural_anfis *anfis); /* of all inputs */

/* What optimizers take; borrowed. In scaled units (0 ... 1 is the range of the data):
 *   item 0 "premise" [terms, 4]: Gaussian mean, log sd; Bell center, log width, log slope; Triangle
 *     b, log(b - a), log(c - b); Trapezoid b, log(b - a), log(d - c), log(c - b); the rest unused.
 *     Widths are positive by their logarithms, which fit() keeps within +-50: beyond that a flank
 *     is vertical or a shoulder;
 *   item 1 "consequent" [outputs, rules * (inputs + 1)] per rule c_1 ... c_n c_0; order 0
 *     [outputs, rules]. */
NEURAL_API neural_parameters *neural_anfis_parameters(neural_anfis *anfis);

/* --- using one --- */

/* x [rows, inputs] f64 to out [rows, outputs], recorded for backward: gradients reach the
 * parameters and x. The anfis must outlive the graph. */
NEURAL_API neural_status neural_anfis_forward(neural_anfis *anfis, neural_tensor *x,
                                              neural_tensor **out);
/* The same of plain memory, without recording. */
NEURAL_API neural_status neural_anfis_predict(neural_anfis *anfis, const double *x, int64_t rows,
                                              double *out);

/* --- training --- */

/* Sets the conclusions that minimise mean((out - y)^2) + ridge |c|^2 (scaled units) for the
 * memberships as they are: Householder QR in f64. ridge is above 0, so that more rules than rows
 * have a solution; at most 10,000 conclusions per output. */
NEURAL_API neural_status neural_anfis_solve(neural_anfis *anfis, const neural_anfis_data *data,
                                            double ridge);

typedef enum neural_anfis_method {
    NEURAL_ANFIS_HYBRID = 0,  /* every epoch: conclusions by least squares, then a step of the
                                 optimizer on the memberships */
    NEURAL_ANFIS_GRADIENT = 1 /* the optimizer trains both */
} neural_anfis_method;

/* After each epoch; errors as in the result. Not 0: stop. */
typedef int (*neural_anfis_report)(void *context, int64_t epoch, double train_rmse,
                                   double validation_rmse);

typedef struct neural_anfis_fit_options {
    neural_anfis_method method;
    int64_t epochs; /* 100 */
    int64_t batch;  /* GRADIENT: rows of a step, shuffled each epoch; 0 all */
    double ridge;   /* HYBRID: 1e-9 */
    uint64_t seed;  /* of the shuffling: 1 */
    neural_anfis_report report;
    void *context;
} neural_anfis_fit_options;

/* The values named above: HYBRID, all rows in a step. */
NEURAL_API neural_anfis_fit_options neural_anfis_fit_default(void);

typedef struct neural_anfis_result {
    int64_t epochs, best_epoch;         /* done; the one whose parameters were kept */
    double train_rmse, validation_rmse; /* of these, in units of y, over all outputs; NAN without
                                           validation */
    int64_t silent_rows;                /* training rows in which no rule fires */
} neural_anfis_result;

/* Trains with any optimizer of neural_anfis_parameters and leaves the parameters with the smallest
 * error on the validation rows (NULL: the training rows); epoch 0 is the state before the first
 * step. NEURAL_ERR_NAN_DETECTED when the error is no number; the best parameters so far are kept
 * then. The same bits for any number of threads. */
NEURAL_API neural_status neural_anfis_fit(neural_anfis *anfis, const neural_anfis_data *data,
                                          const neural_anfis_data *validation,
                                          neural_optimizer *optimizer,
                                          const neural_anfis_fit_options *options,
                                          neural_anfis_result *out);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_ANFIS_H_ */
