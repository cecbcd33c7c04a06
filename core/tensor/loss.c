#include "core/tensor/loss.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/loss_scalar.h"
#include "core/tensor/storage.h"

enum {
    CHUNK = 512,   /* elements: the buffers of a chunk stay in the first cache */
    BLOCK = 16384, /* elements per sum and per thread's piece, whole chunks */
    WAVE = 64      /* blocks whose sums are added at once */
};

typedef struct pair_job pair_job;
typedef double run_function(const pair_job *job, int64_t begin, int64_t end);

/* Prediction and target, contiguous, and what is made of them. */
struct pair_job {
    run_function *run;
    const void *body; /* loss_body of the dtype */
    const neural_op_attrs *attrs;
    const void *p, *t;
    void *out;         /* terms or slopes; NULL: sums */
    const void *grads; /* of each term, or NULL */
    int by_target;
    double scale;
    int64_t len, begin; /* begin: of the wave */
    double sums[WAVE];
};

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/loss_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/loss_template.inc"
#undef T
#undef NAME

typedef struct value_loss {
    loss_body_f32 body_f32;
    loss_body_f64 body_f64;
} value_loss;

#define VALUE_LOSS(name, by_target_f32, by_target_f64)                                             \
    static const value_loss name##_loss = {{name##_terms_f32, name##_slopes_f32, by_target_f32},   \
                                           {name##_terms_f64, name##_slopes_f64, by_target_f64}}
VALUE_LOSS(mse, NULL, NULL);
VALUE_LOSS(l1, NULL, NULL);
VALUE_LOSS(huber, NULL, NULL);
VALUE_LOSS(bce, bce_target_slopes_f32, bce_target_slopes_f64);
VALUE_LOSS(logits, logits_target_slopes_f32, logits_target_slopes_f64);
VALUE_LOSS(kl, kl_target_slopes_f32, kl_target_slopes_f64);

/* --- shapes --- */

neural_status neural_loss_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *prediction = call->in[0], *target = call->in[1];
    char found[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(prediction->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: prediction is %s, want f32 or f64", call->name,
                   neural_dtype_name(prediction->dtype));
    NEURAL_REQUIRE(target->dtype == prediction->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "%s: prediction is %s, target is %s", call->name,
                   neural_dtype_name(prediction->dtype), neural_dtype_name(target->dtype));
    NEURAL_REQUIRE(neural_shape_equal(&prediction->shape, &target->shape),
                   NEURAL_ERR_SHAPE_MISMATCH, "%s: prediction is %s, target is %s", call->name,
                   neural_shape_text(&prediction->shape, want, sizeof(want)),
                   neural_shape_text(&target->shape, found, sizeof(found)));
    out->ndim = 0;
    if (neural_loss_keeps_terms(call)) {
        *out = prediction->shape;
    }
    return NEURAL_OK;
}

neural_status neural_huber_loss_infer(const neural_op_call *call, neural_shape *out) {
    const double delta = call->attrs.scalar[0], scale = call->attrs.scalar[1];
    NEURAL_REQUIRE(delta > 0 && isfinite(delta) && scale > 0 && isfinite(scale),
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: delta is %g, want a number above 0",
                   call->name, delta);
    return neural_loss_infer(call, out);
}

/* --- reduction --- */

double neural_loss_divisor(const neural_op_call *call, double terms, double rows) {
    switch (call->attrs.integer[0]) {
    case NEURAL_REDUCTION_SUM:
    case NEURAL_REDUCTION_NONE:
        return 1;
    case NEURAL_REDUCTION_BATCH_MEAN:
        return rows;
    default:
        return terms;
    }
}

double neural_loss_get(const neural_tensor *tensor, int64_t i) {
    return tensor->dtype == NEURAL_DTYPE_F32 ? (double)neural_tensor_f32(tensor)[i]
                                             : neural_tensor_f64(tensor)[i];
}

void neural_loss_set(neural_tensor *tensor, int64_t i, double value) {
    if (tensor->dtype == NEURAL_DTYPE_F32) {
        neural_tensor_f32(tensor)[i] = (float)value;
    } else {
        neural_tensor_f64(tensor)[i] = value;
    }
}

static double divisor_of(const neural_op_call *call, const neural_tensor *prediction) {
    const neural_shape *shape = &prediction->shape;
    return neural_loss_divisor(call, (double)prediction->len,
                               shape->ndim ? (double)shape->dim[0] : 1);
}

/* --- running --- */

static void run_blocks(void *context, int64_t first, int64_t last) {
    pair_job *job = context;
    for (int64_t i = first; i < last; i++) {
        const int64_t begin = job->begin + i * BLOCK, left = job->len - begin;
        job->sums[i] = job->run(job, begin, begin + (left < BLOCK ? left : BLOCK));
    }
}

static double run(pair_job *job) {
    double total = 0;
    for (job->begin = 0; job->begin < job->len; job->begin += (int64_t)WAVE * BLOCK) {
        const int64_t left = (job->len - job->begin + BLOCK - 1) / BLOCK;
        const int64_t blocks = left < WAVE ? left : WAVE;
        neural_parallel_for(blocks, 1, run_blocks, job);
        for (int64_t i = 0; i < blocks; i++) {
            total += job->sums[i];
        }
    }
    return total;
}

/* The inputs as contiguous tensors, to be released by close_pair. */
static neural_status open_pair(const neural_op_call *call, neural_tensor *pair[2]) {
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &pair[0]));
    const neural_status status = neural_tensor_contiguous(call->in[1], &pair[1]);
    if (status) {
        neural_tensor_release(pair[0]);
    }
    return status;
}

static void close_pair(neural_tensor *pair[2]) {
    neural_tensor_release(pair[0]);
    neural_tensor_release(pair[1]);
}

static pair_job job_of(const neural_op_call *call, const value_loss *loss,
                       neural_tensor *const pair[2]) {
    const int is_f32 = pair[0]->dtype == NEURAL_DTYPE_F32;
    return (pair_job){.body = is_f32 ? (const void *)&loss->body_f32 : &loss->body_f64,
                      .attrs = &call->attrs,
                      .p = pair[0]->data,
                      .t = pair[1]->data,
                      .len = pair[0]->len};
}

static neural_status forward(neural_op_call *call, const value_loss *loss) {
    neural_tensor *pair[2];
    NEURAL_TRY(open_pair(call, pair));
    pair_job job = job_of(call, loss, pair);
    job.run = call->out->dtype == NEURAL_DTYPE_F32 ? run_terms_f32 : run_terms_f64;
    job.out = neural_loss_keeps_terms(call) ? call->out->data : NULL;
    const double sum = run(&job);
    if (!job.out) {
        neural_loss_set(call->out, 0, sum / divisor_of(call, pair[0]));
    }
    close_pair(pair);
    return NEURAL_OK;
}

static neural_status backward(neural_op_call *call, const value_loss *loss) {
    neural_tensor *pair[2];
    NEURAL_TRY(open_pair(call, pair));
    pair_job job = job_of(call, loss, pair);
    job.run = call->grad_out->dtype == NEURAL_DTYPE_F32 ? run_slopes_f32 : run_slopes_f64;
    job.scale = 1;
    if (neural_loss_keeps_terms(call)) {
        job.grads = call->grad_out->data;
    } else {
        job.scale = neural_loss_get(call->grad_out, 0) / divisor_of(call, pair[0]);
    }
    for (job.by_target = 0; job.by_target < 2; job.by_target++) {
        if (call->grad_in[job.by_target]) {
            job.out = call->grad_in[job.by_target]->data;
            run(&job);
        }
    }
    close_pair(pair);
    return NEURAL_OK;
}

#define VALUE_LOSS_OP(name, loss)                                                                  \
    neural_status neural_##name##_forward(neural_op_call *call) {                                  \
        return forward(call, &loss);                                                               \
    }                                                                                              \
    neural_status neural_##name##_backward(neural_op_call *call) {                                 \
        return backward(call, &loss);                                                              \
    }

VALUE_LOSS_OP(mse_loss, mse_loss)
VALUE_LOSS_OP(l1_loss, l1_loss)
VALUE_LOSS_OP(huber_loss, huber_loss)
VALUE_LOSS_OP(bce_with_logits_loss, logits_loss)
VALUE_LOSS_OP(kl_div_loss, kl_loss)

neural_status neural_bce_loss_forward(neural_op_call *call) {
    neural_tensor *p = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &p));
    const neural_status status = p->dtype == NEURAL_DTYPE_F32
                                     ? check_probabilities_f32(neural_tensor_f32(p), p->len)
                                     : check_probabilities_f64(neural_tensor_f64(p), p->len);
    neural_tensor_release(p);
    return status ? status : forward(call, &bce_loss);
}

neural_status neural_bce_loss_backward(neural_op_call *call) {
    return backward(call, &bce_loss);
}
