#include "quant/quantize.h"

#include "core/base/threads.h"
#include "quant/data_range.h"

enum { GRAIN = 65536 }; /* elements worth a thread */

typedef struct conversion {
    const void *src;
    void *dst;
    neural_dtype dtype; /* of the numbers */
    const neural_quant_params *params;
} conversion;

/* Round to nearest even for |x| < 2^51: what does not fit the fraction of 1.5 * 2^52 is lost. */
static inline double round_even(double x) {
    const double magic = 6755399441055744.0;
    const double sum = x + magic;
    return sum - magic;
}

/* The lower bound for NaN. */
static inline double clamp(double x, double low, double high) {
    const double at_least = x > low ? x : low;
    return at_least < high ? at_least : high;
}

static void quantize_range(void *context, int64_t begin, int64_t end) {
    const conversion *call = context;
    const double zero = call->params->zero_point;
    const double low = neural_quant_low(call->params->scheme) - zero;
    const double high = neural_quant_high(call->params->scheme) - zero;
    const float scale = (float)call->params->scale;
    uint8_t *dst = call->dst;
    if (call->dtype == NEURAL_DTYPE_F32) {
        const float *src = call->src;
        for (int64_t i = begin; i < end; i++) {
            const double q = round_even(clamp((double)(src[i] / scale), low, high)) + zero;
            dst[i] = (uint8_t)(int32_t)q;
        }
    } else {
        const double *src = call->src;
        for (int64_t i = begin; i < end; i++) {
            const double q = round_even(clamp(src[i] / (double)scale, low, high)) + zero;
            dst[i] = (uint8_t)(int32_t)q;
        }
    }
}

static void dequantize_range(void *context, int64_t begin, int64_t end) {
    const conversion *call = context;
    const int is_signed = neural_quant_dtype(call->params->scheme) == NEURAL_DTYPE_I8;
    const int32_t zero = call->params->zero_point;
    const float scale = (float)call->params->scale;
    const uint8_t *src = call->src;
    for (int64_t i = begin; i < end; i++) {
        const int32_t q = (is_signed ? (int32_t)(int8_t)src[i] : (int32_t)src[i]) - zero;
        if (call->dtype == NEURAL_DTYPE_F32) {
            ((float *)call->dst)[i] = scale * (float)q;
        } else {
            ((double *)call->dst)[i] = (double)scale * (double)q;
        }
    }
}

neural_status neural_quantize(const void *src, neural_dtype dtype, int64_t len,
                              const neural_quant_params *params, void *dst) {
    NEURAL_TRY(quant_check_data("quantize", src, dtype, len));
    NEURAL_REQUIRE(dst || len == 0, NEURAL_ERR_NULL_POINTER, "quantize: dst must be given");
    NEURAL_TRY(neural_quant_params_check(params));
    const neural_fp_state state = neural_fp_enter();
    conversion call = {src, dst, dtype, params};
    neural_parallel_for(len, GRAIN, quantize_range, &call);
    neural_fp_leave(state);
    return NEURAL_OK;
}

neural_status neural_dequantize(const void *src, int64_t len, const neural_quant_params *params,
                                void *dst, neural_dtype dtype) {
    NEURAL_TRY(quant_check_data("dequantize", dst, dtype, len));
    NEURAL_REQUIRE(src || len == 0, NEURAL_ERR_NULL_POINTER, "dequantize: src must be given");
    NEURAL_TRY(neural_quant_params_check(params));
    const neural_fp_state state = neural_fp_enter();
    conversion call = {src, dst, dtype, params};
    neural_parallel_for(len, GRAIN, dequantize_range, &call);
    neural_fp_leave(state);
    return NEURAL_OK;
}
