#include "layers/layer.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
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
    for (int i = 0; i < layer->buffer_count; i++) {
        neural_parameter_destroy(layer->buffer[i]);
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

neural_status neural_layer_add_buffer(neural_layer *layer, const char *name, int ndim,
                                      const int64_t *dims, neural_dtype dtype, double value) {
    NEURAL_REQUIRE(layer->buffer_count < NEURAL_LAYER_MAX_BUFFERS, NEURAL_ERR_INTERNAL,
                   "%s: more than %d buffers", layer->type->name, NEURAL_LAYER_MAX_BUFFERS);
    neural_parameter **buffer = &layer->buffer[layer->buffer_count];
    NEURAL_TRY(neural_parameter_create(name, ndim, dims, dtype, NEURAL_PARAMETER_BUFFER, buffer));
    layer->buffer_count++;
    return neural_tensor_fill((*buffer)->value, value);
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

static _Thread_local int is_evaluating;

int neural_layer_set_evaluating(int evaluating) {
    const int before = is_evaluating;
    is_evaluating = evaluating;
    return before;
}

int neural_layer_trains(const neural_layer *layer) {
    return layer->training && !is_evaluating;
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

/* --- parameters and buffers: the same walk over the tree --- */

typedef enum kind { PARAMETERS, BUFFERS } kind;

static int own_count(const neural_layer *layer, kind which) {
    return which == PARAMETERS ? layer->parameter_count : layer->buffer_count;
}

static int tree_count(const neural_layer *layer, kind which) {
    int count = own_count(layer, which);
    for (int i = 0; i < layer->child_count; i++) {
        count += tree_count(layer->child[i], which);
    }
    return count;
}

static neural_parameter *tree_item(const neural_layer *layer, kind which, int i) {
    if (i < own_count(layer, which)) {
        return i < 0 ? NULL : which == PARAMETERS ? layer->parameter[i] : layer->buffer[i];
    }
    i -= own_count(layer, which);
    for (int c = 0; c < layer->child_count; c++) {
        const int count = tree_count(layer->child[c], which);
        if (i < count) {
            return tree_item(layer->child[c], which, i);
        }
        i -= count;
    }
    return NULL;
}

static neural_status flatten(neural_layer *layer, kind which, neural_parameters **out) {
    NEURAL_REQUIRE(layer && out, NEURAL_ERR_NULL_POINTER,
                   "layer_flatten: layer and out must be given");
    const int count = tree_count(layer, which);
    neural_parameter **item = neural_alloc((size_t)count * sizeof *item);
    if (!item) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < count; i++) {
        item[i] = tree_item(layer, which, i);
    }
    const neural_status status = neural_parameters_create(item, count, out);
    neural_free(item);
    return status;
}

int neural_layer_parameter_count(const neural_layer *layer) {
    return tree_count(layer, PARAMETERS);
}

neural_parameter *neural_layer_parameter(const neural_layer *layer, int i) {
    return tree_item(layer, PARAMETERS, i);
}

neural_tensor *neural_layer_weight(const neural_layer *layer, int i) {
    const neural_parameter *parameter = neural_layer_parameter(layer, i);
    return parameter ? parameter->value : NULL;
}

const char *neural_layer_weight_name(const neural_layer *layer, int i) {
    const neural_parameter *parameter = neural_layer_parameter(layer, i);
    return parameter ? parameter->name : NULL;
}

void neural_layer_weights_written(neural_layer *layer) {
    const int count = tree_count(layer, PARAMETERS);
    for (int i = 0; i < count; i++) {
        neural_tensor_touch(tree_item(layer, PARAMETERS, i)->value);
    }
}

neural_status neural_layer_flatten(neural_layer *layer, neural_parameters **out) {
    return flatten(layer, PARAMETERS, out);
}

int neural_layer_buffer_count(const neural_layer *layer) {
    return tree_count(layer, BUFFERS);
}

neural_parameter *neural_layer_buffer(const neural_layer *layer, int i) {
    return tree_item(layer, BUFFERS, i);
}

neural_tensor *neural_layer_buffer_value(const neural_layer *layer, int i) {
    const neural_parameter *buffer = neural_layer_buffer(layer, i);
    return buffer ? buffer->value : NULL;
}

const char *neural_layer_buffer_name(const neural_layer *layer, int i) {
    const neural_parameter *buffer = neural_layer_buffer(layer, i);
    return buffer ? buffer->name : NULL;
}

neural_status neural_layer_flatten_buffers(neural_layer *layer, neural_parameters **out) {
    return flatten(layer, BUFFERS, out);
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

const char *neural_layer_name(const neural_layer *layer) {
    return layer->name;
}

int neural_layer_is_side_by_side(const neural_layer *layer) {
    return layer->type->side_by_side;
}

/* --- containers --- */

/* Puts "<prefix>." in front of a name. */
static neural_status prefix_name(neural_parameter *parameter, const char *prefix) {
    char name[NEURAL_PARAMETER_NAME_BYTES];
    const int len = snprintf(name, sizeof name, "%s.%s", prefix, parameter->name);
    NEURAL_REQUIRE(len < (int)sizeof name, NEURAL_ERR_INVALID_ARGUMENT,
                   "layer_add_child: the name of parameter %s is too long", parameter->name);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): prefix_names asks for one */
    memcpy(parameter->name, name, sizeof name);
    return NEURAL_OK;
}

static neural_status prefix_names(neural_layer *child, kind which, const char *prefix) {
    const int count = tree_count(child, which);
    for (int i = 0; i < count; i++) {
        NEURAL_TRY(prefix_name(tree_item(child, which, i), prefix));
    }
    return NEURAL_OK;
}

neural_status neural_layer_add_child(neural_layer *layer, neural_layer *child, const char *name) {
    NEURAL_REQUIRE(strlen(name) < sizeof child->name, NEURAL_ERR_INVALID_ARGUMENT,
                   "layer_add_child: the name %s is too long", name);
    const size_t bytes = (size_t)layer->child_count * sizeof(neural_layer *);
    neural_layer **grown = neural_realloc(layer->child, bytes, bytes + sizeof(neural_layer *));
    if (!grown) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    layer->child = grown;
    if (*name) {
        NEURAL_TRY(prefix_names(child, PARAMETERS, name));
        NEURAL_TRY(prefix_names(child, BUFFERS, name));
    }
    strcpy(child->name, name);
    layer->child[layer->child_count++] = child;
    return NEURAL_OK;
}
