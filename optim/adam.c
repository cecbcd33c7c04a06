#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct adam {
    neural_optimizer base; /* state[0] is exp_avg, state[1] exp_avg_sq */
    neural_adam_args args;
} adam;

static void adam_prepare(neural_optimizer *optimizer) {
    neural_adam_args *args = &((adam *)optimizer)->args;
    args->lr = optimizer->lr;
    args->step_size = optimizer->lr / (1 - pow(args->beta1, (double)optimizer->steps));
    args->inv_sqrt_bias2 = 1 / sqrt(1 - pow(args->beta2, (double)optimizer->steps));
}

#define ADAM_UPDATE(dtype)                                                                         \
    static void adam_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {     \
        const neural_parameters *all = optimizer->parameters;                                      \
        neural_kernels()->adam_##dtype(neural_tensor_##dtype(all->values) + begin,                 \
                                       neural_tensor_##dtype(all->grads) + begin,                  \
                                       neural_tensor_##dtype(optimizer->state[0]) + begin,         \
                                       neural_tensor_##dtype(optimizer->state[1]) + begin,         \
                                       end - begin, &((adam *)optimizer)->args);                   \
    }
ADAM_UPDATE(f32)
ADAM_UPDATE(f64)
#undef ADAM_UPDATE

static const neural_optimizer_type adam_type = {adam_prepare, adam_update_f32, adam_update_f64};

static neural_status check_options(const char *name, const neural_adam_options *options) {
    NEURAL_REQUIRE(options->beta1 >= 0 && options->beta1 < 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: beta1 is %g, expected a number in [0, 1)", name, options->beta1);
    NEURAL_REQUIRE(options->beta2 >= 0 && options->beta2 < 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: beta2 is %g, expected a number in [0, 1)", name, options->beta2);
    NEURAL_REQUIRE(options->epsilon > 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: epsilon is %g, expected a number above 0", name, options->epsilon);
    NEURAL_REQUIRE(options->weight_decay >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: weight_decay is %g, expected at least 0", name, options->weight_decay);
    return NEURAL_OK;
}

neural_status neural_adam_create(neural_parameters *parameters, const neural_adam_options *options,
                                 neural_optimizer **out) {
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "adam: options must be given");
    const char *name = options->decoupled ? "adamw" : "adam";
    NEURAL_TRY(check_options(name, options));
    neural_optimizer *optimizer = NULL;
    NEURAL_TRY(neural_optimizer_create(&adam_type, name, sizeof(adam), parameters, options->lr,
                                       &optimizer));
    ((adam *)optimizer)->args = (neural_adam_args){.beta1 = options->beta1,
                                                   .beta2 = options->beta2,
                                                   .epsilon = options->epsilon,
                                                   .weight_decay = options->weight_decay,
                                                   .decoupled = options->decoupled};
    neural_status status = neural_optimizer_add_state(optimizer, "exp_avg");
    if (!status) {
        status = neural_optimizer_add_state(optimizer, "exp_avg_sq");
    }
    if (status) {
        neural_optimizer_destroy(optimizer);
        return status;
    }
    *out = optimizer;
    return NEURAL_OK;
}
