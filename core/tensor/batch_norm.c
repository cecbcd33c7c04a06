#include "core/tensor/batch_norm.h"

#include <math.h>

#include "core/base/threads.h"
#include "core/tensor/float_data.h"
#include "core/tensor/map.h"
#include "core/tensor/norm_inputs.h"

/* GRAIN: elements that one thread should have at least. From PLANE_BYTES on, the statistics of each
 * plane (a channel of a sample) are taken on their own, in the order of memory, and put together in
 * double; smaller planes run through the lanes of one sum per channel. COLUMNS: channels of one
 * element are taken in strips of whole cache lines. */
enum { GRAIN = 1 << 14, PLANE_BYTES = 1024, COLUMNS = 64, RELU_BYTES = 1 << 14 };

typedef struct norm_job {
    neural_op_call *call;
    neural_dtype dtype;
    int64_t bytes; /* of an element */
    int64_t samples, channels, len;
    int by_plane, training, relu;
    double count; /* values per channel */
    neural_norm_inputs in;
    char *mean, *rstd; /* [channels] */
    char *a, *b;       /* [samples or 1, channels]: two figures of each plane or channel */
    char *table;       /* [channels, 4 at most], what the maps read */
    char *dz;          /* backward: gradient of the normalized result, of x's shape */
    neural_block *scratch, *dz_scratch;
} norm_job;

/* --- shapes --- */

static neural_status check_running(const neural_op_call *call) {
    const neural_tensor *mean = call->in[3], *variance = call->in[4];
    NEURAL_REQUIRE(!mean == !variance, NEURAL_ERR_NULL_POINTER,
                   "%s: running_mean and running_var must be given together", call->name);
    NEURAL_REQUIRE(mean || call->attrs.integer[0], NEURAL_ERR_NULL_POINTER,
                   "%s: evaluation needs running_mean and running_var", call->name);
    NEURAL_REQUIRE(!mean || (mean->contiguous && variance->contiguous), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: running_mean and running_var must be contiguous", call->name);
    return NEURAL_OK;
}

neural_status neural_batch_norm_infer(const neural_op_call *call, neural_shape *out) {
    static const char *const roles[] = {"x", "gamma", "beta", "running_mean", "running_var"};
    const neural_tensor *x = call->in[0];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(neural_norm_check_x(call));
    NEURAL_REQUIRE(x->shape.ndim >= 2, NEURAL_ERR_SHAPE_MISMATCH, "%s: x is %s, want [N, C, ...]",
                   call->name, neural_shape_text(&x->shape, text, sizeof text));
    const neural_shape want = neural_norm_vector(x->shape.dim[1]);
    for (int i = 1; i < 5; i++) {
        NEURAL_TRY(neural_norm_check(call, i, roles[i], &want));
    }
    NEURAL_TRY(check_running(call));
    NEURAL_REQUIRE(!call->attrs.integer[0] || x->shape.dim[1] == 0 || x->len / x->shape.dim[1] > 1,
                   NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, training needs more than one value per channel", call->name,
                   neural_shape_text(&x->shape, text, sizeof text));
    *out = x->shape;
    return NEURAL_OK;
}

/* --- the job --- */

static void job_close(norm_job *job) {
    neural_norm_close(&job->in);
    neural_block_release(job->scratch);
    neural_block_release(job->dz_scratch);
}

static neural_status job_open(norm_job *job, neural_op_call *call) {
    const neural_tensor *x = call->in[0];
    *job = (norm_job){.call = call,
                      .dtype = x->dtype,
                      .bytes = x->dtype == NEURAL_DTYPE_F32 ? 4 : 8,
                      .samples = x->shape.dim[0],
                      .channels = x->shape.dim[1],
                      .training = call->attrs.integer[0] != 0,
                      .relu = call->attrs.integer[1] != 0};
    const int64_t planes = job->samples * job->channels;
    job->len = planes ? x->len / planes : 0;
    job->count = (double)job->samples * (double)job->len;
    job->by_plane = job->len * job->bytes >= PLANE_BYTES;
    const int64_t figures = (job->by_plane ? job->samples : 1) * job->channels;
    job->scratch = neural_block_create((size_t)((2 * figures + 4 * job->channels) * job->bytes));
    NEURAL_REQUIRE(job->scratch, NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", call->name);
    job->a = neural_block_data(job->scratch);
    job->b = job->a + figures * job->bytes;
    job->table = job->b + figures * job->bytes;
    job->mean = call->saved[0]->data;
    job->rstd = job->mean + job->channels * job->bytes;
    const neural_status status = neural_norm_open(call, &job->in);
    if (status) {
        job_close(job);
    }
    return status;
}

static int64_t grain_of(const norm_job *job) {
    const int64_t each = job->samples * job->len, strip = job->len == 1 ? COLUMNS : 1;
    const int64_t channels = 1 + GRAIN / (each + 1);
    return (channels + strip - 1) / strip * strip;
}

/* `channels` channels of `samples` samples, as a kernel sees them. */
static neural_channel_args planes_of(const norm_job *job, int64_t samples, int64_t channels) {
    return (neural_channel_args){samples, channels, job->len, job->channels * job->len};
}

static int64_t offset_of(const norm_job *job, int64_t sample, int64_t channel) {
    return (sample * job->channels + channel) * job->len * job->bytes;
}

static double parameter_of(const norm_job *job, const neural_tensor *tensor, int64_t c,
                           double absent) {
    return tensor ? neural_float_get(tensor->data, job->dtype, c) : absent;
}

/* --- forward: y = (x - mean) rstd gamma + beta --- */

/* Mean and variance of channels [begin, end), of each plane or of all its planes, to a and b. */
static void measure(const norm_job *job, int64_t begin, int64_t end) {
    const int64_t steps = job->by_plane ? job->samples : 1;
    const neural_channel_args args = planes_of(job, job->by_plane ? 1 : job->samples, end - begin);
    for (int64_t n = 0; n < steps; n++) {
        const int64_t at = (n * job->channels + begin) * job->bytes;
        NEURAL_FLOAT_KERNEL(job->dtype, channel_stats, (void *)(job->a + at), (void *)(job->b + at),
                            (const void *)(job->in.x->data + offset_of(job, n, begin)), &args);
    }
}

/* mean = mean of the planes' means; variance = mean of variance + (mean of plane - mean)^2. */
static void combine(const norm_job *job, int64_t c, double *mean, double *variance) {
    const int64_t planes = job->by_plane ? job->samples : 1;
    double sum = 0, squares = 0;
    for (int64_t n = 0; n < planes; n++) {
        sum += neural_float_get(job->a, job->dtype, n * job->channels + c);
    }
    *mean = sum / (double)planes;
    for (int64_t n = 0; n < planes; n++) {
        const int64_t at = n * job->channels + c;
        const double off = neural_float_get(job->a, job->dtype, at) - *mean;
        squares += neural_float_get(job->b, job->dtype, at) + off * off;
    }
    *variance = squares / (double)planes;
}

static void blend(neural_tensor *running, int64_t c, double momentum, double value) {
    const double old = neural_float_get(running->data, running->dtype, c);
    neural_float_put(running->data, running->dtype, c, (1 - momentum) * old + momentum * value);
}

/* The statistics that channel c is normalized by; in training they enter the running ones. */
static void statistics(const norm_job *job, int64_t c, double *mean, double *variance) {
    neural_tensor *running_mean = job->call->in[3], *running_var = job->call->in[4];
    if (!job->training) {
        *mean = neural_float_get(running_mean->data, job->dtype, c);
        *variance = neural_float_get(running_var->data, job->dtype, c);
        return;
    }
    combine(job, c, mean, variance);
    if (running_mean) {
        const double momentum = job->call->attrs.scalar[0];
        blend(running_mean, c, momentum, *mean);
        blend(running_var, c, momentum, *variance * (job->count / (job->count - 1)));
    }
}

/* table = mean, rstd gamma, beta */
static void prepare(const norm_job *job, int64_t c) {
    double mean, variance;
    statistics(job, c, &mean, &variance);
    const double rstd = 1 / sqrt(variance + job->call->attrs.scalar[1]);
    neural_float_put(job->mean, job->dtype, c, mean);
    neural_float_put(job->rstd, job->dtype, c, rstd);
    neural_float_put(job->table, job->dtype, 3 * c, mean);
    neural_float_put(job->table, job->dtype, 3 * c + 1,
                     rstd * parameter_of(job, job->in.gamma, c, 1));
    neural_float_put(job->table, job->dtype, 3 * c + 2, parameter_of(job, job->in.beta, c, 0));
}

static void normalize(const norm_job *job, int64_t sample, int64_t samples, int64_t begin,
                      int64_t end) {
    const neural_channel_args args = planes_of(job, samples, end - begin);
    const int64_t at = offset_of(job, sample, begin);
    NEURAL_FLOAT_KERNEL(job->dtype, channel_norm, (void *)(job->call->out->data + at),
                        (const void *)(job->in.x->data + at),
                        (const void *)(job->table + 3 * begin * job->bytes), &args);
}

/* relu follows while the planes are near. */
static void normalize_relu(const norm_job *job, int64_t begin, int64_t end) {
    const int64_t near = 1 + RELU_BYTES / (job->len * job->bytes + 1);
    for (int64_t n = 0; n < job->samples; n++) {
        for (int64_t c = begin; c < end; c += near) {
            const int64_t last = c + near < end ? c + near : end;
            void *y = job->call->out->data + offset_of(job, n, c);
            normalize(job, n, 1, c, last);
            NEURAL_FLOAT_KERNEL(job->dtype, relu, y, y, (last - c) * job->len);
        }
    }
}

static void forward_range(void *context, int64_t begin, int64_t end) {
    const norm_job *job = context;
    if (job->training) {
        measure(job, begin, end);
    }
    for (int64_t c = begin; c < end; c++) {
        prepare(job, c);
    }
    if (job->relu) {
        normalize_relu(job, begin, end);
    } else {
        normalize(job, 0, job->samples, begin, end);
    }
}

neural_status neural_batch_norm_forward(neural_op_call *call) {
    const neural_shape stats = {.ndim = 2, .dim = {2, call->in[0]->shape.dim[1]}};
    NEURAL_TRY(neural_tensor_like_shape(&stats, call->in[0]->dtype, &call->saved[0]));
    norm_job job;
    NEURAL_TRY(job_open(&job, call));
    neural_parallel_for(job.channels, grain_of(&job), forward_range, &job);
    job_close(&job);
    return NEURAL_OK;
}

/* --- backward, xhat = (x - mean) rstd ---
 * dgamma = sum(dy xhat), dbeta = sum(dy)
 * training:   dx = gamma rstd (dy - mean(dy) - xhat mean(dy xhat))
 * evaluation: dx = gamma rstd dy */

/* dz = dy where y > 0, else 0, of channels [begin, end) of a sample. */
static void relu_grad(const norm_job *job, int64_t sample, int64_t begin, int64_t end) {
    const int64_t at = offset_of(job, sample, begin);
    NEURAL_FLOAT_KERNEL(job->dtype, relu_grad, (void *)(job->dz + at),
                        (const void *)(job->call->grad_out->data + at),
                        (const void *)(job->call->out->data + at), (end - begin) * job->len);
}

static void sum_planes(const norm_job *job, int64_t sample, int64_t samples, int64_t begin,
                       int64_t end) {
    const neural_channel_args args = planes_of(job, samples, end - begin);
    const int64_t at = offset_of(job, sample, begin);
    const int64_t to = ((job->by_plane ? sample : 0) * job->channels + begin) * job->bytes;
    NEURAL_FLOAT_KERNEL(job->dtype, channel_sums, (void *)(job->a + to), (void *)(job->b + to),
                        (const void *)(job->dz + at), (const void *)(job->in.x->data + at),
                        (const void *)(job->mean + begin * job->bytes), &args);
}

/* sum(dz) and sum(dz (x - mean)) of channels [begin, end), of each plane or channel, to a and b. */
static void sums(const norm_job *job, int64_t begin, int64_t end) {
    for (int64_t n = 0; n < job->samples; n++) {
        if (job->relu) {
            relu_grad(job, n, begin, end);
        }
        if (job->by_plane) {
            sum_planes(job, n, 1, begin, end);
        }
    }
    if (!job->by_plane) {
        sum_planes(job, 0, job->samples, begin, end);
    }
}

static double total(const norm_job *job, const char *figures, int64_t c) {
    const int64_t planes = job->by_plane ? job->samples : 1;
    double sum = 0;
    for (int64_t n = 0; n < planes && job->count > 0; n++) {
        sum += neural_float_get(figures, job->dtype, n * job->channels + c);
    }
    return sum;
}

/* Gradients of gamma and beta; table = mean, rstd gamma, mean(dz), mean(dz (x - mean)) rstd^2, in
 * evaluation without mean, shift and slope. */
static void prepare_grad(const norm_job *job, int64_t c) {
    const double sum = total(job, job->a, c), dot = total(job, job->b, c);
    const double rstd = neural_float_get(job->rstd, job->dtype, c);
    const double scale = rstd * parameter_of(job, job->in.gamma, c, 1);
    neural_tensor *const *grad = job->call->grad_in;
    if (grad[1]) {
        neural_float_put(grad[1]->data, job->dtype, c, dot * rstd);
    }
    if (grad[2]) {
        neural_float_put(grad[2]->data, job->dtype, c, sum);
    }
    if (!job->training) {
        neural_float_put(job->table, job->dtype, 3 * c, 0);
        neural_float_put(job->table, job->dtype, 3 * c + 1, scale);
        neural_float_put(job->table, job->dtype, 3 * c + 2, 0);
        return;
    }
    neural_float_put(job->table, job->dtype, 4 * c, neural_float_get(job->mean, job->dtype, c));
    neural_float_put(job->table, job->dtype, 4 * c + 1, scale);
    neural_float_put(job->table, job->dtype, 4 * c + 2, sum / job->count);
    neural_float_put(job->table, job->dtype, 4 * c + 3, dot / job->count * rstd * rstd);
}

static void grad_x(const norm_job *job, int64_t begin, int64_t end) {
    const neural_channel_args args = planes_of(job, job->samples, end - begin);
    const int64_t at = offset_of(job, 0, begin);
    void *dx = job->call->grad_in[0]->data + at;
    const void *dz = job->dz + at;
    if (job->training) {
        NEURAL_FLOAT_KERNEL(job->dtype, channel_norm_grad, dx, dz,
                            (const void *)(job->in.x->data + at),
                            (const void *)(job->table + 4 * begin * job->bytes), &args);
    } else {
        NEURAL_FLOAT_KERNEL(job->dtype, channel_norm, dx, dz,
                            (const void *)(job->table + 3 * begin * job->bytes), &args);
    }
}

static void backward_range(void *context, int64_t begin, int64_t end) {
    const norm_job *job = context;
    sums(job, begin, end);
    for (int64_t c = begin; c < end; c++) {
        prepare_grad(job, c);
    }
    if (job->call->grad_in[0]) {
        grad_x(job, begin, end);
    }
}

/* Where dz goes: it is dy, or takes the place of dx, or has memory of its own. */
static neural_status place_dz(norm_job *job) {
    const neural_op_call *call = job->call;
    if (!job->relu || call->grad_in[0]) {
        job->dz = job->relu ? call->grad_in[0]->data : call->grad_out->data;
        return NEURAL_OK;
    }
    job->dz_scratch = neural_block_create((size_t)neural_tensor_bytes(call->out));
    NEURAL_REQUIRE(job->dz_scratch, NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", call->name);
    job->dz = neural_block_data(job->dz_scratch);
    return NEURAL_OK;
}

neural_status neural_batch_norm_backward(neural_op_call *call) {
    norm_job job;
    NEURAL_TRY(job_open(&job, call));
    const neural_status status = place_dz(&job);
    if (!status) {
        neural_parallel_for(job.channels, grain_of(&job), backward_range, &job);
    }
    job_close(&job);
    return status;
}
