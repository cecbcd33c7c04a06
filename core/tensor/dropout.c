#include "core/tensor/dropout.h"

#include <string.h>

#include "core/base/random.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

enum { WORDS = 4, BLOCK_GRAIN = 1024, APPLY_GRAIN = 1 << 14 };

typedef struct mask_job {
    neural_random stream;
    uint64_t threshold; /* of 2^32 */
    uint8_t *mask;
    int64_t len;
} mask_job;

static void mask_range(void *context, int64_t begin, int64_t end) {
    const mask_job *job = context;
    uint32_t word[WORDS];
    for (int64_t block = begin; block < end; block++) {
        const int64_t first = block * WORDS;
        const int64_t left = job->len - first;
        neural_random_block(&job->stream, (uint64_t)block, word);
        for (int64_t i = 0; i < (left < WORDS ? left : WORDS); i++) {
            job->mask[first + i] = word[i] >= job->threshold;
        }
    }
}

typedef struct apply_job {
    neural_tensor *dst;
    const neural_tensor *src;
    const uint8_t *mask;
    double scale;
} apply_job;

/* dst = mask ? src * scale : 0. By bits: a branch that cannot be predicted costs more than all of
 * the rest. */
#define APPLY(T, bits_type, dtype)                                                                 \
    static void apply_##dtype(const apply_job *job, int64_t begin, int64_t end) {                  \
        T *dst = neural_tensor_##dtype(job->dst);                                                  \
        const T *src = neural_tensor_##dtype(job->src), scale = (T)job->scale;                     \
        for (int64_t i = begin; i < end; i++) {                                                    \
            const T scaled = src[i] * scale;                                                       \
            bits_type bits;                                                                        \
            memcpy(&bits, &scaled, sizeof(bits));                                                  \
            bits &= -(bits_type)job->mask[i];                                                      \
            memcpy(&dst[i], &bits, sizeof(bits));                                                  \
        }                                                                                          \
    }
APPLY(float, uint32_t, f32)
APPLY(double, uint64_t, f64)
#undef APPLY

static void apply_range(void *context, int64_t begin, int64_t end) {
    const apply_job *job = context;
    (job->dst->dtype == NEURAL_DTYPE_F32 ? apply_f32 : apply_f64)(job, begin, end);
}

static void apply_mask(const neural_op_call *call, neural_tensor *dst, const neural_tensor *src) {
    const double p = call->attrs.scalar[0];
    const uint8_t *mask = (const uint8_t *)call->saved[0]->data;
    apply_job job = {dst, src, mask, p < 1 ? 1 / (1 - p) : 0};
    neural_parallel_for(dst->len, APPLY_GRAIN, apply_range, &job);
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
        mask_job job = {{call->attrs.seed, NEURAL_RANDOM_DROPOUT, call->attrs.step},
                        (uint64_t)(p * 4294967296.0),
                        (uint8_t *)call->saved[0]->data,
                        x->len};
        neural_parallel_for((x->len + WORDS - 1) / WORDS, BLOCK_GRAIN, mask_range, &job);
        apply_mask(call, call->out, x);
    }
    neural_tensor_release(x);
    return status;
}

/* dx = dy * mask / (1 - p) */
neural_status neural_dropout_backward(neural_op_call *call) {
    apply_mask(call, call->grad_in[0], call->grad_out);
    return NEURAL_OK;
}
