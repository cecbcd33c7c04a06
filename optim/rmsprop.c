#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

/* Where the states lie that the kernel calls s, a and b; the names of what exists come first. */
typedef struct rmsprop {
    neural_optimizer base;
    neural_rmsprop_args args;
    int average, buffer; /* numbers of grad_avg and momentum_buffer among the states, or -1 */
} rmsprop;

static void rmsprop_prepare(neural_optimizer *optimizer, double lr, double weight_decay) {
    rmsprop *self = (rmsprop *)optimizer;
    self->args.lr = lr;
    self->args.weight_decay = weight_decay;
    self->args.momentum = self->buffer >= 0 ? optimizer->momentum : 0;
}

#define RMSPROP_UPDATE(T, dtype)                                                                   \
    static T *optional_##dtype(const neural_optimizer *optimizer, int state, int64_t begin) {      \
        return state >= 0 ? neural_optimizer_state_##dtype(optimizer, state, begin) : NULL;        \
    }                                                                                              \
    static void rmsprop_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {  \
        const neural_parameters *all = optimizer->parameters;                                      \
        const rmsprop *self = (const rmsprop *)optimizer;                                          \
        T *const state[] = {neural_optimizer_state_##dtype(optimizer, 0, begin),                   \
                            optional_##dtype(optimizer, self->average, begin),                     \
                            optional_##dtype(optimizer, self->buffer, begin)};                     \
        neural_kernels()->rmsprop_##dtype(neural_tensor_##dtype(all->values) + begin,              \
                                          neural_tensor_##dtype(all->grads) + begin, state,        \
                                          end - begin, &self->args);                               \
    }
RMSPROP_UPDATE(float, f32)
RMSPROP_UPDATE(double, f64)
#undef RMSPROP_UPDATE

static const neural_optimizer_type rmsprop_type = {rmsprop_prepare, rmsprop_update_f32,
                                                   rmsprop_update_f64};

neural_status neural_rmsprop_create(neural_parameters *parameters,
                                    const neural_rmsprop_options *options, neural_optimizer **out) {
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "rmsprop: options must be given");
    NEURAL_TRY(neural_optimizer_check("rmsprop", "alpha", options->alpha, 0, INFINITY));
    NEURAL_TRY(neural_optimizer_check("rmsprop", "momentum", options->momentum, 0, INFINITY));
    NEURAL_TRY(neural_optimizer_check("rmsprop", "epsilon", options->epsilon, 0, INFINITY));
    const char *states[] = {"square_avg", NULL, NULL};
    int count = 1;
    const int average = options->centered ? count++ : -1;
    const int buffer = options->momentum > 0 ? count++ : -1;
    if (average >= 0) {
        states[average] = "grad_avg";
    }
    if (buffer >= 0) {
        states[buffer] = "momentum_buffer";
    }
    const neural_optimizer_base base = {.type = &rmsprop_type,
                                        .name = "rmsprop",
                                        .bytes = sizeof(rmsprop),
                                        .lr = options->lr,
                                        .weight_decay = options->weight_decay,
                                        .momentum = options->momentum,
                                        .state_names = states,
                                        .state_count = count};
    NEURAL_TRY(neural_optimizer_create(&base, parameters, out));
    rmsprop *self = (rmsprop *)*out;
    self->average = average;
    self->buffer = buffer;
    self->args = (neural_rmsprop_args){
        .alpha = options->alpha, .epsilon = options->epsilon, .centered = options->centered};
    return NEURAL_OK;
}
