#include "core/tensor/embedding.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

/* Elements of a part of the lookup, and elements to be added from which the table is divided. */
enum { GRAIN = 1 << 14, MAX_PARTS = 8 };

neural_status neural_embedding_infer(const neural_op_call *call, neural_shape *out) {
    const neural_tensor *weight = call->in[0], *index = call->in[1];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(weight->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: weight is %s, want f32 or f64", call->name,
                   neural_dtype_name(weight->dtype));
    NEURAL_REQUIRE(weight->shape.ndim == 2, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: weight is %s, want [V, D]", call->name,
                   neural_shape_text(&weight->shape, text, sizeof(text)));
    NEURAL_REQUIRE(index->dtype != NEURAL_DTYPE_BOOL && index->dtype != NEURAL_DTYPE_BF16,
                   NEURAL_ERR_INVALID_DTYPE, "%s: index is %s, want integers, f32 or f64",
                   call->name, neural_dtype_name(index->dtype));
    NEURAL_REQUIRE(index->shape.ndim < NEURAL_MAX_DIMS, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: index is %s, there is no room for another dimension", call->name,
                   neural_shape_text(&index->shape, text, sizeof(text)));
    const int64_t rows = weight->shape.dim[0], padding = call->attrs.integer[0];
    NEURAL_REQUIRE(padding >= -1 && padding < rows, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the padding index is %" PRId64 ", the table has %" PRId64 " rows",
                   call->name, padding, rows);
    *out = index->shape;
    out->dim[out->ndim++] = weight->shape.dim[1];
    return NEURAL_OK;
}

/* "[3, 1]": element i of a tensor of this shape. */
static void position_text(const neural_shape *shape, int64_t i, char text[NEURAL_SHAPE_TEXT]) {
    neural_shape position = *shape;
    for (int d = shape->ndim - 1; d >= 0; d--) {
        position.dim[d] = i % shape->dim[d];
        i /= shape->dim[d];
    }
    neural_shape_text(&position, text, NEURAL_SHAPE_TEXT);
}

static neural_status refuse(const neural_op_call *call, int64_t i, double value) {
    char text[NEURAL_SHAPE_TEXT];
    position_text(&call->in[1]->shape, i, text);
    if (value != floor(value)) { /* NaN, too */
        return neural_error(isnan(value) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INVALID_ARGUMENT,
                            "%s: the index at %s is %.17g, want a whole number", call->name, text,
                            value);
    }
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT,
                        "%s: the index at %s is %.17g, the table has %" PRId64 " rows", call->name,
                        text, value, call->in[0]->shape.dim[0]);
}

/* Whether all indices name rows; names the first that does not. */
static neural_status check_integers(const neural_op_call *call, const neural_tensor *index) {
    const int64_t *value = (const int64_t *)(const void *)index->data;
    const uint64_t rows = (uint64_t)call->in[0]->shape.dim[0];
    for (int64_t i = 0; i < index->len; i++) {
        if ((uint64_t)value[i] >= rows) {
            return refuse(call, i, (double)value[i]);
        }
    }
    return NEURAL_OK;
}

static neural_status check_floats(const neural_op_call *call, const neural_tensor *index) {
    const double rows = (double)call->in[0]->shape.dim[0];
    const int is_f32 = index->dtype == NEURAL_DTYPE_F32;
    for (int64_t i = 0; i < index->len; i++) {
        const double value =
            is_f32 ? (double)neural_tensor_f32(index)[i] : neural_tensor_f64(index)[i];
        if (!(value >= 0 && value < rows) || value != (double)(int64_t)value) {
            return refuse(call, i, value);
        }
    }
    return NEURAL_OK;
}

/* *out: the indices as i64, all of which name rows. */
static neural_status read_index(const neural_op_call *call, neural_tensor **out) {
    neural_tensor *index = call->in[1], *packed = NULL;
    if (neural_dtype_is_float(index->dtype)) {
        NEURAL_TRY(neural_tensor_contiguous(index, &packed));
        neural_status status = check_floats(call, packed);
        if (!status) {
            status = neural_tensor_cast(packed, NEURAL_DTYPE_I64, out);
        }
        neural_tensor_release(packed);
        return status;
    }
    NEURAL_TRY(neural_tensor_cast(index, NEURAL_DTYPE_I64, &packed));
    const neural_status status = check_integers(call, packed);
    if (status) {
        neural_tensor_release(packed);
        return status;
    }
    *out = packed;
    return NEURAL_OK;
}

typedef struct embedding_job {
    neural_tensor *dst;
    const neural_tensor *src;
    const int64_t *index;
    int64_t len, cols, padding;
} embedding_job;

static void gather_range(void *context, int64_t begin, int64_t end) {
    const embedding_job *job = context;
    const int64_t at = begin * job->cols;
    if (job->dst->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->gather_rows_f32(neural_tensor_f32(job->dst) + at,
                                          neural_tensor_f32(job->src), job->index + begin,
                                          end - begin, job->cols);
    } else {
        neural_kernels()->gather_rows_f64(neural_tensor_f64(job->dst) + at,
                                          neural_tensor_f64(job->src), job->index + begin,
                                          end - begin, job->cols);
    }
}

/* y[...] = weight[index[...]] */
neural_status neural_embedding_forward(neural_op_call *call) {
    neural_tensor *weight = NULL;
    NEURAL_TRY(read_index(call, &call->saved[0]));
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &weight));
    const int64_t cols = weight->shape.dim[1];
    embedding_job job = {.dst = call->out,
                         .src = weight,
                         .index = (const int64_t *)(const void *)call->saved[0]->data,
                         .cols = cols};
    neural_parallel_for(call->saved[0]->len, cols < GRAIN ? GRAIN / (cols + 1) + 1 : 1,
                        gather_range, &job);
    neural_tensor_release(weight);
    return NEURAL_OK;
}

static void scatter(const embedding_job *job, int64_t begin, int64_t end) {
    const int64_t at = begin * job->cols;
    if (job->dst->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->scatter_add_f32(neural_tensor_f32(job->dst),
                                          neural_tensor_f32(job->src) + at, job->index + begin,
                                          end - begin, job->cols);
    } else {
        neural_kernels()->scatter_add_f64(neural_tensor_f64(job->dst),
                                          neural_tensor_f64(job->src) + at, job->index + begin,
                                          end - begin, job->cols);
    }
}

/* Adds to the rows [begin, end) of the table: runs of positions that name one of them, in order. */
static void scatter_range(void *context, int64_t begin, int64_t end) {
    const embedding_job *job = context;
    int64_t first = 0;
    for (int64_t i = 0; i < job->len; i++) {
        const int64_t row = job->index[i];
        if (row < begin || row >= end || row == job->padding) {
            if (first < i) {
                scatter(job, first, i);
            }
            first = i + 1;
        }
    }
    if (first < job->len) {
        scatter(job, first, job->len);
    }
}

/* dweight[v] = the sum of dy over the positions where index is v, in increasing position. Parts of
 * the table are filled at once, each from all positions: the order stays. */
neural_status neural_embedding_backward(neural_op_call *call) {
    neural_tensor *dweight = call->grad_in[0];
    NEURAL_REQUIRE(!call->grad_in[1], NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the index cannot have a gradient", call->name);
    if (!dweight) {
        return NEURAL_OK;
    }
    if (!call->accumulate[0]) {
        memset(dweight->data, 0, (size_t)neural_tensor_bytes(dweight));
    }
    const int64_t rows = dweight->shape.dim[0], cols = dweight->shape.dim[1];
    embedding_job job = {.dst = dweight,
                         .src = call->grad_out,
                         .index = (const int64_t *)(const void *)call->saved[0]->data,
                         .len = call->saved[0]->len,
                         .cols = cols,
                         .padding = call->attrs.integer[0]};
    const int64_t parts = call->grad_out->len < GRAIN ? 1 : MAX_PARTS;
    neural_parallel_for(rows, rows / parts + 1, scatter_range, &job);
    return NEURAL_OK;
}
