#include <math.h>

#include "core/tensor/storage.h"
#include "quant/data_range.h"
#include "quant/quantize.h"
#include "quant/rank.h"

static neural_status check_some(const char *what, const void *data, neural_dtype dtype,
                                int64_t len) {
    NEURAL_TRY(quant_check_data(what, data, dtype, len));
    NEURAL_REQUIRE(len > 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: there are no data", what);
    return NEURAL_OK;
}

neural_status neural_quant_calibrate_minmax(const void *data, neural_dtype dtype, int64_t len,
                                            neural_quant_scheme scheme, neural_quant_params *out) {
    double min, max;
    NEURAL_TRY(check_some("calibrate_minmax", data, dtype, len));
    NEURAL_TRY(quant_data_range("calibrate_minmax", data, dtype, len, &min, &max));
    return neural_quant_params_choose(min, max, scheme, out);
}

neural_status neural_quant_calibrate_percentile(const void *data, neural_dtype dtype, int64_t len,
                                                double tail, neural_quant_scheme scheme,
                                                neural_quant_params *out) {
    double min, max;
    NEURAL_TRY(check_some("calibrate_percentile", data, dtype, len));
    NEURAL_REQUIRE(tail >= 0 && tail <= 0.5, NEURAL_ERR_INVALID_ARGUMENT,
                   "calibrate_percentile: tail is %g, expected 0 ... 0.5", tail);
    NEURAL_TRY(quant_data_range("calibrate_percentile", data, dtype, len, &min, &max));
    const int64_t low = (int64_t)((double)len * tail);
    const int64_t high = (int64_t)((double)len * (1 - tail));
    NEURAL_TRY(quant_rank(data, dtype, len, low < len ? low : len - 1, &min));
    NEURAL_TRY(quant_rank(data, dtype, len, high < len ? high : len - 1, &max));
    return neural_quant_params_choose(min, max, scheme, out);
}

/* One channel of contiguous [outer, channels, inner]. */
static neural_status channel_params(const neural_tensor *tensor, int64_t outer, int64_t channels,
                                    int64_t inner, int64_t channel, neural_quant_scheme scheme,
                                    neural_quant_params *out) {
    const int64_t bytes = neural_dtype_bytes(tensor->dtype);
    double min = 0, max = 0; /* a range is widened to hold 0 anyway */
    for (int64_t i = 0; i < outer && inner > 0; i++) {
        double low, high;
        const char *run = tensor->data + (i * channels + channel) * inner * bytes;
        NEURAL_TRY(quant_data_range("calibrate_channels", run, tensor->dtype, inner, &low, &high));
        min = fmin(min, low);
        max = fmax(max, high);
    }
    return neural_quant_params_choose(min, max, scheme, out);
}

neural_status neural_quant_calibrate_channels(const neural_tensor *tensor, int axis,
                                              neural_quant_scheme scheme,
                                              neural_quant_params *out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "calibrate_channels: %s is NULL",
                   tensor ? "out" : "tensor");
    NEURAL_REQUIRE(neural_dtype_is_float(tensor->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "calibrate_channels: the tensor must be f32 or f64, is %s",
                   neural_dtype_name(tensor->dtype));
    NEURAL_REQUIRE(axis >= 0 && axis < tensor->shape.ndim, NEURAL_ERR_DIM_MISMATCH,
                   "calibrate_channels: axis is %d, expected 0 ... %d", axis,
                   tensor->shape.ndim - 1);
    neural_tensor *data = NULL;
    NEURAL_TRY(neural_tensor_contiguous((neural_tensor *)tensor, &data));
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < data->shape.ndim; i++) {
        outer *= i < axis ? data->shape.dim[i] : 1;
        inner *= i > axis ? data->shape.dim[i] : 1;
    }
    neural_status status = NEURAL_OK;
    const int64_t channels = data->shape.dim[axis];
    for (int64_t c = 0; c < channels && !status; c++) {
        status = channel_params(data, outer, channels, inner, c, scheme, out + c);
    }
    neural_tensor_release(data);
    return status;
}
