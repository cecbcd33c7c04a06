#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct adagrad {
    neural_optimizer base; /* state[0] is sum */
    neural_adagrad_args args;
    double lr_decay;
} adagrad;

static void adagrad_prepare(neural_optimizer *optimizer, double lr, double weight_decay) {
    adagrad *self = (adagrad *)optimizer;
    self->args.step_size = lr / (1 + (double)(optimizer->steps - 1) * self->lr_decay);
    self->args.weight_decay = weight_decay;
}

#define ADAGRAD_UPDATE(dtype)                                                                      \
    static void adagrad_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {  \
        const neural_parameters *all = optimizer->parameters;                                      \
        neural_kernels()->adagrad_##dtype(neural_tensor_##dtype(all->values) + begin,              \
                                          neural_tensor_##dtype(all->grads) + begin,               \
                                          neural_optimizer_state_##dtype(optimizer, 0, begin),     \
                                          end - begin, &((adagrad *)optimizer)->args);             \
    }
ADAGRAD_UPDATE(f32)
ADAGRAD_UPDATE(f64)
#undef ADAGRAD_UPDATE

static const neural_optimizer_type adagrad_type = {adagrad_prepare, adagrad_update_f32,
                                                   adagrad_update_f64};

neural_status neural_adagrad_create(neural_parameters *parameters,
                                    const neural_adagrad_options *options, neural_optimizer **out) {
    static const char *const states[] = {"sum"};
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "adagrad: options must be given");
    NEURAL_TRY(neural_optimizer_check("adagrad", "lr_decay", options->lr_decay, 0, INFINITY));
    NEURAL_TRY(neural_optimizer_check("adagrad", "epsilon", options->epsilon, 0, INFINITY));
    NEURAL_TRY(neural_optimizer_check("adagrad", "initial_sum", options->initial_sum, 0, INFINITY));
    const neural_optimizer_base base = {.type = &adagrad_type,
                                        .name = "adagrad",
                                        .bytes = sizeof(adagrad),
                                        .lr = options->lr,
                                        .weight_decay = options->weight_decay,
                                        .state_names = states,
                                        .state_count = 1};
    neural_optimizer *optimizer = NULL;
    NEURAL_TRY(neural_optimizer_create(&base, parameters, &optimizer));
    ((adagrad *)optimizer)->args.epsilon = options->epsilon;
    ((adagrad *)optimizer)->lr_decay = options->lr_decay;
    const neural_status status = neural_tensor_fill(optimizer->state[0], options->initial_sum);
    if (status) {
        neural_optimizer_destroy(optimizer);
        return status;
    }
    *out = optimizer;
    return NEURAL_OK;
}
