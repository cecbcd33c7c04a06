/* Convolutions of 8-bit images, and Linear as the one of a single pixel.
 *
 * x [N, H, W, C] u8 or s8, weights s8 with zero point 0 and a scale for each filter,
 * y [N, OH, OW, O]; with acc = sum over the window of (x - x_zero_point) * weight, exact in s32:
 *
 *   S32      acc + bias[o]
 *   F32      float(acc) * scale[o] + bias[o]                  scale = sx * sw[o], f32 bias
 *   U8, S8   saturate(round_half_even(float(acc + bias[o]) * scale[o]) + y_zero_point)
 *                                                             scale = sx * sw[o] / sy, s32 bias
 *
 * every step rounded on its own, as in core/tensor/qgemm.h. Padding counts as x_zero_point. OH =
 * floor((H + pads - dilation * (KH - 1) - 1) / stride) + 1. The same bits at every level of
 * instruction sets, VNNI included, and with any number of threads. */
#ifndef CORE_TENSOR_QCONV2D_H_
#define CORE_TENSOR_QCONV2D_H_

#include "core/tensor/qgemm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pairs are down, then across. */
typedef struct neural_qconv2d_options {
    int64_t channels, filters, groups;
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pad[4];       /* top, left, bottom, right */
    const int8_t *weight; /* [filters, channels / groups, KH, KW] */
    const float *scales;  /* of each filter; not read for S32 */
    const void *bias;     /* of each filter, or NULL */
    int x_is_signed;      /* s8, else u8 */
    int32_t x_zero_point;
    neural_qgemm_output output;
    int32_t y_zero_point; /* U8 and S8 */
    int relu;             /* not below 0, for U8 and S8 y_zero_point */
} neural_qconv2d_options;

typedef struct neural_qconv2d neural_qconv2d;

/* Packs the weights; nothing of `options` is needed afterwards. Fails with
 * NEURAL_ERR_NULL_POINTER, NEURAL_ERR_INVALID_ARGUMENT (sizes below 1, groups that do not divide,
 * zero points outside the type, windows so large that a sum could leave s32),
 * NEURAL_ERR_TENSOR_TOO_LARGE and NEURAL_ERR_OUT_OF_MEMORY. The caller destroys it. */
neural_status neural_qconv2d_create(const neural_qconv2d_options *options, neural_qconv2d **out);
void neural_qconv2d_destroy(neural_qconv2d *conv); /* accepts NULL */

/* Its size in bytes; 0 for NULL. */
int64_t neural_qconv2d_bytes(const neural_qconv2d *conv);

/* The sides of y for images of h x w; NEURAL_ERR_SHAPE_MISMATCH where no window fits. */
neural_status neural_qconv2d_sides(const neural_qconv2d *conv, int64_t h, int64_t w, int64_t *oh,
                                   int64_t *ow);

/* y from x of n images; the two must not overlap. Safe from several threads at once. */
neural_status neural_qconv2d_run(const neural_qconv2d *conv, int64_t n, int64_t h, int64_t w,
                                 const void *x, void *y);

/* Linear, x [n, fan_in], weight [fan_out, fan_in]: the convolution of images of one pixel. Of the
 * options these are read: weight, scales, bias, the zero points, types, output and relu. */
neural_status neural_qlinear_create(int64_t fan_in, int64_t fan_out,
                                    const neural_qconv2d_options *options, neural_qconv2d **out);
neural_status neural_qlinear_run(const neural_qconv2d *linear, int64_t n, const void *x, void *y);

/* The same with given kernels, for tests and benches. */
neural_status neural_qconv2d_run_at(const struct neural_qgemm_kernels *kernels,
                                    const neural_qconv2d *conv, int64_t n, int64_t h, int64_t w,
                                    const void *x, void *y);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_QCONV2D_H_ */
