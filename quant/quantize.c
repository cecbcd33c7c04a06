#include "quant/quantize.h"

#include "core/asm/quant_kernel.h"
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

static void quantize_f64(const conversion *call, int64_t begin, int64_t end) {
    const double zero = call->params->zero_point;
    const double low = neural_quant_low(call->params->scheme) - zero;
    const double high = neural_quant_high(call->params->scheme) - zero;
    const double *src = call->src;
    uint8_t *dst = call->dst;
    for (int64_t i = begin; i < end; i++) {
        const double q = round_even(clamp(src[i] / call->params->scale, low, high)) + zero;
        dst[i] = (uint8_t)(int32_t)q;
    }
}

static void quantize_range(void *context, int64_t begin, int64_t end) {
    const conversion *call = context;
    const neural_quant_params *params = call->params;
    if (call->dtype == NEURAL_DTYPE_F64) {
        quantize_f64(call, begin, end);
        return;
    }
    const neural_quant_target target = {
        .low = (float)(neural_quant_low(params->scheme) - params->zero_point),
        .high = (float)(neural_quant_high(params->scheme) - params->zero_point),
        .zero_point = params->zero_point,
        .scale = 1 / (float)params->scale,
    };
    neural_quant_kernels_active()->quantize((char *)call->dst + begin,
                                            (const float *)call->src + begin, end - begin, &target);
}

static void dequantize_range(void *context, int64_t begin, int64_t end) {
    const conversion *call = context;
    const neural_quant_params *params = call->params;
    const int32_t flip = neural_quant_dtype(params->scheme) == NEURAL_DTYPE_I8 ? 128 : 0;
    const neural_quant_source source = {flip, params->zero_point + flip, (float)params->scale};
    const uint8_t *src = call->src;
    if (call->dtype == NEURAL_DTYPE_F32) {
        neural_quant_kernels_active()->dequantize((float *)call->dst + begin, src + begin,
                                                  end - begin, &source);
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        ((double *)call->dst)[i] = (double)((src[i] ^ flip) - source.zero_point) * params->scale;
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
