#include "optim/ema.h"

#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

enum {
    UPDATE_GRAIN = 16384, /* elements per unit of parallel work */
    SWAP_BYTES = 4096
};

struct neural_ema {
    neural_parameters *parameters;
    neural_tensor *average; /* [len] */
    double decay;
};

neural_status neural_ema_create(neural_parameters *parameters, double decay, neural_ema **out) {
    NEURAL_REQUIRE(parameters && out, NEURAL_ERR_NULL_POINTER,
                   "ema: parameters and out must be given");
    NEURAL_REQUIRE(decay >= 0 && decay < 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "ema: decay is %g, expected a number in [0, 1)", decay);
    neural_tensor *average = NULL;
    NEURAL_TRY(neural_tensor_clone(parameters->values, &average));
    neural_ema *ema = neural_alloc(sizeof *ema);
    if (!ema) {
        neural_tensor_release(average);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *ema = (neural_ema){.parameters = parameters, .average = average, .decay = decay};
    *out = ema;
    return NEURAL_OK;
}

void neural_ema_destroy(neural_ema *ema) {
    if (ema) {
        neural_tensor_release(ema->average);
        neural_free(ema);
    }
}

static void update_range(void *context, int64_t begin, int64_t end) {
    const neural_ema *ema = context;
    const neural_tensor *values = ema->parameters->values;
    if (values->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->ema_f32(neural_tensor_f32(ema->average) + begin,
                                  neural_tensor_f32(values) + begin, end - begin, ema->decay);
    } else {
        neural_kernels()->ema_f64(neural_tensor_f64(ema->average) + begin,
                                  neural_tensor_f64(values) + begin, end - begin, ema->decay);
    }
}

neural_status neural_ema_update(neural_ema *ema) {
    NEURAL_REQUIRE(ema, NEURAL_ERR_NULL_POINTER, "ema_update: ema must be given");
    const neural_fp_state fp = neural_fp_enter();
    neural_parallel_for(ema->parameters->len, UPDATE_GRAIN, update_range, ema);
    neural_tensor_touch(ema->average);
    neural_fp_leave(fp);
    return NEURAL_OK;
}

neural_status neural_ema_swap(neural_ema *ema) {
    NEURAL_REQUIRE(ema, NEURAL_ERR_NULL_POINTER, "ema_swap: ema must be given");
    const neural_parameters *all = ema->parameters;
    char *values = all->values->data, *average = ema->average->data, kept[SWAP_BYTES];
    size_t left = (size_t)neural_tensor_bytes(all->values);
    while (left > 0) {
        const size_t bytes = left < sizeof kept ? left : sizeof kept;
        memcpy(kept, values, bytes);
        memcpy(values, average, bytes);
        memcpy(average, kept, bytes);
        values += bytes;
        average += bytes;
        left -= bytes;
    }
    for (int i = 0; i < all->count; i++) {
        neural_tensor_touch(all->item[i]->value);
    }
    neural_tensor_touch(ema->average);
    return NEURAL_OK;
}

neural_tensor *neural_ema_average(const neural_ema *ema) {
    return ema->average;
}
