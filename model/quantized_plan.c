#include <string.h>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "layers/activation.h"
#include "layers/conv.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/layer_type.h"
#include "layers/linear.h"
#include "layers/pool.h"
#include "layers/shape.h"
#include "model/quantized.h"
#include "quant/quantize.h"

int neural_quantized_nodes(const neural_layer *network) {
    int count = 1;
    for (int i = 0; i < network->child_count; i++) {
        count += neural_quantized_nodes(network->child[i]);
    }
    return count;
}

int neural_quantized_skips(const neural_layer *layer) {
    return layer->type->passes_through || neural_dropout_is(layer);
}

int neural_quantized_keeps_grid(const neural_layer *layer) {
    neural_pool_options options;
    int64_t out[2];
    return neural_quantized_skips(layer) || neural_flatten_is(layer) ||
           neural_pool2d_of(layer, &options, out) == NEURAL_POOL_MAX;
}

neural_status neural_quantized_plan_create(int count, neural_quantized_plan **out) {
    neural_quantized_plan *plan = neural_alloc_zeroed(sizeof *plan);
    neural_quantized_record *record = neural_alloc_zeroed((size_t)count * sizeof *record);
    if (!plan || !record) {
        neural_free(plan);
        neural_free(record);
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "quantized: no room for %d layers", count);
    }
    for (int i = 0; i < count; i++) {
        record[i].grid.scale = 1;
    }
    *plan = (neural_quantized_plan){count, record};
    *out = plan;
    return NEURAL_OK;
}

neural_status neural_quantized_plan_copy(const neural_quantized_plan *plan,
                                         neural_quantized_plan **out) {
    NEURAL_TRY(neural_quantized_plan_create(plan->count, out));
    for (int i = 0; i < plan->count; i++) {
        neural_quantized_record *record = &(*out)->record[i];
        *record = plan->record[i];
        neural_tensor_retain(record->weight);
        neural_tensor_retain(record->scales);
        neural_tensor_retain(record->bias);
        neural_tensor_retain(record->table);
    }
    return NEURAL_OK;
}

void neural_quantized_plan_destroy(neural_quantized_plan *plan) {
    if (!plan) {
        return;
    }
    for (int i = 0; i < plan->count; i++) {
        neural_tensor_release(plan->record[i].weight);
        neural_tensor_release(plan->record[i].scales);
        neural_tensor_release(plan->record[i].bias);
        neural_tensor_release(plan->record[i].table);
    }
    neural_free(plan->record);
    neural_free(plan);
}

int neural_quantized_can(const neural_layer *layer, const neural_shape *in,
                         neural_quantized_kind kind) {
    if (neural_linear_is(layer)) {
        return kind == NEURAL_QUANTIZED_DYNAMIC ||
               (kind == NEURAL_QUANTIZED_STATIC && in->ndim == 1);
    }
    if (neural_embedding_is(layer)) {
        return kind == NEURAL_QUANTIZED_DYNAMIC;
    }
    return neural_conv2d_options(layer) && kind == NEURAL_QUANTIZED_STATIC && in->ndim == 3;
}

/* --- weights --- */

/* A filter of zeros has a small scale rather than none, so that its bias keeps its digits. */
static const float scale_of_zeros = 0x1p-20f;

static neural_status quantize_filters(const neural_tensor *weight, neural_quant_params *params,
                                      neural_quantized_record *record) {
    const int64_t filters = weight->shape.dim[0];
    NEURAL_TRY(neural_quant_calibrate_channels(weight, 0, NEURAL_QUANT_S8_SYMMETRIC, params));
    NEURAL_TRY(neural_quantize_tensor(weight, params, filters, 0, &record->weight));
    NEURAL_TRY(neural_tensor_create(1, &filters, NEURAL_DTYPE_F32, &record->scales));
    float *scales = neural_tensor_f32(record->scales);
    for (int64_t i = 0; i < filters; i++) {
        scales[i] = params[i].min == params[i].max ? scale_of_zeros : (float)params[i].scale;
    }
    return NEURAL_OK;
}

neural_status neural_quantized_record_weights(const neural_layer *layer,
                                              neural_quantized_record *record) {
    const neural_parameter *parameter = layer->parameter[0];
    const int64_t filters = parameter->value->shape.dim[0];
    neural_quant_params *params = neural_alloc((size_t)(filters + 1) * sizeof *params);
    NEURAL_REQUIRE(params, NEURAL_ERR_OUT_OF_MEMORY, "quantized: out of memory");
    memcpy(record->name, parameter->name, sizeof record->name);
    neural_status status = quantize_filters(parameter->value, params, record);
    neural_free(params);
    if (!status && layer->parameter_count > 1) {
        status = neural_tensor_clone(layer->parameter[1]->value, &record->bias);
    }
    return status ? neural_error_prefix("%s", parameter->name) : NEURAL_OK;
}

/* --- activations --- */

neural_status neural_quantized_record_table(neural_layer *activation, const neural_qformat *input,
                                            neural_quantized_record *record) {
    const int64_t count = 256;
    const neural_quant_params to = {.scale = record->grid.scale,
                                    .zero_point = record->grid.zero_point,
                                    .scheme = NEURAL_QUANT_U8_AFFINE};
    neural_tensor *x = NULL, *y = NULL;
    const neural_activation kind = neural_activation_of(activation);
    if (kind == NEURAL_ACTIVATION_NONE || kind == NEURAL_ACTIVATION_SOFTMAX ||
        kind == NEURAL_ACTIVATION_LOG_SOFTMAX || kind == NEURAL_ACTIVATION_RELU) {
        return NEURAL_OK; /* no function of one number; ReLU needs no table in a file */
    }
    NEURAL_TRY(neural_tensor_create(1, &count, NEURAL_DTYPE_F64, &x));
    for (int q = 0; q < count; q++) {
        neural_tensor_f64(x)[q] = (double)input->scale * (q - input->zero_point);
    }
    const int recording = neural_set_grad_enabled(0);
    neural_status status = neural_layer_forward(activation, x, &y);
    neural_set_grad_enabled(recording);
    if (!status) {
        status = neural_quantize_tensor(y, &to, 1, 0, &record->table);
    }
    neural_tensor_release(y);
    neural_tensor_release(x);
    return status;
}
