#include "model/model.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "layers/init.h"
#include "model/model_type.h"
#include "model/text.h"

/* Weights that can be trained here: value, gradient and two numbers of optimizer state have to fit
 * into the machine's memory. */
static int64_t weights_with_room(const neural_config *config) {
    const int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return memory / (4 * neural_dtype_bytes((neural_dtype)config->dtype));
}

neural_status neural_model_create(const neural_config *config, neural_model **out) {
    NEURAL_REQUIRE(config && out, NEURAL_ERR_NULL_POINTER,
                   "model_create: config and out must be given");
    neural_model *model = NULL;
    neural_status status = neural_model_build(config, weights_with_room(config), &model);
    if (status == NEURAL_ERR_TENSOR_TOO_LARGE) {
        return neural_error(NEURAL_ERR_INVALID_CONFIG, "%s", neural_last_error());
    }
    NEURAL_TRY(status);
    status = neural_init_layer(model->network, (neural_init_kind)config->weight_init,
                               (neural_init_kind)config->bias_init, (uint64_t)config->random_seed);
    if (status) {
        neural_model_destroy(model);
        return status;
    }
    *out = model;
    return NEURAL_OK;
}

void neural_model_destroy(neural_model *model) {
    if (model) {
        neural_parameters_destroy(model->parameters);
        neural_parameters_destroy(model->buffers);
        neural_layer_destroy(model->network);
        neural_transform_destroy(model->transform);
        neural_columns_destroy(model->columns);
        neural_tensor_release(model->criterion.class_weights);
        neural_model_names_free(&model->class_names);
        neural_model_names_free(&model->feature_names);
        neural_quantized_plan_destroy(model->plan);
        neural_free(model->config);
        neural_free(model);
    }
}

/* --- running --- */

/* The dimensions of `rows` rows as the network takes them. */
static int network_dims(const neural_model *model, int64_t rows, int64_t dims[NEURAL_MAX_DIMS]) {
    dims[0] = rows;
    memcpy(&dims[1], model->row_shape.dim, (size_t)model->row_shape.ndim * sizeof *dims);
    return 1 + model->row_shape.ndim;
}

/* Rows of x, which is [N, features] or [N, ...] with that many numbers per row. */
static neural_status count_rows(const neural_model *model, const neural_tensor *x, int64_t *rows) {
    const int ndim = neural_tensor_ndim(x);
    const int64_t *dims = neural_tensor_dims(x);
    int64_t features = 1;
    for (int i = 1; i < ndim; i++) {
        features *= dims[i];
    }
    if (ndim < 2 || features != model->features) {
        neural_shape shape;
        char text[NEURAL_SHAPE_TEXT];
        NEURAL_TRY(neural_shape_make(ndim, dims, &shape));
        return neural_error(NEURAL_ERR_SHAPE_MISMATCH, "model: x is %s, expected [*, %" PRId64 "]",
                            neural_shape_text(&shape, text, sizeof text), model->features);
    }
    *rows = dims[0];
    return NEURAL_OK;
}

neural_status neural_model_shape_rows(const neural_model *model, neural_tensor *x,
                                      neural_tensor **out) {
    int64_t rows, dims[NEURAL_MAX_DIMS];
    NEURAL_REQUIRE(model && x && out, NEURAL_ERR_NULL_POINTER,
                   "model_forward: model, x and out must be given");
    NEURAL_TRY(count_rows(model, x, &rows));
    const int ndim = network_dims(model, rows, dims);
    if (neural_tensor_ndim(x) == ndim &&
        memcmp(neural_tensor_dims(x), dims, (size_t)ndim * sizeof *dims) == 0) {
        *out = neural_tensor_retain(x);
        return NEURAL_OK;
    }
    return neural_reshape(x, ndim, dims, out);
}

neural_status neural_model_forward(neural_model *model, neural_tensor *x, neural_tensor **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "model_forward: out must be given");
    neural_tensor *shaped = NULL;
    NEURAL_TRY(neural_model_shape_rows(model, x, &shaped));
    const neural_status status = neural_layer_forward(model->network, shaped, out);
    neural_tensor_release(shaped);
    return status;
}

/* x is the caller's and may be written. */
static neural_status predict(neural_model *model, neural_tensor *x, neural_tensor **out) {
    neural_tensor *y = NULL;
    if (model->transform) {
        NEURAL_TRY(neural_transform_apply(model->transform, x));
    }
    NEURAL_TRY(neural_model_forward(model, x, &y));
    const neural_status status = neural_activation_apply(model->output_activation, y, out);
    neural_tensor_release(y);
    return status;
}

neural_status neural_model_predict(neural_model *model, const neural_tensor *rows,
                                   neural_tensor **out) {
    NEURAL_REQUIRE(model && rows && out, NEURAL_ERR_NULL_POINTER,
                   "model_predict: model, rows and out must be given");
    int64_t count;
    neural_tensor *copy = NULL, *flat = NULL;
    NEURAL_TRY(count_rows(model, rows, &count));
    NEURAL_TRY(neural_tensor_cast(rows, model->dtype, &copy));
    neural_status status = neural_tensor_view(copy, 2, (int64_t[]){count, model->features}, &flat);
    if (!status) {
        const int evaluating = neural_layer_set_evaluating(1);
        const int recording = neural_set_grad_enabled(0);
        status = predict(model, flat, out);
        neural_layer_set_evaluating(evaluating);
        neural_set_grad_enabled(recording);
    }
    neural_tensor_release(flat);
    neural_tensor_release(copy);
    return status;
}

/* --- queries --- */

const neural_shape *neural_model_row_shape(const neural_model *model) {
    return &model->row_shape;
}

neural_layer *neural_model_network(const neural_model *model) {
    return model->network;
}

int64_t neural_model_features(const neural_model *model) {
    return model->features;
}

int64_t neural_model_outputs(const neural_model *model) {
    return model->outputs;
}

int64_t neural_model_weight_count(const neural_model *model) {
    int64_t count = 0;
    for (int i = 0; i < model->parameters->count; i++) {
        count += neural_tensor_len(model->parameters->item[i]->value);
    }
    return count;
}

neural_dtype neural_model_dtype(const neural_model *model) {
    return model->dtype;
}

neural_loss neural_model_loss(const neural_model *model) {
    return model->criterion.loss;
}

const neural_criterion *neural_model_criterion(const neural_model *model) {
    return &model->criterion;
}

neural_activation neural_model_output_activation(const neural_model *model) {
    return model->output_activation;
}

int neural_model_is_classifier(const neural_model *model) {
    return neural_loss_target_of(model->criterion.loss) == NEURAL_LOSS_TARGET_CLASSES;
}

neural_parameters *neural_model_parameters(const neural_model *model) {
    return model->parameters;
}

neural_parameters *neural_model_buffers(const neural_model *model) {
    return model->buffers;
}

/* --- transform and class names --- */

neural_status neural_model_set_transform(neural_model *model, neural_transform *transform) {
    NEURAL_REQUIRE(model, NEURAL_ERR_NULL_POINTER, "model_set_transform: model must be given");
    if (transform) {
        const int64_t features = neural_transform_features(transform);
        NEURAL_REQUIRE(features == model->features, NEURAL_ERR_SHAPE_MISMATCH,
                       "model_set_transform: the transform is of %" PRId64
                       " features, the model has %" PRId64,
                       features, model->features);
    }
    neural_transform_destroy(model->transform);
    model->transform = transform;
    return NEURAL_OK;
}

const neural_transform *neural_model_transform(const neural_model *model) {
    return model->transform;
}

void neural_model_set_columns(neural_model *model, neural_columns *columns) {
    neural_columns_destroy(model->columns);
    model->columns = columns;
}

const neural_columns *neural_model_columns(const neural_model *model) {
    return model->columns;
}
