#include "core/tensor/group_norm.h"

#include <math.h>

#include "core/base/threads.h"
#include "core/tensor/float_data.h"
#include "core/tensor/map.h"
#include "core/tensor/norm_inputs.h"

enum { GRAIN = 1 << 13 }; /* elements that one thread should have at least */

/* A group of a sample is `members` planes of `len` elements, contiguous. */
typedef struct group_job {
    neural_op_call *call;
    neural_dtype dtype;
    int64_t bytes; /* of an element */
    int64_t samples, channels, groups, members, len;
    neural_norm_inputs in;
    char *mean, *rstd; /* [samples groups] */
    char *a, *b;       /* [samples channels]: figures of each plane */
    char *table;       /* [samples channels, 4] */
    neural_block *scratch;
} group_job;

neural_status neural_group_norm_infer(const neural_op_call *call, neural_shape *out) {
    const neural_shape *x = &call->in[0]->shape;
    const int64_t groups = call->attrs.integer[0];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(neural_norm_check_x(call));
    NEURAL_REQUIRE(x->ndim >= 2 && groups >= 1 && x->dim[1] % groups == 0,
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, want [N, C, ...] with C a multiple of %lld groups", call->name,
                   neural_shape_text(x, text, sizeof text), (long long)groups);
    const neural_shape want = neural_norm_vector(x->dim[1]);
    NEURAL_TRY(neural_norm_check(call, 1, "gamma", &want));
    NEURAL_TRY(neural_norm_check(call, 2, "beta", &want));
    *out = *x;
    return NEURAL_OK;
}

static neural_status job_open(group_job *job, neural_op_call *call) {
    const neural_tensor *x = call->in[0];
    const int64_t planes = x->shape.dim[0] * x->shape.dim[1];
    *job = (group_job){.call = call,
                       .dtype = x->dtype,
                       .bytes = x->dtype == NEURAL_DTYPE_F32 ? 4 : 8,
                       .samples = x->shape.dim[0],
                       .channels = x->shape.dim[1],
                       .groups = call->attrs.integer[0]};
    job->members = job->channels / job->groups;
    job->len = planes ? x->len / planes : 0;
    job->scratch = neural_block_create((size_t)(6 * planes * job->bytes));
    NEURAL_REQUIRE(job->scratch, NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", call->name);
    job->a = neural_block_data(job->scratch);
    job->b = job->a + planes * job->bytes;
    job->table = job->b + planes * job->bytes;
    job->mean = call->saved[0]->data;
    job->rstd = job->mean + job->samples * job->groups * job->bytes;
    const neural_status status = neural_norm_open(call, &job->in);
    if (status) {
        neural_block_release(job->scratch);
    }
    return status;
}

static void job_close(group_job *job) {
    neural_norm_close(&job->in);
    neural_block_release(job->scratch);
}

static void run(group_job *job, neural_range_body body) {
    const int64_t each = job->members * job->len;
    neural_parallel_for(each ? job->samples * job->groups : 0, 1 + GRAIN / (each + 1), body, job);
}

static double parameter_of(const group_job *job, const neural_tensor *tensor, int64_t plane,
                           double absent) {
    return tensor ? neural_float_get(tensor->data, job->dtype, plane % job->channels) : absent;
}

/* The planes of a group, as a kernel sees them: channels of one sample, which is as far from the
 * next as x is long, since this tells the kernel how much passes through the caches. */
static neural_channel_args planes_of(const group_job *job) {
    return (neural_channel_args){1, job->members, job->len,
                                 job->samples * job->channels * job->len};
}

/* The groups themselves as channels. */
static neural_channel_args groups_of(const group_job *job, int64_t begin, int64_t end) {
    const int64_t each = job->members * job->len;
    return (neural_channel_args){1, end - begin, each, (end - begin) * each};
}

static int64_t offset_of(const group_job *job, int64_t group) {
    return group * job->members * job->len * job->bytes;
}

/* --- forward --- */

/* table of each plane = mean, rstd gamma, beta; rstd holds the variance and becomes rstd. */
static void prepare(const group_job *job, int64_t group) {
    const double mean = neural_float_get(job->mean, job->dtype, group);
    const double variance = neural_float_get(job->rstd, job->dtype, group);
    const double rstd = 1 / sqrt(variance + job->call->attrs.scalar[0]);
    neural_float_put(job->rstd, job->dtype, group, rstd);
    for (int64_t p = group * job->members; p < (group + 1) * job->members; p++) {
        neural_float_put(job->table, job->dtype, 3 * p, mean);
        neural_float_put(job->table, job->dtype, 3 * p + 1,
                         rstd * parameter_of(job, job->in.gamma, p, 1));
        neural_float_put(job->table, job->dtype, 3 * p + 2, parameter_of(job, job->in.beta, p, 0));
    }
}

static void forward_range(void *context, int64_t begin, int64_t end) {
    const group_job *job = context;
    for (int64_t g = begin; g < end; g++) {
        const neural_channel_args group = groups_of(job, g, g + 1);
        const neural_channel_args planes = planes_of(job);
        const void *x = job->in.x->data + offset_of(job, g);
        NEURAL_FLOAT_KERNEL(job->dtype, channel_stats, (void *)(job->mean + g * job->bytes),
                            (void *)(job->rstd + g * job->bytes), x, &group);
        prepare(job, g);
        NEURAL_FLOAT_KERNEL(
            job->dtype, channel_norm, (void *)(job->call->out->data + offset_of(job, g)), x,
            (const void *)(job->table + 3 * g * job->members * job->bytes), &planes);
    }
}

neural_status neural_group_norm_forward(neural_op_call *call) {
    const neural_shape *x = &call->in[0]->shape;
    const neural_shape stats = {.ndim = 2, .dim = {2, x->dim[0] * call->attrs.integer[0]}};
    NEURAL_TRY(neural_tensor_like_shape(&stats, call->in[0]->dtype, &call->saved[0]));
    group_job job;
    NEURAL_TRY(job_open(&job, call));
    run(&job, forward_range);
    job_close(&job);
    return NEURAL_OK;
}

/* --- backward: with g = dy gamma, xhat = (x - mean) rstd
 * dx = rstd (g - mean(g) - xhat mean(g xhat)) over the group
 * dgamma = sum(dy xhat), dbeta = sum(dy) over samples and planes --- */

/* sum(dy) and sum(dy (x - mean)) of each plane of a group, to a and b. */
static void sums(const group_job *job, int64_t group) {
    const int64_t first = group * job->members;
    const neural_channel_args planes = planes_of(job);
    const double mean = neural_float_get(job->mean, job->dtype, group);
    for (int64_t p = first; p < first + job->members; p++) {
        neural_float_put(job->table, job->dtype, 4 * first + p - first, mean);
    }
    NEURAL_FLOAT_KERNEL(job->dtype, channel_sums, (void *)(job->a + first * job->bytes),
                        (void *)(job->b + first * job->bytes),
                        (const void *)(job->call->grad_out->data + offset_of(job, group)),
                        (const void *)(job->in.x->data + offset_of(job, group)),
                        (const void *)(job->table + 4 * first * job->bytes), &planes);
}

/* table of each plane = mean, rstd gamma, -rstd mean(g), rstd^3 mean(g (x - mean)) */
static void prepare_grad(const group_job *job, int64_t group) {
    const int64_t first = group * job->members, end = first + job->members;
    const double count = (double)job->members * (double)job->len;
    const double rstd = neural_float_get(job->rstd, job->dtype, group);
    double sum = 0, dot = 0;
    for (int64_t p = first; p < end; p++) {
        const double gamma = parameter_of(job, job->in.gamma, p, 1);
        sum += gamma * neural_float_get(job->a, job->dtype, p);
        dot += gamma * neural_float_get(job->b, job->dtype, p);
    }
    const double mean = neural_float_get(job->mean, job->dtype, group);
    for (int64_t p = first; p < end; p++) {
        const double gamma = parameter_of(job, job->in.gamma, p, 1);
        neural_float_put(job->table, job->dtype, 4 * p, mean);
        neural_float_put(job->table, job->dtype, 4 * p + 1, rstd * gamma);
        neural_float_put(job->table, job->dtype, 4 * p + 2, -rstd * sum / count);
        neural_float_put(job->table, job->dtype, 4 * p + 3, rstd * rstd * rstd * dot / count);
    }
}

static void backward_range(void *context, int64_t begin, int64_t end) {
    const group_job *job = context;
    for (int64_t g = begin; g < end; g++) {
        const neural_channel_args planes = planes_of(job);
        const int64_t at = offset_of(job, g);
        sums(job, g);
        if (job->call->grad_in[0]) {
            prepare_grad(job, g);
            NEURAL_FLOAT_KERNEL(
                job->dtype, channel_norm_grad, (void *)(job->call->grad_in[0]->data + at),
                (const void *)(job->call->grad_out->data + at),
                (const void *)(job->in.x->data + at),
                (const void *)(job->table + 4 * g * job->members * job->bytes), &planes);
        }
    }
}

/* Samples in order. */
static void grad_parameters(const group_job *job, int64_t c) {
    double sum = 0, dot = 0;
    for (int64_t n = 0; n < job->samples && job->len; n++) {
        const int64_t p = n * job->channels + c;
        const double rstd = neural_float_get(job->rstd, job->dtype, p / job->members);
        sum += neural_float_get(job->a, job->dtype, p);
        dot += neural_float_get(job->b, job->dtype, p) * rstd;
    }
    neural_tensor *const *grad = job->call->grad_in;
    if (grad[1]) {
        neural_float_put(grad[1]->data, job->dtype, c, dot);
    }
    if (grad[2]) {
        neural_float_put(grad[2]->data, job->dtype, c, sum);
    }
}

neural_status neural_group_norm_backward(neural_op_call *call) {
    group_job job;
    NEURAL_TRY(job_open(&job, call));
    run(&job, backward_range);
    for (int64_t c = 0; c < job.channels && (call->grad_in[1] || call->grad_in[2]); c++) {
        grad_parameters(&job, c);
    }
    job_close(&job);
    return NEURAL_OK;
}
