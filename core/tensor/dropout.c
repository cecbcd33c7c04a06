#include "core/tensor/dropout.h"

#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/random.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

/* Elements of a part, and of a piece whose mask is still in the first cache when it is applied. A
 * piece begins with a block of the stream, which has 4 words. */
enum { WORDS = 4, GRAIN = 1 << 14, PIECE = 4096 };

typedef struct dropout_job {
    neural_tensor *dst;
    const neural_tensor *src;
    uint8_t *mask;
    double scale;
    neural_random stream;
    uint64_t threshold; /* of 2^32 */
} dropout_job;

/* dst = mask ? src * scale : 0 */
static void apply_range(void *context, int64_t begin, int64_t end) {
    const dropout_job *job = context;
    const uint8_t *mask = job->mask + begin;
    if (job->dst->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->mask_scale_f32(neural_tensor_f32(job->dst) + begin,
                                         neural_tensor_f32(job->src) + begin, mask, end - begin,
                                         (float)job->scale);
    } else {
        neural_kernels()->mask_scale_f64(neural_tensor_f64(job->dst) + begin,
                                         neural_tensor_f64(job->src) + begin, mask, end - begin,
                                         job->scale);
    }
}

static void draw_range(void *context, int64_t begin, int64_t end) {
    const dropout_job *job = context;
    for (int64_t first = begin; first < end; first += PIECE) {
        const int64_t len = end - first < PIECE ? end - first : PIECE;
        neural_kernels()->keep_mask(job->mask + first, len, &job->stream, (uint64_t)first / WORDS,
                                    job->threshold);
        apply_range(context, first, first + len);
    }
}

static dropout_job job_of(const neural_op_call *call, neural_tensor *dst,
                          const neural_tensor *src) {
    const double p = call->attrs.scalar[0];
    return (dropout_job){dst,
                         src,
                         (uint8_t *)call->saved[0]->data,
                         p < 1 ? 1 / (1 - p) : 0,
                         {call->attrs.seed, NEURAL_RANDOM_DROPOUT, call->attrs.step},
                         (uint64_t)(p * 4294967296.0)};
}

/* y = x * mask / (1 - p) */
neural_status neural_dropout_forward(neural_op_call *call) {
    const double p = call->attrs.scalar[0];
    NEURAL_REQUIRE(p >= 0 && p <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "dropout: p is %g, want a number in [0, 1]", p);
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_status status =
        neural_tensor_like_shape(&x->shape, NEURAL_DTYPE_U8, &call->saved[0]);
    if (!status) {
        dropout_job job = job_of(call, call->out, x);
        neural_parallel_for(x->len, GRAIN, draw_range, &job);
    }
    neural_tensor_release(x);
    return status;
}

/* dx = dy * mask / (1 - p) */
neural_status neural_dropout_backward(neural_op_call *call) {
    dropout_job job = job_of(call, call->grad_in[0], call->grad_out);
    neural_parallel_for(job.dst->len, GRAIN, apply_range, &job);
    return NEURAL_OK;
}

/* --- whole channels --- */

neural_status neural_dropout2d_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *x = call->in[0];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(x->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: x is %s, want f32 or f64", call->name, neural_dtype_name(x->dtype));
    NEURAL_REQUIRE(x->shape.ndim >= 2, NEURAL_ERR_SHAPE_MISMATCH, "%s: x is %s, want [N, C, ...]",
                   call->name, neural_shape_text(&x->shape, text, sizeof(text)));
    *out = x->shape;
    return NEURAL_OK;
}

/* Planes of a tensor [N, C, ...]. */
static int64_t planes_of(const neural_tensor *x) {
    return x->shape.dim[0] * x->shape.dim[1];
}

/* x * scale, where -0 stays -0 */
static void scale_plane(const dropout_job *job, int64_t at, int64_t len) {
    if (job->dst->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->affine_f32(neural_tensor_f32(job->dst) + at,
                                     neural_tensor_f32(job->src) + at, len, (float)job->scale,
                                     -0.0F);
    } else {
        neural_kernels()->affine_f64(neural_tensor_f64(job->dst) + at,
                                     neural_tensor_f64(job->src) + at, len, job->scale, -0.0);
    }
}

static void plane_range(void *context, int64_t begin, int64_t end) {
    const dropout_job *job = context;
    const int64_t len = job->dst->len / planes_of(job->dst);
    const int64_t bytes = neural_tensor_bytes(job->dst) / planes_of(job->dst);
    for (int64_t p = begin; p < end; p++) {
        if (job->mask[p]) {
            scale_plane(job, p * len, len);
        } else {
            memset(job->dst->data + p * bytes, 0, (size_t)bytes);
        }
    }
}

static void apply_planes(dropout_job *job) {
    const int64_t planes = planes_of(job->dst);
    const int64_t len = planes ? job->dst->len / planes : 0;
    if (len) {
        neural_parallel_for(planes, len < GRAIN ? GRAIN / len : 1, plane_range, job);
    }
}

/* y[n, c] = x[n, c] * mask[n, c] / (1 - p) */
neural_status neural_dropout2d_forward(neural_op_call *call) {
    const double p = call->attrs.scalar[0];
    NEURAL_REQUIRE(p >= 0 && p <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: p is %g, want a number in [0, 1]", call->name, p);
    const neural_shape mask = {.ndim = 1, .dim = {planes_of(call->in[0])}};
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_status status = neural_tensor_like_shape(&mask, NEURAL_DTYPE_U8, &call->saved[0]);
    if (!status) {
        dropout_job job = job_of(call, call->out, x);
        neural_kernels()->keep_mask(job.mask, mask.dim[0], &job.stream, 0, job.threshold);
        apply_planes(&job);
    }
    neural_tensor_release(x);
    return status;
}

/* dx[n, c] = dy[n, c] * mask[n, c] / (1 - p) */
neural_status neural_dropout2d_backward(neural_op_call *call) {
    dropout_job job = job_of(call, call->grad_in[0], call->grad_out);
    apply_planes(&job);
    return NEURAL_OK;
}
