#include "core/tensor/dropout.h"

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
