#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct sgd {
    neural_optimizer base; /* state[0] is momentum_buffer, when there is momentum */
    neural_sgd_args args;
} sgd;

static void sgd_prepare(neural_optimizer *optimizer) {
    sgd *self = (sgd *)optimizer;
    self->args.lr = optimizer->lr;
    self->args.first = optimizer->steps == 1;
}

#define SGD_UPDATE(T, dtype)                                                                       \
    static void sgd_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {      \
        const neural_parameters *all = optimizer->parameters;                                      \
        T *velocity =                                                                              \
            optimizer->state_count ? neural_tensor_##dtype(optimizer->state[0]) + begin : NULL;    \
        neural_kernels()->sgd_##dtype(neural_tensor_##dtype(all->values) + begin,                  \
                                      neural_tensor_##dtype(all->grads) + begin, velocity,         \
                                      end - begin, &((sgd *)optimizer)->args);                     \
    }
SGD_UPDATE(float, f32)
SGD_UPDATE(double, f64)
#undef SGD_UPDATE

static const neural_optimizer_type sgd_type = {sgd_prepare, sgd_update_f32, sgd_update_f64};

neural_status neural_sgd_create(neural_parameters *parameters, const neural_sgd_options *options,
                                neural_optimizer **out) {
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "sgd: options must be given");
    NEURAL_REQUIRE(options->momentum >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "sgd: momentum is %g, expected at least 0", options->momentum);
    NEURAL_REQUIRE(options->weight_decay >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "sgd: weight_decay is %g, expected at least 0", options->weight_decay);
    NEURAL_REQUIRE(!options->nesterov || (options->momentum > 0 && options->dampening == 0),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "sgd: nesterov needs momentum above 0 and dampening 0, found %g and %g",
                   options->momentum, options->dampening);
    neural_optimizer *optimizer = NULL;
    NEURAL_TRY(neural_optimizer_create(&sgd_type, "sgd", sizeof(sgd), parameters, options->lr,
                                       &optimizer));
    ((sgd *)optimizer)->args = (neural_sgd_args){.momentum = options->momentum,
                                                 .dampening = options->dampening,
                                                 .weight_decay = options->weight_decay,
                                                 .nesterov = options->nesterov};
    const neural_status status = options->momentum > 0
                                     ? neural_optimizer_add_state(optimizer, "momentum_buffer")
                                     : NEURAL_OK;
    if (status) {
        neural_optimizer_destroy(optimizer);
        return status;
    }
    *out = optimizer;
    return NEURAL_OK;
}
