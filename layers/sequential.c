#include "layers/sequential.h"

#include <stdio.h>

#include "layers/activation.h"
#include "layers/layer_type.h"

/* 1 when the first layer from position *i on that does anything is a ReLU; *i moves past it. */
static int take_relu(const neural_layer *sequential, int *i) {
    int at = *i;
    while (at < sequential->child_count && sequential->child[at]->type->passes_through) {
        at++;
    }
    if (at == sequential->child_count ||
        neural_activation_of(sequential->child[at]) != NEURAL_ACTIVATION_RELU) {
        return 0;
    }
    *i = at + 1;
    return 1;
}

/* Runs the layer at position i, with the ReLU behind it where it can; *i moves past what ran. */
static neural_status run_next(neural_layer *sequential, int *i, neural_tensor *x,
                              neural_tensor **out) {
    neural_layer *layer = sequential->child[*i];
    *i += 1;
    if (layer->type->forward_relu && take_relu(sequential, i)) {
        return layer->type->forward_relu(layer, x, out);
    }
    return neural_layer_forward(layer, x, out);
}

static neural_status sequential_forward(neural_layer *sequential, neural_tensor *x,
                                        neural_tensor **out) {
    neural_tensor *current = neural_tensor_retain(x);
    for (int i = 0; i < sequential->child_count;) {
        neural_tensor *next = NULL;
        const int position = i;
        const neural_status status = run_next(sequential, &i, current, &next);
        neural_tensor_release(current);
        if (status) {
            return neural_error_prefix("layer %d", position);
        }
        current = next;
    }
    *out = current;
    return NEURAL_OK;
}

static neural_status sequential_output_shape(const neural_layer *sequential, const neural_shape *in,
                                             neural_shape *out) {
    neural_shape shape = *in;
    for (int i = 0; i < sequential->child_count; i++) {
        neural_shape next;
        if (neural_layer_output_shape(sequential->child[i], &shape, &next)) {
            return neural_error_prefix("layer %d", i);
        }
        shape = next;
    }
    *out = shape;
    return NEURAL_OK;
}

static const neural_layer_type sequential_type = {
    .name = "Sequential",
    .forward = sequential_forward,
    .output_shape = sequential_output_shape,
};

neural_status neural_sequential_create(neural_layer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "sequential_create: out must be given");
    return neural_layer_create(&sequential_type, sizeof(neural_layer), out);
}

neural_status neural_sequential_add(neural_layer *sequential, neural_layer *child) {
    NEURAL_REQUIRE(sequential && child, NEURAL_ERR_NULL_POINTER,
                   "sequential_add: sequential and child must be given");
    NEURAL_REQUIRE(sequential->type == &sequential_type && sequential != child,
                   NEURAL_ERR_INVALID_ARGUMENT, "sequential_add: cannot add a %s to a %s",
                   child->type->name, sequential->type->name);
    char name[NEURAL_LAYER_NAME_BYTES];
    snprintf(name, sizeof name, "%d", sequential->child_count);
    return neural_layer_add_child(sequential, child, name);
}
