#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct adam {
    neural_optimizer base; /* state: exp_avg, exp_avg_sq, of AMSGrad max_exp_avg_sq */
    neural_adam_args args;
} adam;

static void adam_prepare(neural_optimizer *optimizer, double lr, double weight_decay) {
    neural_adam_args *args = &((adam *)optimizer)->args;
    args->lr = lr;
    args->weight_decay = weight_decay;
    args->beta1 = optimizer->momentum;
    args->step_size = lr / (1 - pow(args->beta1, (double)optimizer->steps));
    args->inv_sqrt_bias2 = 1 / sqrt(1 - pow(args->beta2, (double)optimizer->steps));
}

#define ADAM_UPDATE(T, dtype)                                                                      \
    static void adam_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {     \
        const neural_parameters *all = optimizer->parameters;                                      \
        neural_kernels()->adam_##dtype(neural_tensor_##dtype(all->values) + begin,                 \
                                       neural_tensor_##dtype(all->grads) + begin,                  \
                                       neural_optimizer_state_##dtype(optimizer, 0, begin),        \
                                       neural_optimizer_state_##dtype(optimizer, 1, begin),        \
                                       end - begin, &((adam *)optimizer)->args);                   \
    }                                                                                              \
    static void amsgrad_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {  \
        const neural_parameters *all = optimizer->parameters;                                      \
        T *const state[] = {neural_optimizer_state_##dtype(optimizer, 0, begin),                   \
                            neural_optimizer_state_##dtype(optimizer, 1, begin),                   \
                            neural_optimizer_state_##dtype(optimizer, 2, begin)};                  \
        neural_kernels()->amsgrad_##dtype(neural_tensor_##dtype(all->values) + begin,              \
                                          neural_tensor_##dtype(all->grads) + begin, state,        \
                                          end - begin, &((adam *)optimizer)->args);                \
    }
ADAM_UPDATE(float, f32)
ADAM_UPDATE(double, f64)
#undef ADAM_UPDATE

static const neural_optimizer_type adam_type = {adam_prepare, adam_update_f32, adam_update_f64};
static const neural_optimizer_type amsgrad_type = {adam_prepare, amsgrad_update_f32,
                                                   amsgrad_update_f64};

neural_status neural_adam_create(neural_parameters *parameters, const neural_adam_options *options,
                                 neural_optimizer **out) {
    static const char *const states[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "adam: options must be given");
    const char *name = options->decoupled ? "adamw" : "adam";
    NEURAL_TRY(neural_optimizer_check(name, "beta1", options->beta1, 0, 1));
    NEURAL_TRY(neural_optimizer_check(name, "beta2", options->beta2, 0, 1));
    NEURAL_REQUIRE(options->epsilon > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: epsilon is %g, expected a number above 0", name, options->epsilon);
    const neural_optimizer_base base = {.type = options->amsgrad ? &amsgrad_type : &adam_type,
                                        .name = name,
                                        .bytes = sizeof(adam),
                                        .lr = options->lr,
                                        .weight_decay = options->weight_decay,
                                        .momentum = options->beta1,
                                        .state_names = states,
                                        .state_count = options->amsgrad ? 3 : 2};
    NEURAL_TRY(neural_optimizer_create(&base, parameters, out));
    ((adam *)*out)->args = (neural_adam_args){
        .beta2 = options->beta2, .epsilon = options->epsilon, .decoupled = options->decoupled};
    return NEURAL_OK;
}
