#include "core/tensor/batch_norm.h"

#include <math.h>

#include "core/base/threads.h"
#include "core/tensor/float_data.h"
#include "core/tensor/map.h"
#include "core/tensor/norm_inputs.h"

/* GRAIN: elements that one thread should have at least. From PLANE_BYTES on, the statistics of each
 * plane (a channel of a sample) are taken on their own, in the order of memory, and put together in
 * double; smaller planes run through the lanes of one sum per channel. Channels of one element are
 * columns, given to threads in strips of whole cache lines. */
enum { GRAIN = 1 << 14, PLANE_BYTES = 1024, COLUMNS = 64, RELU_BYTES = 1 << 14 };

typedef struct norm_job {
    neural_op_call *call;
    neural_dtype dtype;
    int64_t bytes; /* of an element */
    int64_t samples, channels, len;
    int by_plane, by_column, training, relu;
    double count; /* values per channel */
    neural_norm_inputs in;
    char *mean, *rstd; /* [channels] */
    char *a, *b;       /* [samples or 1, channels]: two figures of each plane or channel */
    char *table;       /* [channels, 4 at most], what the maps read; by column [4, channels] */
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
    job->by_column = job->len == 1;
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
    const int64_t strip = job->by_column ? COLUMNS : 1;
    const int64_t channels = 1 + GRAIN / (job->samples * job->len + 1);
    return (channels + strip - 1) / strip * strip;
}

/* Where the table of channels [begin, end) starts. */
static char *table_of(const norm_job *job, int64_t begin) {
    return job->table + 4 * begin * job->bytes;
}

/* Figure i of `width` of channel c. */
static void table_put(const norm_job *job, int64_t begin, int64_t end, int64_t c, int width, int i,
                      double value) {
    neural_float_put(table_of(job, begin), job->dtype,
                     job->by_column ? i * (end - begin) + c - begin : width * (c - begin) + i,
                     value);
}

/* `channels` channels of `samples` samples, as a kernel sees them. */
static neural_channel_args planes_of(const norm_job *job, int64_t samples, int64_t channels) {
    return (neural_channel_args){samples, channels, job->len, job->channels * job->len};
}

static int64_t offset_of(const norm_job *job, int64_t sample, int64_t channel) {
    return (sample * job->channels + channel) * job->len * job->bytes;
}

/* The kernel by channels or by columns. */
#define NORM_KERNEL(job, op, ...)                                                                  \
    do {                                                                                           \
        if ((job)->by_column) {                                                                    \
            NEURAL_FLOAT_KERNEL((job)->dtype, column_##op, __VA_ARGS__);                           \
        } else {                                                                                   \
            NEURAL_FLOAT_KERNEL((job)->dtype, channel_##op, __VA_ARGS__);                          \
        }                                                                                          \
    } while (0)

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
        NORM_KERNEL(job, stats, (void *)(job->a + at), (void *)(job->b + at),
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
static void prepare(const norm_job *job, int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
        double mean, variance;
        statistics(job, c, &mean, &variance);
        const double rstd = 1 / sqrt(variance + job->call->attrs.scalar[1]);
        neural_float_put(job->mean, job->dtype, c, mean);
        neural_float_put(job->rstd, job->dtype, c, rstd);
        table_put(job, begin, end, c, 3, 0, mean);
        table_put(job, begin, end, c, 3, 1, rstd * parameter_of(job, job->in.gamma, c, 1));
        table_put(job, begin, end, c, 3, 2, parameter_of(job, job->in.beta, c, 0));
    }
}

/* Of the channels [first, first + channels) that the table was made for, from `begin` on. */
static void normalize(const norm_job *job, int64_t sample, int64_t samples, int64_t first,
                      int64_t begin, int64_t end) {
    const neural_channel_args args = planes_of(job, samples, end - begin);
    const int64_t at = offset_of(job, sample, begin);
    const char *table = table_of(job, first) + 3 * (begin - first) * job->bytes;
    NORM_KERNEL(job, norm, (void *)(job->call->out->data + at),
                (const void *)(job->in.x->data + at), (const void *)table, &args);
}

static void relu(const norm_job *job, int64_t sample, int64_t begin, int64_t end) {
    void *y = job->call->out->data + offset_of(job, sample, begin);
    NEURAL_FLOAT_KERNEL(job->dtype, relu, y, y, (end - begin) * job->len);
}

/* relu follows while the planes are near. */
static void normalize_relu(const norm_job *job, int64_t begin, int64_t end) {
    const int64_t near = 1 + RELU_BYTES / (job->len * job->bytes + 1);
    for (int64_t n = 0; n < job->samples; n++) {
        for (int64_t c = begin; c < end; c += near) {
            const int64_t last = c + near < end ? c + near : end;
            normalize(job, n, 1, begin, c, last);
            relu(job, n, c, last);
        }
    }
}

static void forward_range(void *context, int64_t begin, int64_t end) {
    const norm_job *job = context;
    if (job->training) {
        measure(job, begin, end);
    }
    prepare(job, begin, end);
    if (job->relu && !job->by_column) {
        normalize_relu(job, begin, end);
        return;
    }
    normalize(job, 0, job->samples, begin, begin, end);
    for (int64_t n = 0; n < job->samples && job->relu; n++) {
        relu(job, n, begin, end);
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
    NORM_KERNEL(job, sums, (void *)(job->a + to), (void *)(job->b + to),
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

static void put_grad(const norm_job *job, int i, int64_t c, double value) {
    neural_tensor *grad = job->call->grad_in[i];
    if (grad) {
        neural_float_put(grad->data, job->dtype, c, value);
    }
}

/* Gradients of gamma and beta; with scale = rstd gamma, table = mean, scale, -scale mean(dz),
 * scale rstd^2 mean(dz (x - mean)), in evaluation without mean, shift and slope. */
static void prepare_grad(const norm_job *job, int64_t begin, int64_t end) {
    const int width = job->training ? 4 : 3;
    for (int64_t c = begin; c < end; c++) {
        const double sum = total(job, job->a, c), dot = total(job, job->b, c);
        const double rstd = neural_float_get(job->rstd, job->dtype, c);
        const double mean = neural_float_get(job->mean, job->dtype, c);
        const double scale = rstd * parameter_of(job, job->in.gamma, c, 1);
        put_grad(job, 1, c, dot * rstd);
        put_grad(job, 2, c, sum);
        table_put(job, begin, end, c, width, 0, job->training ? mean : 0);
        table_put(job, begin, end, c, width, 1, scale);
        table_put(job, begin, end, c, width, 2, job->training ? -scale * sum / job->count : 0);
        if (job->training) {
            table_put(job, begin, end, c, width, 3, scale * rstd * rstd * dot / job->count);
        }
    }
}

static void grad_x(const norm_job *job, int64_t begin, int64_t end) {
    const neural_channel_args args = planes_of(job, job->samples, end - begin);
    const int64_t at = offset_of(job, 0, begin);
    void *dx = job->call->grad_in[0]->data + at;
    const void *dz = job->dz + at, *table = table_of(job, begin);
    if (job->training) {
        NORM_KERNEL(job, norm_grad, dx, dz, (const void *)(job->in.x->data + at), table, &args);
    } else {
        NORM_KERNEL(job, norm, dx, dz, table, &args);
    }
}

static void backward_range(void *context, int64_t begin, int64_t end) {
    const norm_job *job = context;
    sums(job, begin, end);
    prepare_grad(job, begin, end);
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
