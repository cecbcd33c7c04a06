#include "layers/fake_quant.h"

#include "core/autograd/quant_ops.h"
#include "core/tensor/fake_quant.h"
#include "core/tensor/storage.h"
#include "layers/layer_type.h"

static const double AVERAGING = 0.01; /* PyTorch's */

neural_status neural_layer_make_quantization_aware(neural_layer *layer) {
    NEURAL_REQUIRE(layer, NEURAL_ERR_NULL_POINTER, "make_quantization_aware: layer is NULL");
    if (!layer->type->fake_quantizes || layer->input_range) {
        return NEURAL_OK;
    }
    const int64_t dims[] = {2};
    const neural_dtype dtype = neural_tensor_dtype(layer->parameter[0]->value);
    NEURAL_TRY(neural_layer_add_buffer(layer, "input_range", 1, dims, dtype, 0));
    layer->input_range = layer->buffer[layer->buffer_count - 1];
    return NEURAL_OK;
}

int neural_layer_input_range(const neural_layer *layer, double *min, double *max) {
    if (!layer->input_range) {
        return 0;
    }
    const neural_tensor *range = layer->input_range->value;
    const int is_f32 = range->dtype == NEURAL_DTYPE_F32;
    *min = is_f32 ? (double)neural_tensor_f32(range)[0] : neural_tensor_f64(range)[0];
    *max = is_f32 ? (double)neural_tensor_f32(range)[1] : neural_tensor_f64(range)[1];
    return *min != 0 || *max != 0;
}

static neural_status quantize_input(neural_layer *layer, neural_tensor *x, neural_tensor **input) {
    double min, max;
    if (neural_layer_trains(layer)) {
        NEURAL_TRY(neural_range_average(x, AVERAGING, layer->input_range->value));
    }
    if (neural_layer_input_range(layer, &min, &max)) {
        return neural_fake_quant(x, min, max, input);
    }
    *input = neural_tensor_retain(x);
    return NEURAL_OK;
}

neural_status neural_layer_fake_quantize(neural_layer *layer, neural_tensor *x,
                                         neural_tensor **input, neural_tensor **weight) {
    neural_tensor *own = layer->parameter[0]->value;
    if (!layer->input_range) {
        *input = neural_tensor_retain(x);
        *weight = neural_tensor_retain(own);
        return NEURAL_OK;
    }
    neural_tensor *quantized = NULL;
    NEURAL_TRY(quantize_input(layer, x, &quantized));
    const neural_status status = neural_fake_quant_channels(own, 0, weight);
    if (status) {
        neural_tensor_release(quantized);
        return status;
    }
    *input = quantized;
    return NEURAL_OK;
}
