#include "optim/optimizer.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"
#include "optim/optimizer_type.h"

/* Elements per unit of parallel work. */
#define UPDATE_GRAIN 16384

neural_status neural_optimizer_check(const char *name, const char *what, double value, double min,
                                     double below) {
    NEURAL_REQUIRE(value >= min && value < below, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %s is %g, expected a number in [%g, %g)", name, what, value, min, below);
    return NEURAL_OK;
}

static neural_status add_state(neural_optimizer *optimizer, const char *name) {
    const neural_tensor *values = optimizer->parameters->values;
    NEURAL_TRY(neural_tensor_zeros(1, &optimizer->parameters->len, values->dtype,
                                   &optimizer->state[optimizer->state_count]));
    optimizer->state_name[optimizer->state_count++] = name;
    return NEURAL_OK;
}

/* Every parameter at scale 1. */
static neural_status add_scales(neural_optimizer *optimizer) {
    const int count = optimizer->parameters->count;
    optimizer->scale = neural_alloc((size_t)count * sizeof *optimizer->scale);
    for (int i = 0; optimizer->scale && i < count; i++) {
        optimizer->scale[i] = (neural_parameter_scale){1, 1};
    }
    return optimizer->scale ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

neural_status neural_optimizer_create(const neural_optimizer_base *base,
                                      neural_parameters *parameters, neural_optimizer **out) {
    NEURAL_REQUIRE(parameters && out, NEURAL_ERR_NULL_POINTER,
                   "%s: parameters and out must be given", base->name);
    NEURAL_TRY(neural_optimizer_check(base->name, "learning rate", base->lr, 0, INFINITY));
    NEURAL_TRY(neural_optimizer_check(base->name, "weight_decay", base->weight_decay, 0, INFINITY));
    neural_optimizer *optimizer = neural_alloc_zeroed(base->bytes);
    if (!optimizer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    optimizer->type = base->type;
    optimizer->name = base->name;
    optimizer->parameters = parameters;
    optimizer->lr = base->lr;
    optimizer->weight_decay = base->weight_decay;
    optimizer->momentum = base->momentum;
    neural_status status = add_scales(optimizer);
    for (int i = 0; i < base->state_count && !status; i++) {
        status = add_state(optimizer, base->state_names[i]);
    }
    if (status) {
        neural_optimizer_destroy(optimizer);
        return status;
    }
    *out = optimizer;
    return NEURAL_OK;
}

void neural_optimizer_destroy(neural_optimizer *optimizer) {
    if (!optimizer) {
        return;
    }
    for (int i = 0; i < optimizer->state_count; i++) {
        neural_tensor_release(optimizer->state[i]);
    }
    neural_free(optimizer->scale);
    neural_free(optimizer);
}

float *neural_optimizer_state_f32(const neural_optimizer *optimizer, int i, int64_t begin) {
    return optimizer->state[i] ? neural_tensor_f32(optimizer->state[i]) + begin : NULL;
}

double *neural_optimizer_state_f64(const neural_optimizer *optimizer, int i, int64_t begin) {
    return optimizer->state[i] ? neural_tensor_f64(optimizer->state[i]) + begin : NULL;
}

neural_tensor *neural_optimizer_state(neural_optimizer *optimizer, int i, const char **name) {
    if (i < 0 || i >= optimizer->state_count) {
        return NULL;
    }
    if (name) {
        *name = optimizer->state_name[i];
    }
    return optimizer->state[i];
}

typedef struct update_run {
    neural_optimizer *optimizer;
    neural_update_range update;
    int64_t offset;
} update_run;

static void update_part(void *context, int64_t begin, int64_t end) {
    const update_run *run = context;
    run->update(run->optimizer, run->offset + begin, run->offset + end);
}

static void update(neural_optimizer *optimizer, int64_t begin, int64_t end) {
    const int is_f32 = optimizer->parameters->values->dtype == NEURAL_DTYPE_F32;
    const neural_optimizer_type *type = optimizer->type;
    update_run run = {optimizer, is_f32 ? type->update_f32 : type->update_f64, begin};
    if (end > begin) {
        neural_parallel_for(end - begin, UPDATE_GRAIN, update_part, &run);
    }
}

static int is_frozen(const neural_optimizer *optimizer, int i) {
    return (optimizer->parameters->item[i]->flags & NEURAL_PARAMETER_FROZEN) != 0;
}

/* The parameter behind the run of parameters from `first` on that are updated alike. */
static int end_of_run(const neural_optimizer *optimizer, int first) {
    const neural_parameter_scale *scale = optimizer->scale;
    int end = first + 1;
    while (end < optimizer->parameters->count &&
           is_frozen(optimizer, end) == is_frozen(optimizer, first) &&
           scale[end].lr == scale[first].lr &&
           scale[end].weight_decay == scale[first].weight_decay) {
        end++;
    }
    return end;
}

neural_status neural_optimizer_step(neural_optimizer *optimizer) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER, "optimizer_step: optimizer must be given");
    const neural_fp_state fp = neural_fp_enter();
    const neural_parameters *all = optimizer->parameters;
    optimizer->steps++;
    for (int i = 0, end; i < all->count; i = end) {
        end = end_of_run(optimizer, i);
        if (!is_frozen(optimizer, i)) {
            const neural_parameter_scale scale = optimizer->scale[i];
            optimizer->type->prepare(optimizer, optimizer->lr * scale.lr,
                                     optimizer->weight_decay * scale.weight_decay);
            update(optimizer, all->offset[i], end < all->count ? all->offset[end] : all->len);
        }
    }
    for (int i = 0; i < all->count; i++) {
        neural_tensor_touch(all->item[i]->value);
    }
    neural_parameters_apply_masks(optimizer->parameters);
    neural_fp_leave(fp);
    return NEURAL_OK;
}

neural_status neural_optimizer_set_scale(neural_optimizer *optimizer, int parameter,
                                         double lr_scale, double decay_scale) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER,
                   "optimizer_set_scale: optimizer must be given");
    NEURAL_REQUIRE(parameter >= 0 && parameter < optimizer->parameters->count,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "optimizer_set_scale: parameter %d, expected 0 ... %d", parameter,
                   optimizer->parameters->count - 1);
    NEURAL_TRY(neural_optimizer_check("optimizer_set_scale", "lr_scale", lr_scale, 0, INFINITY));
    NEURAL_TRY(
        neural_optimizer_check("optimizer_set_scale", "decay_scale", decay_scale, 0, INFINITY));
    optimizer->scale[parameter] = (neural_parameter_scale){lr_scale, decay_scale};
    return NEURAL_OK;
}

neural_status neural_optimizer_set_momentum(neural_optimizer *optimizer, double momentum) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER,
                   "optimizer_set_momentum: optimizer must be given");
    NEURAL_TRY(neural_optimizer_check(optimizer->name, "momentum", momentum, 0, 1));
    optimizer->momentum = momentum;
    return NEURAL_OK;
}

double neural_optimizer_momentum(const neural_optimizer *optimizer) {
    return optimizer->momentum;
}

neural_status neural_optimizer_zero_grad(neural_optimizer *optimizer) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER,
                   "optimizer_zero_grad: optimizer must be given");
    return neural_parameters_zero_grad(optimizer->parameters);
}

neural_status neural_optimizer_set_lr(neural_optimizer *optimizer, double lr) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER, "optimizer_set_lr: optimizer must be given");
    NEURAL_REQUIRE(lr >= 0 && isfinite(lr), NEURAL_ERR_INVALID_ARGUMENT,
                   "optimizer_set_lr: learning rate is %g, expected a number of at least 0", lr);
    optimizer->lr = lr;
    return NEURAL_OK;
}

double neural_optimizer_lr(const neural_optimizer *optimizer) {
    return optimizer->lr;
}

int64_t neural_optimizer_steps(const neural_optimizer *optimizer) {
    return optimizer->steps;
}

neural_status neural_optimizer_set_steps(neural_optimizer *optimizer, int64_t steps) {
    NEURAL_REQUIRE(optimizer, NEURAL_ERR_NULL_POINTER,
                   "optimizer_set_steps: optimizer must be given");
    NEURAL_REQUIRE(steps >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "optimizer_set_steps: steps is %lld, expected at least 0", (long long)steps);
    optimizer->steps = steps;
    return NEURAL_OK;
}

const char *neural_optimizer_name(const neural_optimizer *optimizer) {
    return optimizer->name;
}
