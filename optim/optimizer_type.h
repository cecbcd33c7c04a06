/* The inside of an optimizer: what a kind of optimizer provides. */
#ifndef OPTIM_OPTIMIZER_TYPE_H_
#define OPTIM_OPTIMIZER_TYPE_H_

#include "optim/optimizer.h"

#define NEURAL_OPTIMIZER_MAX_STATES 3

/* Updates elements [begin, end) of the flat buffers. Elementwise: ranges may run in parallel. */
typedef void (*neural_update_range)(neural_optimizer *optimizer, int64_t begin, int64_t end);

typedef struct neural_optimizer_type {
    void (*prepare)(neural_optimizer *optimizer); /* computes a step's scalars; steps counts it */
    neural_update_range update_f32, update_f64;
} neural_optimizer_type;

/* First member of every kind's struct. */
struct neural_optimizer {
    const neural_optimizer_type *type;
    const char *name;
    neural_parameters *parameters;
    double lr;
    int64_t steps;
    neural_tensor *state[NEURAL_OPTIMIZER_MAX_STATES];
    const char *state_name[NEURAL_OPTIMIZER_MAX_STATES];
    int state_count;
};

/* A zeroed optimizer object of `bytes` >= sizeof(neural_optimizer). */
neural_status neural_optimizer_create(const neural_optimizer_type *type, const char *name,
                                      size_t bytes, neural_parameters *parameters, double lr,
                                      neural_optimizer **out);

/* Adds a flat state vector of zeros. */
neural_status neural_optimizer_add_state(neural_optimizer *optimizer, const char *name);

#endif /* OPTIM_OPTIMIZER_TYPE_H_ */
