#include "core/tensor/linear.h"

#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/matrix.h"

enum { ELEMENTWISE_GRAIN = 1 << 14 };

static neural_status check_dtypes(const neural_op_call *call) {
    const neural_dtype x = call->in[0]->dtype, weight = call->in[1]->dtype;
    NEURAL_REQUIRE(neural_dtype_is_float(x), NEURAL_ERR_INVALID_DTYPE,
                   "linear: x is %s, want f32 or f64", neural_dtype_name(x));
    NEURAL_REQUIRE(weight == x, NEURAL_ERR_DTYPE_MISMATCH, "linear: x is %s, weight is %s",
                   neural_dtype_name(x), neural_dtype_name(weight));
    NEURAL_REQUIRE(!call->in[2] || call->in[2]->dtype == x, NEURAL_ERR_DTYPE_MISMATCH,
                   "linear: x is %s, bias is %s", neural_dtype_name(x),
                   neural_dtype_name(call->in[2]->dtype));
    return NEURAL_OK;
}

static neural_status check_bias(const neural_shape *bias, int64_t fan_out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(bias->ndim == 1 && bias->dim[0] == fan_out, NEURAL_ERR_SHAPE_MISMATCH,
                   "linear: bias is %s, weight wants [%lld]",
                   neural_shape_text(bias, text, sizeof(text)), (long long)fan_out);
    return NEURAL_OK;
}

neural_status neural_linear_infer(const neural_op_call *call, neural_shape *out) {
    const neural_shape *x = &call->in[0]->shape, *weight = &call->in[1]->shape;
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(check_dtypes(call));
    NEURAL_REQUIRE(weight->ndim == 2, NEURAL_ERR_SHAPE_MISMATCH,
                   "linear: weight is %s, want [fan_out, fan_in]",
                   neural_shape_text(weight, text, sizeof(text)));
    NEURAL_REQUIRE(x->ndim >= 1 && x->dim[x->ndim - 1] == weight->dim[1], NEURAL_ERR_SHAPE_MISMATCH,
                   "linear: x is %s, weight wants [*, %lld]",
                   neural_shape_text(x, text, sizeof(text)), (long long)weight->dim[1]);
    if (call->in[2]) {
        NEURAL_TRY(check_bias(&call->in[2]->shape, weight->dim[0]));
    }
    neural_shape shape = *x;
    shape.dim[x->ndim - 1] = weight->dim[0];
    return neural_shape_make(shape.ndim, shape.dim, out); /* the product may overflow */
}

/* The operands as matrices, and the tensors that hold them while the product runs. */
typedef struct linear_job {
    int64_t rows, fan_in, fan_out;
    neural_matrix x, weight;
    neural_tensor *held_x, *held_weight;
} linear_job;

static int64_t rows_of(const neural_shape *shape) {
    int64_t rows = 1;
    for (int i = 0; i + 1 < shape->ndim; i++) {
        rows *= shape->dim[i];
    }
    return rows;
}

static int fit_x(linear_job *job, const neural_tensor *x) {
    job->x.data = x->data;
    if (x->contiguous || x->shape.ndim > 2) {
        job->x.ld = job->fan_in > 1 ? job->fan_in : 1;
        job->x.trans = 0;
        return x->contiguous;
    }
    const int last = x->shape.ndim - 1;
    return neural_matrix_fit(&job->x, job->rows, job->fan_in, last ? x->strides[0] : 0,
                             x->strides[last]);
}

static int fit_weight(linear_job *job, const neural_tensor *weight) {
    job->weight.data = weight->data;
    return neural_matrix_fit(&job->weight, job->fan_out, job->fan_in, weight->strides[0],
                             weight->strides[1]);
}

static void job_close(linear_job *job) {
    neural_tensor_release(job->held_x);
    neural_tensor_release(job->held_weight);
}

static neural_status job_open(linear_job *job, const neural_op_call *call) {
    const neural_shape *weight = &call->in[1]->shape;
    job->rows = rows_of(&call->in[0]->shape);
    job->fan_out = weight->dim[0];
    job->fan_in = weight->dim[1];
    job->held_x = NULL;
    job->held_weight = NULL;
    neural_status status = NEURAL_OK;
    if (!fit_x(job, call->in[0])) {
        status = neural_tensor_contiguous(call->in[0], &job->held_x);
        (void)(status || fit_x(job, job->held_x));
    }
    if (!status && !fit_weight(job, call->in[1])) {
        status = neural_tensor_contiguous(call->in[1], &job->held_weight);
        (void)(status || fit_weight(job, job->held_weight));
    }
    if (status) {
        job_close(job);
    }
    return status;
}

static int64_t ld_of(int64_t cols) {
    return cols > 1 ? cols : 1;
}

/* y[i][j] = act(sum_k x[i][k] W[j][k] + b[j]) */
neural_status neural_linear_forward(neural_op_call *call) {
    linear_job job;
    neural_tensor *bias = NULL;
    NEURAL_TRY(job_open(&job, call));
    if (call->in[2]) {
        const neural_status status = neural_tensor_contiguous(call->in[2], &bias);
        if (status) {
            job_close(&job);
            return status;
        }
    }
    const neural_gemm_args args = {
        .trans_a = job.x.trans,
        .trans_b = !job.weight.trans,
        .m = job.rows,
        .n = job.fan_out,
        .k = job.fan_in,
        .alpha = 1,
        .a = job.x.data,
        .lda = job.x.ld,
        .b = job.weight.data,
        .ldb = job.weight.ld,
        .c = call->out->data,
        .ldc = ld_of(job.fan_out),
        .bias_kind = bias ? NEURAL_GEMM_BIAS_PER_COLUMN : NEURAL_GEMM_BIAS_NONE,
        .bias = bias ? bias->data : NULL,
        .activation =
            call->attrs.integer[0] ? NEURAL_GEMM_ACTIVATION_RELU : NEURAL_GEMM_ACTIVATION_NONE,
    };
    const neural_status status = neural_gemm_of(call->out->dtype, &args);
    neural_tensor_release(bias);
    job_close(&job);
    return status;
}

typedef struct relu_job {
    const neural_op_call *call;
    void *dz;
} relu_job;

static void relu_range(void *context, int64_t begin, int64_t end) {
    const relu_job *job = context;
    const neural_kernel_table *kernels = neural_kernels();
    const neural_tensor *dy = job->call->grad_out, *y = job->call->out;
    if (y->dtype == NEURAL_DTYPE_F32) {
        kernels->relu_grad_f32((float *)job->dz + begin, neural_tensor_f32(dy) + begin,
                               neural_tensor_f32(y) + begin, end - begin);
    } else {
        kernels->relu_grad_f64((double *)job->dz + begin, neural_tensor_f64(dy) + begin,
                               neural_tensor_f64(y) + begin, end - begin);
    }
}

/* dx = dz W */
static neural_status grad_x(const neural_op_call *call, const linear_job *job, const void *dz) {
    const neural_gemm_args args = {
        .trans_b = job->weight.trans,
        .m = job->rows,
        .n = job->fan_in,
        .k = job->fan_out,
        .alpha = 1,
        .a = dz,
        .lda = ld_of(job->fan_out),
        .b = job->weight.data,
        .ldb = job->weight.ld,
        .beta = call->accumulate[0],
        .c = call->grad_in[0]->data,
        .ldc = ld_of(job->fan_in),
    };
    return neural_gemm_of(call->out->dtype, &args);
}

/* dW = dz^T x */
static neural_status grad_weight(const neural_op_call *call, const linear_job *job,
                                 const void *dz) {
    const neural_gemm_args args = {
        .trans_a = 1,
        .trans_b = job->x.trans,
        .m = job->fan_out,
        .n = job->fan_in,
        .k = job->rows,
        .alpha = 1,
        .a = dz,
        .lda = ld_of(job->fan_out),
        .b = job->x.data,
        .ldb = job->x.ld,
        .beta = call->accumulate[1],
        .c = call->grad_in[1]->data,
        .ldc = ld_of(job->fan_in),
    };
    return neural_gemm_of(call->out->dtype, &args);
}

/* db[j] = sum_i dz[i][j] */
static void grad_bias(const neural_op_call *call, const linear_job *job, const void *dz) {
    const neural_kernel_table *kernels = neural_kernels();
    neural_tensor *db = call->grad_in[2];
    if (!call->accumulate[2]) {
        memset(db->data, 0, (size_t)neural_tensor_bytes(db));
    }
    if (db->dtype == NEURAL_DTYPE_F32) {
        kernels->col_sum_f32(neural_tensor_f32(db), dz, job->rows, job->fan_out);
    } else {
        kernels->col_sum_f64(neural_tensor_f64(db), dz, job->rows, job->fan_out);
    }
}

static neural_status linear_grads(const neural_op_call *call, const void *dz) {
    linear_job job;
    NEURAL_TRY(job_open(&job, call));
    neural_status status = NEURAL_OK;
    if (call->grad_in[0]) {
        status = grad_x(call, &job, dz);
    }
    if (!status && call->grad_in[1]) {
        status = grad_weight(call, &job, dz);
    }
    if (!status && call->grad_in[2]) {
        grad_bias(call, &job, dz);
    }
    job_close(&job);
    return status;
}

/* dz = dy, or with relu dy where y > 0 and 0 elsewhere. */
neural_status neural_linear_backward(neural_op_call *call) {
    if (!call->attrs.integer[0]) {
        return linear_grads(call, call->grad_out->data);
    }
    neural_block *scratch = neural_block_create((size_t)neural_tensor_bytes(call->out));
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "linear: out of memory");
    relu_job job = {call, neural_block_data(scratch)};
    neural_parallel_for(call->out->len, ELEMENTWISE_GRAIN, relu_range, &job);
    const neural_status status = linear_grads(call, job.dz);
    neural_block_release(scratch);
    return status;
}
