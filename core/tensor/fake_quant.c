#include "core/tensor/fake_quant.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/asm/quant_kernel.h"
#include "core/base/threads.h"
#include "core/tensor/float_data.h"
#include "core/tensor/storage.h"

enum {
    GRAIN = 1 << 14,
    PIECE = 4096, /* elements whose bytes stay in the first cache */
    FLIP = 128,   /* from s8 to u8 */
    MOST_BITS_F32 = 16,
    MOST_BITS_F64 = 48
};

/* --- grids --- */

/* A normal number of f32; 1 for an empty range. */
static double scale_of(double width, double steps) {
    const double scale = (double)(float)(width / steps);
    if (width == 0) {
        return 1;
    }
    return scale < (double)FLT_MIN ? (double)FLT_MIN : scale;
}

neural_quant_grid neural_quant_grid_choose(double min, double max, double low, double high,
                                           int symmetric) {
    const double from = min > 0 ? 0 : min, to = max < 0 ? 0 : max;
    if (symmetric) {
        return (neural_quant_grid){scale_of(-from > to ? -from : to, high), 0, low, high};
    }
    const double scale = scale_of(to - from, high - low);
    return (neural_quant_grid){scale, fmin(nearbyint(low - from / scale), high), low, high};
}

/* The smallest and the largest of a run; NaN where there is one. */
static void run_range(const void *data, neural_dtype dtype, int64_t begin, int64_t len, double *min,
                      double *max) {
    const neural_kernel_table *kernels = neural_kernels();
    if (dtype == NEURAL_DTYPE_F32) {
        *min = (double)kernels->min_f32((const float *)data + begin, len);
        *max = (double)kernels->max_f32((const float *)data + begin, len);
    } else {
        *min = kernels->min_f64((const double *)data + begin, len);
        *max = kernels->max_f64((const double *)data + begin, len);
    }
}

/* --- the call: x as [outer, channels, inner] --- */

typedef struct fake_quant {
    neural_dtype dtype;
    int64_t outer, channels, inner;
    double low, high;
    int symmetric, own_range;
    const void *x, *dy;
    void *dst;
    const neural_quant_grid *grids; /* one per channel */
} fake_quant;

static fake_quant job_of(const neural_op_call *call) {
    const neural_tensor *x = call->in[0];
    const int64_t *integer = call->attrs.integer;
    const double high = ldexp(1, (int)integer[1] - 1) - 1;
    fake_quant job = {.dtype = x->dtype,
                      .outer = 1,
                      .channels = 1,
                      .inner = 1,
                      .low = integer[2] ? -high : -high - 1,
                      .high = high,
                      .symmetric = integer[2] != 0,
                      .own_range = integer[3] != 0};
    for (int d = 0; d < x->shape.ndim; d++) {
        int64_t *part = d < integer[0] ? &job.outer : d == integer[0] ? &job.channels : &job.inner;
        *part *= x->shape.dim[d];
    }
    return job;
}

static void choose_grids(const fake_quant *job, const double given[2], neural_quant_grid *grids) {
    for (int64_t c = 0; c < job->channels; c++) {
        double min = given[0], max = given[1];
        if (job->own_range) {
            min = INFINITY;
            max = -INFINITY;
        }
        for (int64_t i = 0; i < job->outer && job->own_range; i++) {
            double low, high;
            run_range(job->x, job->dtype, (i * job->channels + c) * job->inner, job->inner, &low,
                      &high);
            min = low > min ? min : low; /* NaN is taken, and stays */
            max = high < max ? max : high;
        }
        grids[c] = neural_quant_grid_choose(min, max, job->low, job->high, job->symmetric);
    }
}

/* Adding and subtracting 1.5 * 2^(fraction bits) rounds to integers, ties to even. The comparisons
 * let NaN pass. */
#define FAKE_QUANT_RUNS(T, suffix, MAGIC, RECIPROCAL)                                              \
    static void forward_##suffix(const neural_quant_grid *grid, T *y, const T *x, int64_t len) {   \
        const T scale = (T)grid->scale, per_scale = 1 / scale;                                     \
        const T low = (T)(grid->low - grid->zero_point),                                           \
                high = (T)(grid->high - grid->zero_point);                                         \
        for (int64_t i = 0; i < len; i++) {                                                        \
            T t = (RECIPROCAL) ? x[i] * per_scale : x[i] / scale;                                  \
            t = t < low ? low : t;                                                                 \
            t = t > high ? high : t;                                                               \
            t += (MAGIC);                                                                          \
            t -= (MAGIC);                                                                          \
            y[i] = t * scale;                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void backward_##suffix(const neural_quant_grid *grid, T *dx, const T *dy, const T *x,   \
                                  int64_t len) {                                                   \
        const T scale = (T)grid->scale, per_scale = 1 / scale;                                     \
        const T low = (T)(grid->low - grid->zero_point),                                           \
                high = (T)(grid->high - grid->zero_point);                                         \
        for (int64_t i = 0; i < len; i++) {                                                        \
            T t = (RECIPROCAL) ? x[i] * per_scale : x[i] / scale;                                  \
            t = t < low - 2 ? low - 2 : t;                                                         \
            t = t > high + 2 ? high + 2 : t;                                                       \
            t += (MAGIC);                                                                          \
            t -= (MAGIC);                                                                          \
            dx[i] = t < low || t > high ? 0 : dy[i];                                               \
        }                                                                                          \
    }
FAKE_QUANT_RUNS(float, f32, 12582912.0f, 1)
FAKE_QUANT_RUNS(double, f64, 6755399441055744.0, 0)
#undef FAKE_QUANT_RUNS

/* The same through bytes where they fit and there is no NaN, which bytes do not have. */
static int forward_bytes(const neural_quant_grid *grid, float *y, const float *x, int64_t len) {
    if (grid->low < -FLIP || grid->high >= FLIP || !(grid->scale > 0) ||
        neural_kernels()->find_nonfinite_f32(x, len) >= 0) {
        return 0;
    }
    const neural_quant_kernels *kernels = neural_quant_kernels_active();
    const int32_t zero_point = (int32_t)grid->zero_point;
    const neural_quant_target target = {(float)(grid->low - grid->zero_point),
                                        (float)(grid->high - grid->zero_point), zero_point,
                                        1 / (float)grid->scale};
    const neural_quant_source source = {FLIP, zero_point + FLIP, (float)grid->scale};
    int8_t bytes[PIECE];
    kernels->quantize(bytes, x, len, &target);
    kernels->dequantize(y, bytes, len, &source);
    return 1;
}

static void forward_pieces(const neural_quant_grid *grid, float *y, const float *x, int64_t len) {
    for (int64_t begin = 0; begin < len; begin += PIECE) {
        const int64_t piece = len - begin < PIECE ? len - begin : PIECE;
        if (!forward_bytes(grid, y + begin, x + begin, piece)) {
            forward_f32(grid, y + begin, x + begin, piece);
        }
    }
}

static void run(const fake_quant *job, const neural_quant_grid *grid, int64_t begin, int64_t len) {
    if (job->dtype == NEURAL_DTYPE_F32) {
        const float *x = (const float *)job->x + begin;
        float *dst = (float *)job->dst + begin;
        if (job->dy) {
            backward_f32(grid, dst, (const float *)job->dy + begin, x, len);
        } else {
            forward_pieces(grid, dst, x, len);
        }
    } else {
        const double *x = (const double *)job->x + begin;
        double *dst = (double *)job->dst + begin;
        if (job->dy) {
            backward_f64(grid, dst, (const double *)job->dy + begin, x, len);
        } else {
            forward_f64(grid, dst, x, len);
        }
    }
}

static void run_range_of_elements(void *context, int64_t begin, int64_t end) {
    const fake_quant *job = context;
    while (begin < end) {
        const int64_t row = begin / job->inner;
        const int64_t row_end = (row + 1) * job->inner;
        const int64_t stop = row_end < end ? row_end : end;
        run(job, job->grids + row % job->channels, begin, stop - begin);
        begin = stop;
    }
}

/* --- the op --- */

neural_status neural_fake_quant_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *x = call->in[0];
    const int64_t *integer = call->attrs.integer;
    const int most = x->dtype == NEURAL_DTYPE_F32 ? MOST_BITS_F32 : MOST_BITS_F64;
    NEURAL_REQUIRE(neural_dtype_is_float(x->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "fake_quant: x is %s, expected f32 or f64", neural_dtype_name(x->dtype));
    NEURAL_REQUIRE(integer[0] >= NEURAL_FAKE_QUANT_ONE_GRID && integer[0] < x->shape.ndim,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "fake_quant: axis is %lld, expected -1 (one grid) ... %d", (long long)integer[0],
                   x->shape.ndim - 1);
    NEURAL_REQUIRE(integer[1] >= 2 && integer[1] <= most, NEURAL_ERR_INVALID_ARGUMENT,
                   "fake_quant: %lld bits, expected 2 ... %d", (long long)integer[1], most);
    NEURAL_REQUIRE(integer[3] || (integer[0] == NEURAL_FAKE_QUANT_ONE_GRID &&
                                  call->attrs.scalar[0] <= call->attrs.scalar[1]),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "fake_quant: the range is [%g, %g] for axis %lld, expected one grid and min <= "
                   "max",
                   call->attrs.scalar[0], call->attrs.scalar[1], (long long)integer[0]);
    *out = x->shape;
    return NEURAL_OK;
}

/* Runs forward, or with dy backward, over contiguous x. */
static neural_status apply(const neural_op_call *call, const neural_tensor *x, const void *dy,
                           neural_tensor *dst) {
    fake_quant job = job_of(call);
    neural_block *block = neural_block_create((size_t)job.channels * sizeof(neural_quant_grid));
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "fake_quant: no memory for the grids");
    neural_quant_grid *grids = neural_block_data(block);
    job.x = x->data;
    job.dy = dy;
    job.dst = dst->data;
    job.grids = grids;
    choose_grids(&job, call->attrs.scalar, grids);
    neural_parallel_for(x->len, GRAIN, run_range_of_elements, &job);
    neural_block_release(block);
    return NEURAL_OK;
}

neural_status neural_fake_quant_forward(neural_op_call *call) {
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_status status = apply(call, x, NULL, call->out);
    neural_tensor_release(x);
    return status;
}

neural_status neural_fake_quant_backward(neural_op_call *call) {
    neural_tensor *grad = call->grad_in[0], *x = NULL;
    if (!grad) {
        return NEURAL_OK;
    }
    if (call->attrs.integer[3]) {
        memcpy(grad->data, call->grad_out->data, (size_t)neural_tensor_bytes(grad));
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_status status = apply(call, x, call->grad_out->data, grad);
    neural_tensor_release(x);
    return status;
}

neural_status neural_range_average(const neural_tensor *x, double averaging, neural_tensor *range) {
    neural_tensor *data = NULL;
    double min, max;
    NEURAL_REQUIRE(range->len == 2 && range->contiguous && range->dtype == x->dtype,
                   NEURAL_ERR_SHAPE_MISMATCH, "range_average: range must be [2] of x's dtype");
    NEURAL_TRY(neural_tensor_contiguous((neural_tensor *)x, &data));
    run_range(data->data, x->dtype, 0, data->len, &min, &max);
    neural_tensor_release(data);
    if (!isfinite(min) || !isfinite(max)) {
        return NEURAL_OK;
    }
    const double old_min = neural_float_get(range->data, range->dtype, 0);
    const double old_max = neural_float_get(range->data, range->dtype, 1);
    const double weight = old_min == 0 && old_max == 0 ? 1 : averaging;
    neural_float_put(range->data, range->dtype, 0, old_min + weight * (min - old_min));
    neural_float_put(range->data, range->dtype, 1, old_max + weight * (max - old_max));
    return NEURAL_OK;
}
