/* 8-bit quantization of numbers: a grid of 255 or 256 multiples of a scale.
 *
 *   quantize    q = saturate(round_half_even(x / scale) + zero_point); NaN gives the lower bound
 *   dequantize  x = scale * (q - zero_point)
 *
 * 0 is always on the grid. Inside the range the error is at most scale / 2 (and the rounding of
 * the arithmetic), outside the nearest end of the grid is taken. The scales chosen here are
 * numbers of f32, so that f32 and f64 data and the int8 layers share one grid.
 *
 * Data are f32 or f64 arrays, or tensors of these. Nothing here depends on the number of threads
 * or on the instruction set level. */
#ifndef QUANT_QUANTIZE_H_
#define QUANT_QUANTIZE_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_quant_scheme {
    NEURAL_QUANT_S8_SYMMETRIC = 0, /* -127 ... 127, zero point 0: weights */
    NEURAL_QUANT_S8_AFFINE = 1,    /* -128 ... 127 */
    NEURAL_QUANT_U8_AFFINE = 2     /* 0 ... 255: activations */
} neural_quant_scheme;

typedef struct neural_quant_params {
    double scale; /* positive, finite */
    int32_t zero_point;
    double min, max; /* the range that was covered: it holds 0 */
    neural_quant_scheme scheme;
} neural_quant_params;

/* The grid's ends, and the dtype its numbers are stored in. */
NEURAL_API int32_t neural_quant_low(neural_quant_scheme scheme);
NEURAL_API int32_t neural_quant_high(neural_quant_scheme scheme);
NEURAL_API neural_dtype neural_quant_dtype(neural_quant_scheme scheme);

/* The grid for numbers in [min, max], which is widened to hold 0:
 *   symmetric  scale = max(|min|, |max|) / 127
 *   affine     scale = (max - min) / 255, zero_point = round_half_even(low - min / scale)
 * The range [0, 0] has scale 1; scales below 2^-126 become that. NEURAL_ERR_NAN_DETECTED and
 * _INF_DETECTED; _INVALID_ARGUMENT for min > max, a range beyond f32 and an unknown scheme. */
NEURAL_API neural_status neural_quant_params_choose(double min, double max,
                                                    neural_quant_scheme scheme,
                                                    neural_quant_params *out);

/* What params from a file or a caller must satisfy: scale within the normal numbers of f32, zero
 * point on the grid (0 when symmetric), a known scheme. Else NEURAL_ERR_INVALID_ARGUMENT. */
NEURAL_API neural_status neural_quant_params_check(const neural_quant_params *params);

/* --- calibration: NaN and infinities are refused by position (NEURAL_ERR_NAN_DETECTED,
 * _INF_DETECTED), and so are no data at all (_INVALID_ARGUMENT) --- */

/* The grid for the smallest to the largest of data[0 .. len). */
NEURAL_API neural_status neural_quant_calibrate_minmax(const void *data, neural_dtype dtype,
                                                       int64_t len, neural_quant_scheme scheme,
                                                       neural_quant_params *out);

/* The same for sorted[int(len * tail)] to sorted[int(len * (1 - tail))] (at most the last), where
 * `sorted` are the data in order: outliers are cut off. tail is in [0, 0.5]; 0 is min-max. */
NEURAL_API neural_status neural_quant_calibrate_percentile(const void *data, neural_dtype dtype,
                                                           int64_t len, double tail,
                                                           neural_quant_scheme scheme,
                                                           neural_quant_params *out);

/* Min-max of every index of `axis` on its own: out[0 .. dims[axis]). Any strides. A tensor without
 * elements has ranges [0, 0]. */
NEURAL_API neural_status neural_quant_calibrate_channels(const neural_tensor *tensor, int axis,
                                                         neural_quant_scheme scheme,
                                                         neural_quant_params *out);

/* --- conversion; dst must not overlap src --- */

/* dst holds s8 or u8, as params->scheme says. x / scale is one division in f64; in f32 it is
 * x * (1 / scale), both rounded, as in core/tensor/qops.h. */
NEURAL_API neural_status neural_quantize(const void *src, neural_dtype dtype, int64_t len,
                                         const neural_quant_params *params, void *dst);
NEURAL_API neural_status neural_dequantize(const void *src, int64_t len,
                                           const neural_quant_params *params, void *dst,
                                           neural_dtype dtype);

/* A new contiguous tensor. channels is 1 (one grid for all, axis is not read) or dims[axis], then
 * index c of axis has params[c]; all of one scheme. Any strides. */
NEURAL_API neural_status neural_quantize_tensor(const neural_tensor *tensor,
                                                const neural_quant_params *params, int64_t channels,
                                                int axis, neural_tensor **out);
NEURAL_API neural_status neural_dequantize_tensor(const neural_tensor *tensor,
                                                  const neural_quant_params *params,
                                                  int64_t channels, int axis, neural_dtype dtype,
                                                  neural_tensor **out);

/* c[m, n] = a[m, k] b[k, n] dequantized: scale_a scale_b sum of (a - zero_a) (b - zero_b). The sum
 * is exact for any k; its product with the scales is rounded once to f64, then to dtype. */
NEURAL_API neural_status neural_quantized_matmul(const void *a, const void *b, int64_t m, int64_t k,
                                                 int64_t n, const neural_quant_params *params_a,
                                                 const neural_quant_params *params_b, void *c,
                                                 neural_dtype dtype);

/* --- what quantization costs; data without NaN and infinities, len > 0 --- */

/* Mean of (x - dequantize(quantize(x)))^2. */
NEURAL_API neural_status neural_quantization_error(const void *data, neural_dtype dtype,
                                                   int64_t len, const neural_quant_params *params,
                                                   double *out);

/* 10 log10(mean of x^2 / error) in dB; 999.0 when the error is below 1e-30. */
NEURAL_API neural_status neural_quantization_snr(const void *data, neural_dtype dtype, int64_t len,
                                                 const neural_quant_params *params, double *out);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_QUANTIZE_H_ */
