#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct sgd {
    neural_optimizer base; /* state[0] is momentum_buffer, when there is momentum */
    neural_sgd_args args;
} sgd;

static void sgd_prepare(neural_optimizer *optimizer, double lr, double weight_decay) {
    neural_sgd_args *args = &((sgd *)optimizer)->args;
    args->lr = lr;
    args->weight_decay = weight_decay;
    args->momentum = optimizer->state_count ? optimizer->momentum : 0;
    args->first = optimizer->steps == 1;
}

#define SGD_UPDATE(dtype)                                                                          \
    static void sgd_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {      \
        const neural_parameters *all = optimizer->parameters;                                      \
        neural_kernels()->sgd_##dtype(neural_tensor_##dtype(all->values) + begin,                  \
                                      neural_tensor_##dtype(all->grads) + begin,                   \
                                      neural_optimizer_state_##dtype(optimizer, 0, begin),         \
                                      end - begin, &((sgd *)optimizer)->args);                     \
    }
SGD_UPDATE(f32)
SGD_UPDATE(f64)
#undef SGD_UPDATE

static const neural_optimizer_type sgd_type = {sgd_prepare, sgd_update_f32, sgd_update_f64};

neural_status neural_sgd_create(neural_parameters *parameters, const neural_sgd_options *options,
                                neural_optimizer **out) {
    static const char *const states[] = {"momentum_buffer"};
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "sgd: options must be given");
    NEURAL_TRY(neural_optimizer_check("sgd", "momentum", options->momentum, 0, INFINITY));
    NEURAL_REQUIRE(!options->nesterov || (options->momentum > 0 && options->dampening == 0),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "sgd: nesterov needs momentum above 0 and dampening 0, found %g and %g",
                   options->momentum, options->dampening);
    const neural_optimizer_base base = {.type = &sgd_type,
                                        .name = "sgd",
                                        .bytes = sizeof(sgd),
                                        .lr = options->lr,
                                        .weight_decay = options->weight_decay,
                                        .momentum = options->momentum,
                                        .state_names = states,
                                        .state_count = options->momentum > 0};
    NEURAL_TRY(neural_optimizer_create(&base, parameters, out));
    ((sgd *)*out)->args =
        (neural_sgd_args){.dampening = options->dampening, .nesterov = options->nesterov};
    return NEURAL_OK;
}
