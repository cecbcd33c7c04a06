#include "layers/dropout.h"

#include <stdio.h>

#include "core/autograd/ops.h"
#include "layers/layer_type.h"

typedef struct dropout_layer {
    neural_layer base;
    double p;
    uint64_t seed;
} dropout_layer;

static neural_status dropout_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const dropout_layer *dropout = (const dropout_layer *)layer;
    if (!layer->training || dropout->p == 0) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    return neural_dropout(x, dropout->p, dropout->seed, layer->step, out);
}

static void dropout_describe(const neural_layer *layer, char *text, int64_t bytes) {
    snprintf(text, (size_t)bytes, "p=%g", ((const dropout_layer *)layer)->p);
}

static const neural_layer_type dropout_type = {
    .name = "Dropout",
    .forward = dropout_forward,
    .describe = dropout_describe,
};

neural_status neural_dropout_create(double p, uint64_t seed, neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "dropout_create: out must be given");
    NEURAL_REQUIRE(p >= 0 && p <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "dropout_create: p is %g, expected a probability from 0 to 1", p);
    NEURAL_TRY(neural_layer_create(&dropout_type, sizeof(dropout_layer), out));
    ((dropout_layer *)*out)->p = p;
    ((dropout_layer *)*out)->seed = seed;
    return NEURAL_OK;
}
