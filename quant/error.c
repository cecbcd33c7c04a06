#include <math.h>

#include "quant/data_range.h"
#include "quant/quantize.h"

enum { CHUNK = 4096 };
static const double NO_NOISE = 1e-30, NO_NOISE_DB = 999.0;

/* Sums of squares of data and of what quantization changes; chunk by chunk, as their order is part
 * of the result. */
static neural_status sum_squares(const void *data, neural_dtype dtype, int64_t len,
                                 const neural_quant_params *params, double *signal, double *noise) {
    uint8_t bytes[CHUNK];
    double back[CHUNK];
    *signal = *noise = 0;
    for (int64_t begin = 0; begin < len; begin += CHUNK) {
        const int64_t part = len - begin < CHUNK ? len - begin : CHUNK;
        const char *run = (const char *)data + begin * neural_dtype_bytes(dtype);
        double chunk_signal = 0, chunk_noise = 0;
        NEURAL_TRY(neural_quantize(run, dtype, part, params, bytes));
        NEURAL_TRY(neural_dequantize(bytes, part, params, back, NEURAL_DTYPE_F64));
        for (int64_t i = 0; i < part; i++) {
            const double x = dtype == NEURAL_DTYPE_F32
                                 ? (double)((const float *)(const void *)run)[i]
                                 : ((const double *)(const void *)run)[i];
            chunk_signal += x * x;
            chunk_noise += (x - back[i]) * (x - back[i]);
        }
        *signal += chunk_signal;
        *noise += chunk_noise;
    }
    return NEURAL_OK;
}

static neural_status mean_squares(const char *what, const void *data, neural_dtype dtype,
                                  int64_t len, const neural_quant_params *params, double *signal,
                                  double *noise) {
    double min, max;
    NEURAL_TRY(quant_check_data(what, data, dtype, len));
    NEURAL_REQUIRE(len > 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: there are no data", what);
    NEURAL_TRY(neural_quant_params_check(params));
    NEURAL_TRY(quant_data_range(what, data, dtype, len, &min, &max));
    NEURAL_TRY(sum_squares(data, dtype, len, params, signal, noise));
    *signal /= (double)len;
    *noise /= (double)len;
    return NEURAL_OK;
}

neural_status neural_quantization_error(const void *data, neural_dtype dtype, int64_t len,
                                        const neural_quant_params *params, double *out) {
    double signal, noise;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "quantization_error: out is NULL");
    NEURAL_TRY(mean_squares("quantization_error", data, dtype, len, params, &signal, &noise));
    *out = noise;
    return NEURAL_OK;
}

neural_status neural_quantization_snr(const void *data, neural_dtype dtype, int64_t len,
                                      const neural_quant_params *params, double *out) {
    double signal, noise;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "quantization_snr: out is NULL");
    NEURAL_TRY(mean_squares("quantization_snr", data, dtype, len, params, &signal, &noise));
    *out = noise < NO_NOISE ? NO_NOISE_DB : 10 * log10(signal / noise);
    return NEURAL_OK;
}
