/* Config -> network, loss and what predictions end with. */
#include <inttypes.h>

#include "core/base/memory.h"
#include "layers/sequential.h"
#include "model/layer_builders.h"
#include "model/model_loss.h"
#include "model/model_type.h"
#include "model/row_shape.h"

static neural_status add_place(const neural_config *config, int key) {
    char place[NEURAL_CONFIG_PLACE_TEXT];
    return neural_error_prefix("%s", neural_config_place_text(config, key, place));
}

static neural_status build_network(neural_model *model, const neural_config *config,
                                   int64_t budget) {
    neural_layer_site site = {.shape = model->row_shape,
                              .is_image = model->row_shape.ndim > 1,
                              .dtype = model->dtype,
                              .seed = (uint64_t)config->random_seed,
                              .quantize_aware = config->quantize_aware,
                              .budget = budget};
    neural_layer_line line;
    neural_layer *last = NULL;
    NEURAL_TRY(neural_sequential_create(&model->network));
    NEURAL_TRY(neural_layer_line_open(config->network, &line));
    neural_status status = neural_layer_line_build(&line, &site, model->network, &last);
    neural_layer_line_close(&line);
    if (!status) {
        status = neural_row_shape_check_end(&site.shape);
    }
    if (status == NEURAL_ERR_SHAPE_MISMATCH || status == NEURAL_ERR_INVALID_ARGUMENT) {
        status = neural_error(NEURAL_ERR_INVALID_CONFIG, "%s", neural_last_error());
    }
    if (status && status != NEURAL_ERR_OUT_OF_MEMORY) {
        status = add_place(config, config->network_key);
    }
    int strip = 0;
    if (!status) {
        model->outputs = neural_shape_len(&site.shape);
        status = neural_model_choose_loss(model, config, neural_activation_of(last), &strip);
    }
    if (!status && !strip && last) {
        status = neural_sequential_add(model->network, last);
        last = status ? last : NULL;
    }
    neural_layer_destroy(last);
    return status;
}

static neural_status build(neural_model *model, const neural_config *config, int64_t budget) {
    model->input_shape = config->input_shape;
    model->row_shape = neural_row_shape(config);
    model->features = neural_shape_len(&config->input_shape);
    model->dtype = (neural_dtype)config->dtype;
    NEURAL_TRY(build_network(model, config, budget));
    NEURAL_REQUIRE(!config->output_size || config->output_size == model->outputs,
                   NEURAL_ERR_INVALID_CONFIG,
                   "%s: output_size is %" PRId64 ", but the network ends with %" PRId64 " outputs",
                   config->path, config->output_size, model->outputs);
    NEURAL_TRY(neural_layer_flatten(model->network, &model->parameters));
    NEURAL_TRY(neural_layer_flatten_buffers(model->network, &model->buffers));
    return neural_config_resolved(config, 1, &model->config);
}

neural_status neural_model_build(const neural_config *config, int64_t budget, neural_model **out) {
    neural_model *model = neural_alloc_zeroed(sizeof *model);
    if (!model) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status = build(model, config, budget);
    if (status) {
        neural_model_destroy(model);
        return status;
    }
    *out = model;
    return NEURAL_OK;
}
