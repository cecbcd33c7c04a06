/* Numbers as their quantized selves: what an integer network will compute, in floating point. */
#ifndef CORE_TENSOR_FAKE_QUANT_H_
#define CORE_TENSOR_FAKE_QUANT_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers scale * (q - zero_point), low <= q <= high. */
typedef struct neural_quant_grid {
    double scale; /* a number of f32 */
    double zero_point, low, high;
} neural_quant_grid;

/* The grid of the integers low ... high for numbers in [min, max], widened to hold 0, which is on
 * every grid:
 *   symmetric  scale = max(|min|, |max|) / high
 *   affine     scale = (max - min) / (high - low), zero_point = round_half_even(low - min / scale)
 * [0, 0] has scale 1; scales below 2^-126 become that; a range with NaN has scale NaN. */
neural_quant_grid neural_quant_grid_choose(double min, double max, double low, double high,
                                           int symmetric);

enum { NEURAL_FAKE_QUANT_ONE_GRID = -1 }; /* axis: all elements share a grid */

/* y = scale * clamp(round_half_even(x / scale), low - zero_point, high - zero_point), in f32
 * x * (1 / scale): the bits of quantize and dequantize in core/tensor/qops.h. NaN stays NaN.
 *
 * attrs.integer: [0] axis, each index of which has a grid of its own, or ONE_GRID; [1] bits, 2 ...
 * 16 (f64: 48) for -2^(bits - 1) ... 2^(bits - 1) - 1, symmetric without the lowest; [2] symmetric;
 * [3] own range: grids for the smallest to the largest element, else ONE_GRID for attrs.scalar[0]
 * to [1].
 *
 * Straight-through gradient (Bengio et al. 2013): dx = dy where the rounded x is on the grid, else
 * 0; with own range nothing is outside. On a grid as fine as f64 this is the derivative. */
neural_op_infer neural_fake_quant_infer;
neural_op_forward neural_fake_quant_forward;
neural_op_backward neural_fake_quant_backward;

/* range [2] of x's dtype: smallest and largest element, a moving average over batches,
 * range += averaging * (range of x - range); [0, 0] is set to x's range. Batches without elements
 * or with NaN or infinities change nothing. Like batch_norm's running statistics, with which it may
 * share a storage, range is not saved by any op: its version stays. */
neural_status neural_range_average(const neural_tensor *x, double averaging, neural_tensor *range);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_FAKE_QUANT_H_ */
