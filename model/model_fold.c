/* Copies of models: as they are, with their batch norms folded, in 8 bits. */
#include "core/base/memory.h"
#include "layers/fold.h"
#include "model/model_type.h"

neural_status neural_model_check_whole(const neural_model *model, const char *caller) {
    NEURAL_REQUIRE(!model->plan, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the network is in 8 bits, expected the model as trained", caller);
    NEURAL_REQUIRE(!model->is_folded, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: its batch norms are folded, expected the model as trained", caller);
    return NEURAL_OK;
}

static neural_status copy_columns(const neural_model *from, neural_model *to) {
    neural_columns *copy = NULL;
    char *text = NULL;
    if (!from->columns) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_columns_write(from->columns, &text));
    const neural_status status = neural_columns_read(text, &copy);
    neural_free(text);
    if (!status) {
        neural_model_set_columns(to, copy);
    }
    return status;
}

static neural_status copy_transform(const neural_model *from, neural_model *to) {
    const neural_transform *transform = from->transform;
    neural_transform *copy = NULL;
    if (!transform) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_transform_create(
        neural_transform_kind(transform), neural_transform_offset(transform),
        neural_transform_scale(transform), neural_transform_features(transform), &copy));
    return neural_model_set_transform(to, copy);
}

neural_status neural_model_copy_frame(const neural_model *from, neural_model *to) {
    NEURAL_TRY(copy_transform(from, to));
    NEURAL_TRY(copy_columns(from, to));
    neural_tensor_release(to->criterion.class_weights);
    to->criterion.class_weights = neural_tensor_retain(from->criterion.class_weights);
    NEURAL_TRY(
        neural_model_set_class_names(to, neural_model_class_names(from), from->class_names.count));
    return neural_model_set_feature_names(to, (const char *const *)from->feature_names.item,
                                          from->feature_names.count);
}

/* What `from` was given after it was built from its config, as `to` was. */
static neural_status copy_contents(const neural_model *from, neural_model *to) {
    NEURAL_TRY(neural_tensor_copy(to->parameters->values, from->parameters->values));
    NEURAL_TRY(neural_tensor_copy(to->buffers->values, from->buffers->values));
    return neural_model_copy_frame(from, to);
}

neural_status neural_model_copy(const neural_model *from, neural_model **out) {
    neural_config *config = NULL;
    neural_model *copy = NULL;
    NEURAL_TRY(neural_config_parse(from->config, "model", NULL, 0, &config));
    neural_status status = neural_model_build(config, INT64_MAX, &copy);
    neural_config_destroy(config);
    if (!status) {
        status = copy_contents(from, copy);
    }
    if (status) {
        neural_model_destroy(copy);
        return status;
    }
    *out = copy;
    return NEURAL_OK;
}

/* --- networks that are no longer what the config says --- */

static neural_status flatten_anew(neural_model *model) {
    neural_parameters *parameters = NULL, *buffers = NULL;
    NEURAL_TRY(neural_layer_flatten(model->network, &parameters));
    neural_parameters_destroy(model->parameters);
    model->parameters = parameters;
    NEURAL_TRY(neural_layer_flatten_buffers(model->network, &buffers));
    neural_parameters_destroy(model->buffers);
    model->buffers = buffers;
    return NEURAL_OK;
}

neural_status neural_model_fold(neural_model *model, int *folded) {
    neural_layer_set_training(model->network, 0);
    NEURAL_TRY(neural_layer_fold_batch_norm(model->network, &model->row_shape, folded));
    model->is_folded = 1;
    return flatten_anew(model);
}

/* A transform by numbers of f32, as files in 8 bits hold it. */
static neural_status round_transform(neural_model *model) {
    const neural_transform *exact = model->transform;
    const int64_t len = model->features;
    neural_transform *rounded = NULL;
    if (!exact) {
        return NEURAL_OK;
    }
    double *numbers = neural_alloc((size_t)(2 * len) * sizeof *numbers);
    NEURAL_REQUIRE(numbers, NEURAL_ERR_OUT_OF_MEMORY, "quantized: out of memory");
    for (int64_t i = 0; i < len; i++) {
        numbers[i] = (float)neural_transform_offset(exact)[i];
        numbers[len + i] = (float)neural_transform_scale(exact)[i];
    }
    const neural_status status = neural_transform_create(neural_transform_kind(exact), numbers,
                                                         numbers + len, len, &rounded);
    neural_free(numbers);
    return status ? status : neural_model_set_transform(model, rounded);
}

neural_status neural_model_convert(neural_model *model, neural_quantized_plan *plan) {
    model->is_folded = 1;
    NEURAL_TRY(round_transform(model));
    NEURAL_TRY(neural_quantized_convert(model->network, &model->row_shape, plan));
    NEURAL_TRY(flatten_anew(model));
    model->plan = plan;
    return NEURAL_OK;
}

neural_status neural_model_fold_batch_norm(const neural_model *model, int *folded,
                                           neural_model **out) {
    NEURAL_REQUIRE(model && out, NEURAL_ERR_NULL_POINTER,
                   "model_fold_batch_norm: model and out must be given");
    NEURAL_TRY(neural_model_check_whole(model, "model_fold_batch_norm"));
    neural_model *copy = NULL;
    NEURAL_TRY(neural_model_copy(model, &copy));
    const neural_status status = neural_model_fold(copy, folded);
    if (status) {
        neural_model_destroy(copy);
        return status;
    }
    *out = copy;
    return NEURAL_OK;
}

neural_status neural_model_quantized(const neural_model *model, neural_quantized_plan *plan,
                                     neural_model **out) {
    neural_model *copy = NULL;
    neural_status status = neural_model_fold_batch_norm(model, NULL, &copy);
    if (!status) {
        status = neural_model_convert(copy, plan);
    }
    if (status) {
        neural_model_destroy(copy);
        return status;
    }
    *out = copy;
    return NEURAL_OK;
}
