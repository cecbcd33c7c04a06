#include <float.h>
#include <math.h>

#include "core/tensor/fake_quant.h"
#include "quant/quantize.h"

int32_t neural_quant_low(neural_quant_scheme scheme) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? 0 : scheme == NEURAL_QUANT_S8_AFFINE ? -128 : -127;
}

int32_t neural_quant_high(neural_quant_scheme scheme) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? 255 : 127;
}

neural_dtype neural_quant_dtype(neural_quant_scheme scheme) {
    return scheme == NEURAL_QUANT_U8_AFFINE ? NEURAL_DTYPE_U8 : NEURAL_DTYPE_I8;
}

static neural_status check_scheme(neural_quant_scheme scheme) {
    NEURAL_REQUIRE(scheme == NEURAL_QUANT_S8_SYMMETRIC || scheme == NEURAL_QUANT_S8_AFFINE ||
                       scheme == NEURAL_QUANT_U8_AFFINE,
                   NEURAL_ERR_INVALID_ARGUMENT, "quantization: scheme %d is unknown", (int)scheme);
    return NEURAL_OK;
}

static neural_status check_range(double min, double max) {
    NEURAL_REQUIRE(!isnan(min) && !isnan(max), NEURAL_ERR_NAN_DETECTED,
                   "quantization: the range is [%g, %g]", min, max);
    NEURAL_REQUIRE(!isinf(min) && !isinf(max), NEURAL_ERR_INF_DETECTED,
                   "quantization: the range is [%g, %g]", min, max);
    NEURAL_REQUIRE(min <= max && min >= -(double)FLT_MAX && max <= (double)FLT_MAX,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "quantization: the range is [%g, %g], expected min <= max within f32", min, max);
    return NEURAL_OK;
}

neural_status neural_quant_params_choose(double min, double max, neural_quant_scheme scheme,
                                         neural_quant_params *out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "quant_params_choose: out is NULL");
    NEURAL_TRY(check_scheme(scheme));
    NEURAL_TRY(check_range(min, max));
    const int symmetric = scheme == NEURAL_QUANT_S8_SYMMETRIC;
    const neural_quant_grid grid = neural_quant_grid_choose(min, max, neural_quant_low(scheme),
                                                            neural_quant_high(scheme), symmetric);
    const neural_quant_params params = {grid.scale, (int32_t)grid.zero_point, fmin(min, 0),
                                        fmax(max, 0), scheme};
    *out = params;
    return NEURAL_OK;
}

neural_status neural_quant_params_check(const neural_quant_params *params) {
    NEURAL_REQUIRE(params, NEURAL_ERR_NULL_POINTER, "quantization: params must be given");
    NEURAL_TRY(check_scheme(params->scheme));
    NEURAL_REQUIRE(params->scale >= (double)FLT_MIN && params->scale <= (double)FLT_MAX,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "quantization: the scale is %g, expected a positive number of f32",
                   params->scale);
    const int symmetric = params->scheme == NEURAL_QUANT_S8_SYMMETRIC;
    const int32_t low = symmetric ? 0 : neural_quant_low(params->scheme);
    const int32_t high = symmetric ? 0 : neural_quant_high(params->scheme);
    NEURAL_REQUIRE(params->zero_point >= low && params->zero_point <= high,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "quantization: the zero point is %d, expected %d ... %d",
                   (int)params->zero_point, (int)low, (int)high);
    return NEURAL_OK;
}
