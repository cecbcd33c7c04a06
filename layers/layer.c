#include "layers/layer.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "layers/layer_type.h"

neural_status neural_layer_create(const neural_layer_type *type, size_t bytes, neural_layer **out) {
    neural_layer *layer = neural_alloc_zeroed(bytes);
    if (!layer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    layer->type = type;
    layer->training = 1;
    *out = layer;
    return NEURAL_OK;
}

void neural_layer_destroy(neural_layer *layer) {
    if (!layer) {
        return;
    }
    if (layer->type->destroy) {
        layer->type->destroy(layer);
    }
    for (int i = 0; i < layer->child_count; i++) {
        neural_layer_destroy(layer->child[i]);
    }
    neural_free(layer->child);
    for (int i = 0; i < layer->parameter_count; i++) {
        neural_parameter_destroy(layer->parameter[i]);
    }
    neural_free(layer);
}

neural_status neural_layer_add_parameter(neural_layer *layer, const char *name, int ndim,
                                         const int64_t *dims, neural_dtype dtype, uint32_t flags) {
    NEURAL_REQUIRE(layer->parameter_count < NEURAL_LAYER_MAX_PARAMETERS, NEURAL_ERR_INTERNAL,
                   "%s: more than %d parameters", layer->type->name, NEURAL_LAYER_MAX_PARAMETERS);
    NEURAL_TRY(neural_parameter_create(name, ndim, dims, dtype, flags,
                                       &layer->parameter[layer->parameter_count]));
    layer->parameter_count++;
    return NEURAL_OK;
}

neural_status neural_layer_forward(neural_layer *layer, neural_tensor *x, neural_tensor **out) {
    NEURAL_REQUIRE(layer && x && out, NEURAL_ERR_NULL_POINTER,
                   "layer_forward: layer, x and out must be given");
    return layer->type->forward(layer, x, out);
}

void neural_layer_set_training(neural_layer *layer, int training) {
    layer->training = training != 0;
    for (int i = 0; i < layer->child_count; i++) {
        neural_layer_set_training(layer->child[i], training);
    }
}

int neural_layer_training(const neural_layer *layer) {
    return layer->training;
}

void neural_layer_set_step(neural_layer *layer, uint64_t step) {
    layer->step = step;
    for (int i = 0; i < layer->child_count; i++) {
        neural_layer_set_step(layer->child[i], step);
    }
}

neural_status neural_layer_output_shape(const neural_layer *layer, const neural_shape *in,
                                        neural_shape *out) {
    NEURAL_REQUIRE(layer && in && out, NEURAL_ERR_NULL_POINTER,
                   "layer_output_shape: layer, in and out must be given");
    if (layer->type->output_shape) {
        return layer->type->output_shape(layer, in, out);
    }
    *out = *in;
    return NEURAL_OK;
}

int neural_layer_parameter_count(const neural_layer *layer) {
    int count = layer->parameter_count;
    for (int i = 0; i < layer->child_count; i++) {
        count += neural_layer_parameter_count(layer->child[i]);
    }
    return count;
}

neural_parameter *neural_layer_parameter(const neural_layer *layer, int i) {
    if (i < layer->parameter_count) {
        return i < 0 ? NULL : layer->parameter[i];
    }
    i -= layer->parameter_count;
    for (int c = 0; c < layer->child_count; c++) {
        const int count = neural_layer_parameter_count(layer->child[c]);
        if (i < count) {
            return neural_layer_parameter(layer->child[c], i);
        }
        i -= count;
    }
    return NULL;
}

neural_tensor *neural_layer_weight(const neural_layer *layer, int i) {
    const neural_parameter *parameter = neural_layer_parameter(layer, i);
    return parameter ? parameter->value : NULL;
}

const char *neural_layer_weight_name(const neural_layer *layer, int i) {
    const neural_parameter *parameter = neural_layer_parameter(layer, i);
    return parameter ? parameter->name : NULL;
}

neural_status neural_layer_flatten(neural_layer *layer, neural_parameters **out) {
    NEURAL_REQUIRE(layer && out, NEURAL_ERR_NULL_POINTER,
                   "layer_flatten: layer and out must be given");
    const int count = neural_layer_parameter_count(layer);
    neural_parameter **item = neural_alloc((size_t)count * sizeof *item);
    if (!item) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < count; i++) {
        item[i] = neural_layer_parameter(layer, i);
    }
    const neural_status status = neural_parameters_create(item, count, out);
    neural_free(item);
    return status;
}

const char *neural_layer_describe(const neural_layer *layer, char *text, int64_t bytes) {
    char inside[128] = "";
    if (layer->type->describe) {
        layer->type->describe(layer, inside, (int64_t)sizeof inside);
    }
    snprintf(text, (size_t)bytes, "%s(%s)", layer->type->name, inside);
    return text;
}

int neural_layer_child_count(const neural_layer *layer) {
    return layer->child_count;
}

neural_layer *neural_layer_child(const neural_layer *layer, int i) {
    return i >= 0 && i < layer->child_count ? layer->child[i] : NULL;
}
