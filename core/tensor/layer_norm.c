#include "core/tensor/layer_norm.h"

#include <string.h>

#include "core/base/threads.h"
#include "core/tensor/map.h"
#include "core/tensor/norm_inputs.h"

/* GRAIN: elements that one thread should have at least. Backward takes NEAR_BYTES of dy and x at a
 * time, so that they are read from memory once; the gradients of gamma and beta are summed over at
 * most CHUNKS chunks of rows, the chunks then in order. */
enum { GRAIN = 1 << 13, NEAR_BYTES = 1 << 16, CHUNKS = 16, LEAST_CHUNK = 256 };

typedef struct rows_job {
    neural_op_call *call;
    neural_dtype dtype;
    int64_t bytes; /* of an element */
    int64_t rows, cols;
    int64_t chunk; /* rows per chunk, backward */
    int centred;   /* layer_norm, not rms_norm */
    double epsilon;
    neural_norm_inputs in;
    char *dgamma, *dbeta; /* [chunks, cols] each, or NULL */
    neural_block *scratch;
} rows_job;

neural_status neural_layer_norm_infer(const neural_op_call *call, neural_shape *out) {
    const neural_shape *x = &call->in[0]->shape;
    const int64_t dims = call->attrs.integer[0];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(neural_norm_check_x(call));
    NEURAL_REQUIRE(dims >= 1 && dims <= x->ndim, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, cannot normalize its last %lld dimensions", call->name,
                   neural_shape_text(x, text, sizeof text), (long long)dims);
    neural_shape want = {.ndim = (int)dims};
    memcpy(want.dim, x->dim + x->ndim - dims, (size_t)dims * sizeof *want.dim);
    NEURAL_TRY(neural_norm_check(call, 1, "gamma", &want));
    if (call->inputs > 2) {
        NEURAL_TRY(neural_norm_check(call, 2, "beta", &want));
    }
    *out = *x;
    return NEURAL_OK;
}

static neural_status job_open(rows_job *job, neural_op_call *call, int centred) {
    const neural_tensor *x = call->in[0];
    *job = (rows_job){.call = call,
                      .dtype = x->dtype,
                      .bytes = x->dtype == NEURAL_DTYPE_F32 ? 4 : 8,
                      .cols = 1,
                      .centred = centred,
                      .epsilon = call->attrs.scalar[0]};
    for (int64_t d = x->shape.ndim - call->attrs.integer[0]; d < x->shape.ndim; d++) {
        job->cols *= x->shape.dim[d];
    }
    job->rows = job->cols ? x->len / job->cols : 0;
    return neural_norm_open(call, &job->in);
}

static void job_close(rows_job *job) {
    neural_norm_close(&job->in);
    neural_block_release(job->scratch);
}

static const void *data_of(const neural_tensor *tensor) {
    return tensor ? tensor->data : NULL;
}

/* --- forward --- */

static void forward_range(void *context, int64_t begin, int64_t end) {
    const rows_job *job = context;
    const neural_norm_args args = {end - begin, job->cols, job->epsilon};
    const int64_t at = begin * job->cols * job->bytes;
    void *y = job->call->out->data + at,
         *stats = job->call->saved[0]->data + 2 * begin * job->bytes;
    const void *x = job->in.x->data + at;
    const void *gamma = data_of(job->in.gamma), *beta = data_of(job->in.beta);
    if (job->centred) {
        NEURAL_FLOAT_KERNEL(job->dtype, layer_norm, y, x, gamma, beta, stats, &args);
    } else {
        NEURAL_FLOAT_KERNEL(job->dtype, rms_norm, y, x, gamma, beta, stats, &args);
    }
}

static neural_status forward(neural_op_call *call, int centred) {
    rows_job job;
    NEURAL_TRY(job_open(&job, call, centred));
    const neural_shape stats = {.ndim = 2, .dim = {job.rows, 2}};
    const neural_status status = neural_tensor_like_shape(&stats, job.dtype, &call->saved[0]);
    if (!status) {
        neural_parallel_for(job.rows, 1 + GRAIN / (job.cols + 1), forward_range, &job);
    }
    job_close(&job);
    return status;
}

/* y = (x - mean) rstd gamma + beta */
neural_status neural_layer_norm_forward(neural_op_call *call) {
    return forward(call, 1);
}

/* y = x rstd gamma */
neural_status neural_rms_norm_forward(neural_op_call *call) {
    return forward(call, 0);
}

/* --- backward --- */

static void grad_x(const rows_job *job, int64_t at, const void *stats,
                   const neural_norm_args *args) {
    void *dx = job->call->grad_in[0]->data + at;
    const void *dy = job->call->grad_out->data + at, *x = job->in.x->data + at;
    const void *gamma = data_of(job->in.gamma);
    if (job->centred) {
        NEURAL_FLOAT_KERNEL(job->dtype, layer_norm_grad, dx, dy, x, gamma, stats, args);
    } else {
        NEURAL_FLOAT_KERNEL(job->dtype, rms_norm_grad, dx, dy, x, gamma, stats, args);
    }
}

/* Rows [begin, end); those of gamma and beta go to row `chunk` of the partial sums. dx goes first:
 * it reads dy and x from memory row by row, then the columns find them near. */
static void backward_rows(const rows_job *job, int64_t chunk, int64_t begin, int64_t end) {
    const neural_norm_args args = {end - begin, job->cols, job->epsilon};
    const int64_t at = begin * job->cols * job->bytes, to = chunk * job->cols * job->bytes;
    const void *stats = job->call->saved[0]->data + 2 * begin * job->bytes;
    if (job->call->grad_in[0]) {
        grad_x(job, at, stats, &args);
    }
    if (job->dgamma) {
        void *dbeta = job->dbeta ? job->dbeta + to : NULL;
        NEURAL_FLOAT_KERNEL(job->dtype, norm_param_grad, (void *)(job->dgamma + to), dbeta,
                            (const void *)(job->call->grad_out->data + at),
                            (const void *)(job->in.x->data + at), stats, &args);
    }
}

static void backward_chunks(void *context, int64_t first, int64_t last) {
    const rows_job *job = context;
    const int64_t near = 1 + NEAR_BYTES / (job->cols * job->bytes);
    for (int64_t chunk = first; chunk < last; chunk++) {
        const int64_t end = (chunk + 1) * job->chunk;
        const int64_t stop = end < job->rows ? end : job->rows;
        for (int64_t r = chunk * job->chunk; r < stop; r += near) {
            backward_rows(job, chunk, r, r + near < stop ? r + near : stop);
        }
    }
}

/* Zeroed memory for the sums of each chunk. */
static neural_status open_sums(rows_job *job, int64_t chunks) {
    neural_tensor *const *grad = job->call->grad_in;
    const int has_beta = job->call->inputs > 2 && grad[2];
    const size_t bytes = (size_t)(chunks * job->cols * job->bytes);
    if (!grad[1] && !has_beta) {
        return NEURAL_OK;
    }
    job->scratch = neural_block_create(bytes * 2);
    NEURAL_REQUIRE(job->scratch, NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", job->call->name);
    job->dgamma = neural_block_data(job->scratch);
    job->dbeta = has_beta ? job->dgamma + bytes : NULL;
    memset(job->dgamma, 0, bytes * (has_beta ? 2 : 1));
    return NEURAL_OK;
}

static void settle(const rows_job *job, int i, const char *sums, int64_t chunks) {
    neural_tensor *grad = i < job->call->inputs ? job->call->grad_in[i] : NULL;
    if (grad) {
        memset(grad->data, 0, (size_t)neural_tensor_bytes(grad));
        NEURAL_FLOAT_KERNEL(job->dtype, col_sum, (void *)grad->data, (const void *)sums, chunks,
                            job->cols);
    }
}

static neural_status backward(neural_op_call *call, int centred) {
    rows_job job;
    NEURAL_TRY(job_open(&job, call, centred));
    const int64_t even = (job.rows + CHUNKS - 1) / CHUNKS;
    job.chunk = even > LEAST_CHUNK ? even : LEAST_CHUNK;
    const int64_t chunks = (job.rows + job.chunk - 1) / job.chunk;
    const neural_status status = open_sums(&job, chunks);
    if (!status) {
        neural_parallel_for(chunks, 1, backward_chunks, &job);
        settle(&job, 1, job.dgamma, chunks);
        settle(&job, 2, job.dbeta, chunks);
    }
    job_close(&job);
    return status;
}

/* With g = dy gamma, xhat = (x - mean) rstd: dx = rstd (g - mean(g) - xhat mean(g xhat)),
 * dgamma = sum(dy xhat), dbeta = sum(dy) over the rows */
neural_status neural_layer_norm_backward(neural_op_call *call) {
    return backward(call, 1);
}

/* dx = rstd (g - xhat mean(g xhat)), xhat = x rstd */
neural_status neural_rms_norm_backward(neural_op_call *call) {
    return backward(call, 0);
}
