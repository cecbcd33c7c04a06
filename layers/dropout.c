#include "layers/dropout.h"

#include <stdio.h>

#include "core/autograd/ops.h"
#include "layers/layer_type.h"

typedef struct dropout_layer {
    neural_layer base;
    double p;
    uint64_t seed;
} dropout_layer;

/* Evaluation, and nothing to drop. */
static int is_identity(const neural_layer *layer) {
    return !neural_layer_trains(layer) || ((const dropout_layer *)layer)->p == 0;
}

static neural_status dropout_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const dropout_layer *dropout = (const dropout_layer *)layer;
    if (is_identity(layer)) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    return neural_dropout(x, dropout->p, dropout->seed, layer->step, out);
}

static neural_status dropout2d_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    const dropout_layer *dropout = (const dropout_layer *)layer;
    if (is_identity(layer)) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    return neural_dropout2d(x, dropout->p, dropout->seed, layer->step, out);
}

static neural_status dropout2d_output_shape(const neural_layer *layer, const neural_shape *in,
                                            neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(in->ndim >= 2, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: the input is %s, expected channels [C, ...]", layer->type->name,
                   neural_shape_text(in, text, sizeof text));
    *out = *in;
    return NEURAL_OK;
}

static void dropout_describe(const neural_layer *layer, char *text, int64_t bytes) {
    snprintf(text, (size_t)bytes, "p=%g", ((const dropout_layer *)layer)->p);
}

static const neural_layer_type dropout_type = {
    .name = "Dropout",
    .forward = dropout_forward,
    .describe = dropout_describe,
};

static const neural_layer_type dropout2d_type = {
    .name = "Dropout2d",
    .forward = dropout2d_forward,
    .output_shape = dropout2d_output_shape,
    .describe = dropout_describe,
};

static neural_status create(const neural_layer_type *type, const char *name, double p,
                            uint64_t seed, neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "%s_create: out must be given", name);
    NEURAL_REQUIRE(p >= 0 && p <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s_create: p is %g, expected a probability from 0 to 1", name, p);
    NEURAL_TRY(neural_layer_create(type, sizeof(dropout_layer), out));
    ((dropout_layer *)*out)->p = p;
    ((dropout_layer *)*out)->seed = seed;
    return NEURAL_OK;
}

neural_status neural_dropout_create(double p, uint64_t seed, neural_layer **out) {
    return create(&dropout_type, "dropout", p, seed, out);
}

neural_status neural_dropout2d_create(double p, uint64_t seed, neural_layer **out) {
    return create(&dropout2d_type, "dropout2d", p, seed, out);
}

int neural_dropout_is(const neural_layer *layer) {
    return layer->type == &dropout_type || layer->type == &dropout2d_type;
}
