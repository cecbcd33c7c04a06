/* Inside of a neuro-fuzzy system. */
#ifndef TRAIN_ANFIS_TYPE_H_
#define TRAIN_ANFIS_TYPE_H_

#include "core/base/memory.h"
#include "train/anfis.h"

/* Parameters of a term, and bounds of those that are logarithms. */
enum { ANFIS_PREMISE = 4, ANFIS_LOG_LIMIT = 50 };

/* inside = (outside - offset) / scale */
typedef struct anfis_variable {
    char *name;
    double minimum, maximum, offset, scale;
} anfis_variable;

typedef struct anfis_term {
    char *name;
    int64_t input;
    neural_fuzzy_shape shape;
} anfis_term;

struct neural_anfis {
    int64_t input_count, output_count, term_count, rule_count;
    int64_t rule_len; /* places of a rule in `places` */
    int order;
    neural_fuzzy_norm conjunction; /* ALGEBRAIC_PRODUCT or MINIMUM */
    anfis_variable *inputs, *outputs;
    anfis_term *terms;
    int64_t *places; /* [rules, rule_len]: terms; -1 where a rule has fewer */
    double *weights; /* [rules] */
    neural_parameter *premise, *consequent;
    neural_parameters *parameters;
    /* Scales and offsets as tensors [inputs] and [outputs]. */
    neural_tensor *input_offset, *input_scale, *output_offset, *output_scale;
};

/* What belongs to one rule in a row of the design matrix. */
static inline int64_t anfis_columns(const neural_anfis *anfis) {
    return anfis->order ? anfis->input_count + 1 : 1;
}

/* --- anfis.c --- */

/* Zeroed: variables, terms and rules of these numbers, weights 1, places -1, scales 1. */
neural_status anfis_create_empty(int64_t inputs, int64_t outputs, int64_t terms, int64_t rules,
                                 int64_t rule_len, neural_anfis **out);
/* Parameters, zero, and the scales as tensors: the last step of creation. */
neural_status anfis_finish(neural_anfis *anfis);

neural_status anfis_set_name(char **name, const char *text);

/* x in units of the data to scaled ones; recorded. */
neural_status anfis_scale_inputs(neural_anfis *anfis, neural_tensor *x, neural_tensor **out);
/* Scaled x [rows, inputs] to the design matrix [rows, rules * columns], whose product with the
 * conclusions is the scaled output. */
neural_status anfis_design(neural_anfis *anfis, neural_tensor *x, neural_tensor **out);

/* --- anfis_fire.c --- */

/* v [rows, rules] of scaled x; recorded. */
neural_status anfis_fire(neural_anfis *anfis, neural_tensor *x, neural_tensor **out);

/* --- anfis_init.c --- */

/* NEURAL_OK when the data is there, finite and of these widths. */
neural_status anfis_check_data(const char *who, const neural_anfis_data *data, int64_t inputs,
                               int64_t outputs, int needs_y);
/* log(width) within the bounds; the lower one for 0. */
double anfis_bounded_log(double width);
/* A term around `center` whose membership is 1/2 at center +- half (scaled units). */
void anfis_place_term(neural_fuzzy_shape shape, double center, double half,
                      double premise[ANFIS_PREMISE]);

/* --- anfis_cluster.c --- */

/* Centres [*count, inputs] and the spread (standard deviation) of each, the same shape, in scaled
 * units; both owned by the caller. */
typedef struct anfis_clusters {
    double *centers, *spreads;
    int64_t count;
} anfis_clusters;
neural_status anfis_cluster(const double *x, const double *y, int64_t rows, int64_t inputs,
                            int64_t outputs, const neural_anfis_options *options,
                            anfis_clusters *out);

/* --- anfis_solve.c --- */

/* NEURAL_OK when least squares are within bounds; before any memory is taken. */
neural_status anfis_check_solvable(const neural_anfis *anfis, double ridge);
/* Least squares with a ridge for design [rows, columns] and targets [rows, outputs] (contiguous
 * f64), into consequent [outputs, columns]. */
neural_status anfis_least_squares(const neural_tensor *design, const neural_tensor *targets,
                                  double ridge, neural_tensor *consequent);

#endif /* TRAIN_ANFIS_TYPE_H_ */
