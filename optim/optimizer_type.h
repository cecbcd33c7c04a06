/* The inside of an optimizer: what a kind of optimizer provides. */
#ifndef OPTIM_OPTIMIZER_TYPE_H_
#define OPTIM_OPTIMIZER_TYPE_H_

#include "optim/optimizer.h"

#define NEURAL_OPTIMIZER_MAX_STATES 3

/* Updates elements [begin, end) of the flat buffers. Elementwise: ranges may run in parallel. */
typedef void (*neural_update_range)(neural_optimizer *optimizer, int64_t begin, int64_t end);

typedef struct neural_optimizer_type {
    /* Computes the scalars of the ranges that follow, for this rate and decay; `steps` counts the
     * step, base.momentum may have changed. */
    void (*prepare)(neural_optimizer *optimizer, double lr, double weight_decay);
    neural_update_range update_f32, update_f64;
} neural_optimizer_type;

/* What a parameter's own settings multiply. */
typedef struct neural_parameter_scale {
    double lr, weight_decay;
} neural_parameter_scale;

/* First member of every kind's struct. */
struct neural_optimizer {
    const neural_optimizer_type *type;
    const char *name;
    neural_parameters *parameters;
    double lr, weight_decay;
    double momentum; /* sgd and rmsprop: momentum; the Adams and lion: beta1 */
    int64_t steps;
    neural_parameter_scale *scale; /* of each parameter */
    neural_tensor *state[NEURAL_OPTIMIZER_MAX_STATES];
    const char *state_name[NEURAL_OPTIMIZER_MAX_STATES];
    int state_count;
};

/* What all kinds have. */
typedef struct neural_optimizer_base {
    const neural_optimizer_type *type;
    const char *name;
    size_t bytes; /* of the kind's struct */
    double lr, weight_decay, momentum;
    const char *const *state_names;
    int state_count;
} neural_optimizer_base;

/* A zeroed object of the kind with its base filled and its states at zero. */
neural_status neural_optimizer_create(const neural_optimizer_base *base,
                                      neural_parameters *parameters, neural_optimizer **out);

/* NEURAL_ERR_INVALID_ARGUMENT "adam: beta1 is 1, expected a number in [0, 1)" unless
 * min <= value < below. */
neural_status neural_optimizer_check(const char *name, const char *what, double value, double min,
                                     double below);

/* Elements of state i from `begin` on, NULL for a state that the optimizer does not have. */
float *neural_optimizer_state_f32(const neural_optimizer *optimizer, int i, int64_t begin);
double *neural_optimizer_state_f64(const neural_optimizer *optimizer, int i, int64_t begin);

#endif /* OPTIM_OPTIMIZER_TYPE_H_ */
