#include "core/asm/kernel_table.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

typedef struct lion {
    neural_optimizer base; /* state[0] is exp_avg */
    neural_lion_args args;
} lion;

static void lion_prepare(neural_optimizer *optimizer, double lr, double weight_decay) {
    neural_lion_args *args = &((lion *)optimizer)->args;
    args->lr = lr;
    args->weight_decay = weight_decay;
    args->beta1 = optimizer->momentum;
}

#define LION_UPDATE(dtype)                                                                         \
    static void lion_update_##dtype(neural_optimizer *optimizer, int64_t begin, int64_t end) {     \
        const neural_parameters *all = optimizer->parameters;                                      \
        neural_kernels()->lion_##dtype(neural_tensor_##dtype(all->values) + begin,                 \
                                       neural_tensor_##dtype(all->grads) + begin,                  \
                                       neural_optimizer_state_##dtype(optimizer, 0, begin),        \
                                       end - begin, &((lion *)optimizer)->args);                   \
    }
LION_UPDATE(f32)
LION_UPDATE(f64)
#undef LION_UPDATE

static const neural_optimizer_type lion_type = {lion_prepare, lion_update_f32, lion_update_f64};

neural_status neural_lion_create(neural_parameters *parameters, const neural_lion_options *options,
                                 neural_optimizer **out) {
    static const char *const states[] = {"exp_avg"};
    NEURAL_REQUIRE(options, NEURAL_ERR_NULL_POINTER, "lion: options must be given");
    NEURAL_TRY(neural_optimizer_check("lion", "beta1", options->beta1, 0, 1));
    NEURAL_TRY(neural_optimizer_check("lion", "beta2", options->beta2, 0, 1));
    const neural_optimizer_base base = {.type = &lion_type,
                                        .name = "lion",
                                        .bytes = sizeof(lion),
                                        .lr = options->lr,
                                        .weight_decay = options->weight_decay,
                                        .momentum = options->beta1,
                                        .state_names = states,
                                        .state_count = 1};
    NEURAL_TRY(neural_optimizer_create(&base, parameters, out));
    ((lion *)*out)->args.beta2 = options->beta2;
    return NEURAL_OK;
}
