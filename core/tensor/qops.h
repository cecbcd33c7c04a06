/* Operations on 8-bit tensors: u8 or s8, a real number x stored as q, x = (q - zero_point) * scale.
 *
 * Images are NHWC: the channels of a pixel lie side by side. Every operation ends in
 *
 *     q = saturate(round_half_even(y) + zero_point)        NaN gives the lower bound of the type
 *
 * y in f32, each step of its formula rounded on its own (no fused multiply-add). So all levels of
 * instruction sets and all numbers of threads give the same bits. Nothing allocates from the heap
 * when called again with the same sizes. Convolutions and Linear: core/tensor/qconv2d.h.
 *
 * All fail with NEURAL_ERR_NULL_POINTER, NEURAL_ERR_INVALID_ARGUMENT (negative sizes, scales that
 * are not positive and finite, zero points outside the type) and NEURAL_ERR_OUT_OF_MEMORY; nothing
 * has been written then. Results must not overlap operands unless a comment allows it. */
#ifndef CORE_TENSOR_QOPS_H_
#define CORE_TENSOR_QOPS_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the numbers of a tensor are stored. zero_point: 0 ... 255, or -128 ... 127 for s8. */
typedef struct neural_qformat {
    float scale;
    int32_t zero_point;
    int is_signed; /* s8, else u8 */
} neural_qformat;

/* NEURAL_OK, or what is wrong with it; `name` leads the message. */
neural_status neural_qformat_check(const char *name, const neural_qformat *format);

/* src [n, c, plane] f32 -> dst [n, plane, c], y = x * (1 / scale), the reciprocal rounded to f32.
 * plane = H * W of an image; 1 for [N, F], where c = F. */
neural_status neural_quantize_nhwc(const float *src, int64_t n, int64_t c, int64_t plane,
                                   const neural_qformat *format, void *dst);

/* Back: src [n, plane, c] -> dst [n, c, plane] f32, x = float(q - zero_point) * scale. */
neural_status neural_dequantize_nchw(const void *src, int64_t n, int64_t c, int64_t plane,
                                     const neural_qformat *format, float *dst);

/* y = float(a - za) * (sa / sy) + float(b - zb) * (sb / sy), the quotients rounded to f32; relu:
 * not below y's zero point. y may be a or b where the types agree. */
typedef struct neural_qadd_args {
    int64_t len;
    const void *a, *b;
    neural_qformat a_format, b_format;
    void *y;
    neural_qformat y_format;
    int relu;
} neural_qadd_args;
neural_status neural_qadd(const neural_qadd_args *args);

/* One operand of a concatenation: [rows, channels]. */
typedef struct neural_qconcat_part {
    const void *data;
    int64_t channels;
    neural_qformat format;
} neural_qconcat_part;

/* y [rows, sum of channels]: the parts side by side, each brought to y's format:
 * float(q - z) * (s / sy). rows = N * H * W for images along C; 1 row per joined block along N. */
neural_status neural_qconcat(const neural_qconcat_part *parts, int64_t count, int64_t rows,
                             const neural_qformat *y_format, void *y);

/* dst[i] = table[src[i] as u8]; dst may be src. */
neural_status neural_qlookup(const void *src, int64_t len, const uint8_t table[256], void *dst);

/* The table of an activation: table[q as u8] = function(x) in y's format, all of it in double. */
neural_status neural_qlookup_table(const neural_qformat *x_format, const neural_qformat *y_format,
                                   double (*function)(double x, void *context), void *context,
                                   uint8_t table[256]);

/* s8 tables [count, dim], a scale for each row, zero point 0. y[i] = row indices[i], as f32 rows
 * float(q) * scales[row], or brought to y_format: that times (1 / scale). An index outside the
 * table is NEURAL_ERR_INVALID_ARGUMENT. */
typedef struct neural_qembedding_table {
    const int8_t *rows;
    const float *scales;
    int64_t count, dim;
} neural_qembedding_table;
neural_status neural_qembedding(const neural_qembedding_table *table, const int64_t *indices,
                                int64_t len, float *y);
neural_status neural_qembedding_quantized(const neural_qembedding_table *table,
                                          const int64_t *indices, int64_t len,
                                          const neural_qformat *y_format, void *y);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_QOPS_H_ */
