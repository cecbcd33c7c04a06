#include "core/tensor/softmax.h"

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

enum { GRAIN = 1 << 13 }; /* elements that one thread should have at least */

/* One pass over rows: forward reads src; backward reads dy (src) and y. */
typedef struct rows_job {
    neural_dtype dtype;
    int logarithm;
    char *dst;
    const char *src, *y;
    int64_t cols;
} rows_job;

static void rows_f32(const rows_job *job, int64_t begin, int64_t rows) {
    const neural_kernel_table *k = neural_kernels();
    float *dst = (float *)(void *)job->dst + begin * job->cols;
    const float *src = (const float *)(const void *)job->src + begin * job->cols;
    if (job->y) {
        const float *y = (const float *)(const void *)job->y + begin * job->cols;
        (job->logarithm ? k->log_softmax_grad_f32 : k->softmax_grad_f32)(dst, src, y, rows,
                                                                         job->cols);
    } else {
        (job->logarithm ? k->log_softmax_f32 : k->softmax_f32)(dst, src, rows, job->cols);
    }
}

static void rows_f64(const rows_job *job, int64_t begin, int64_t rows) {
    const neural_kernel_table *k = neural_kernels();
    double *dst = (double *)(void *)job->dst + begin * job->cols;
    const double *src = (const double *)(const void *)job->src + begin * job->cols;
    if (job->y) {
        const double *y = (const double *)(const void *)job->y + begin * job->cols;
        (job->logarithm ? k->log_softmax_grad_f64 : k->softmax_grad_f64)(dst, src, y, rows,
                                                                         job->cols);
    } else {
        (job->logarithm ? k->log_softmax_f64 : k->softmax_f64)(dst, src, rows, job->cols);
    }
}

static void rows_range(void *context, int64_t begin, int64_t end) {
    const rows_job *job = context;
    (job->dtype == NEURAL_DTYPE_F32 ? rows_f32 : rows_f64)(job, begin, end - begin);
}

static void run_rows(rows_job *job, int64_t rows) {
    neural_parallel_for(rows, 1 + GRAIN / (job->cols + 1), rows_range, job);
}

void neural_log_softmax_rows(neural_dtype dtype, void *dst, const void *src, int64_t rows,
                             int64_t cols) {
    rows_job job = {dtype, 1, dst, src, NULL, cols};
    run_rows(&job, rows);
}

static neural_status axis_of(const neural_op_call *call, int *axis) {
    const int64_t asked = call->attrs.integer[0];
    const int ndim = call->in[0]->shape.ndim;
    const int64_t dims = ndim ? ndim : 1; /* a 0-dim tensor has one row of one element */
    NEURAL_REQUIRE(asked >= -dims && asked < dims, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: axis %lld is outside [%lld, %lld)", call->name, (long long)asked,
                   (long long)-dims, (long long)dims);
    *axis = (int)(asked < 0 ? asked + dims : asked);
    return NEURAL_OK;
}

/* A contiguous tensor with the axis moved to the end (swapped with the last one). */
static neural_status to_rows(neural_tensor *tensor, int axis, neural_tensor **out) {
    neural_tensor *view = NULL;
    int order[NEURAL_MAX_DIMS];
    const int last = tensor->shape.ndim - 1;
    if (axis >= last) {
        return neural_tensor_contiguous(tensor, out);
    }
    for (int i = 0; i <= last; i++) {
        order[i] = i == axis ? last : i == last ? axis : i;
    }
    NEURAL_TRY(neural_tensor_permute(tensor, order, &view));
    const neural_status status = neural_tensor_contiguous(view, out);
    neural_tensor_release(view);
    return status;
}

/* dst (contiguous) := rows, whose axis lies at the end. */
static neural_status from_rows(neural_tensor *dst, neural_tensor *rows, int axis) {
    neural_tensor *view = NULL;
    int order[NEURAL_MAX_DIMS];
    const int last = dst->shape.ndim - 1;
    for (int i = 0; i <= last; i++) {
        order[i] = i == axis ? last : i == last ? axis : i;
    }
    NEURAL_TRY(neural_tensor_permute(rows, order, &view));
    const neural_status status = neural_tensor_copy(dst, view);
    neural_tensor_release(view);
    return status;
}

/* dst := f(src [, y]) along axis; dst is contiguous. */
static neural_status along_axis(neural_tensor *dst, neural_tensor *src, neural_tensor *y, int axis,
                                int logarithm) {
    neural_tensor *src_rows = NULL, *y_rows = NULL, *dst_rows = NULL;
    const int inner = axis >= dst->shape.ndim - 1;
    neural_status status = to_rows(src, axis, &src_rows);
    if (!status && y) {
        status = to_rows(y, axis, &y_rows);
    }
    if (!status && !inner) {
        status = neural_tensor_like_shape(&src_rows->shape, dst->dtype, &dst_rows);
    }
    if (!status) {
        neural_tensor *target = inner ? dst : dst_rows;
        const int64_t cols = dst->shape.ndim ? dst->shape.dim[axis] : 1;
        rows_job job = {
            dst->dtype, logarithm, target->data, src_rows->data, y ? y_rows->data : NULL, cols};
        run_rows(&job, cols ? dst->len / cols : 0);
        status = inner ? NEURAL_OK : from_rows(dst, dst_rows, axis);
    }
    neural_tensor_release(src_rows);
    neural_tensor_release(y_rows);
    neural_tensor_release(dst_rows);
    return status;
}

static neural_status forward(neural_op_call *call, int logarithm) {
    int axis = 0;
    NEURAL_TRY(axis_of(call, &axis));
    return along_axis(call->out, call->in[0], NULL, axis, logarithm);
}

static neural_status backward(neural_op_call *call, int logarithm) {
    int axis = 0;
    NEURAL_TRY(axis_of(call, &axis));
    return along_axis(call->grad_in[0], call->grad_out, call->out, axis, logarithm);
}

/* y = e^(x - max) / sum e^(x - max) */
neural_status neural_softmax_forward(neural_op_call *call) {
    return forward(call, 0);
}

/* dx = y * (dy - sum(dy * y)) */
neural_status neural_softmax_backward(neural_op_call *call) {
    return backward(call, 0);
}

/* y = x - max - log(sum e^(x - max)) */
neural_status neural_log_softmax_forward(neural_op_call *call) {
    return forward(call, 1);
}

/* dx = dy - e^y * sum(dy) */
neural_status neural_log_softmax_backward(neural_op_call *call) {
    return backward(call, 1);
}
