#include "core/tensor/matmul.h"

#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm_batch.h"
#include "core/tensor/matrix.h"
#include "core/tensor/walk.h"

/* One operand: its matrices, and where each of them starts. */
typedef struct batched {
    neural_matrix matrix;
    int64_t batch_stride[NEURAL_MAX_DIMS]; /* elements; 0 where the operand is stretched */
    neural_tensor *held;
} batched;

/* c[b] = beta c[b] + a[b] b[b], for all b of the batch shape. */
typedef struct product {
    neural_dtype dtype;
    int64_t m, n, k;
    neural_shape batch; /* leading dimensions of the result */
    batched a, b, c;
    double beta;
    int64_t term; /* which of the products that are added into one c */
} product;

static int64_t dim_at(const neural_shape *shape, int from_end) {
    return from_end <= shape->ndim ? shape->dim[shape->ndim - from_end] : 1;
}

static neural_shape batch_of(const neural_shape *shape) {
    neural_shape batch = *shape;
    batch.ndim = shape->ndim > 2 ? shape->ndim - 2 : 0;
    return batch;
}

static neural_status check(const neural_op_call *call) {
    const neural_tensor *lhs = call->in[0], *rhs = call->in[1];
    const neural_shape *ls = &lhs->shape, *rs = &rhs->shape;
    char left[NEURAL_SHAPE_TEXT], right[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(lhs->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "matmul: lhs is %s, want f32 or f64", neural_dtype_name(lhs->dtype));
    NEURAL_REQUIRE(lhs->dtype == rhs->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "matmul: lhs is %s, rhs is %s", neural_dtype_name(lhs->dtype),
                   neural_dtype_name(rhs->dtype));
    NEURAL_REQUIRE(
        ls->ndim > 0 && rs->ndim > 0 && dim_at(ls, 1) == dim_at(rs, rs->ndim > 1 ? 2 : 1),
        NEURAL_ERR_SHAPE_MISMATCH, "matmul: lhs is %s, rhs is %s, want [.., m, k] and [.., k, n]",
        neural_shape_text(ls, left, sizeof(left)), neural_shape_text(rs, right, sizeof(right)));
    return NEURAL_OK;
}

neural_status neural_matmul_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check(call));
    const neural_shape *lhs = &call->in[0]->shape, *rhs = &call->in[1]->shape;
    const neural_shape left = batch_of(lhs), right = batch_of(rhs);
    neural_shape shape;
    NEURAL_TRY(neural_shape_broadcast("matmul", &left, &right, &shape));
    if (lhs->ndim > 1) {
        shape.dim[shape.ndim++] = dim_at(lhs, 2);
    }
    if (rhs->ndim > 1) {
        shape.dim[shape.ndim++] = dim_at(rhs, 1);
    }
    return neural_shape_make(shape.ndim, shape.dim, out); /* the product may overflow */
}

/* The strides of a [rows, cols] matrix at the end of tensor; a 1-dim rhs is a column. */
static int fit(batched *operand, const neural_tensor *tensor, int is_rhs) {
    const int ndim = tensor->shape.ndim;
    const int64_t last = tensor->strides[ndim - 1], len = tensor->shape.dim[ndim - 1];
    operand->matrix.data = tensor->data;
    if (ndim > 1) {
        return neural_matrix_fit(&operand->matrix, tensor->shape.dim[ndim - 2], len,
                                 tensor->strides[ndim - 2], last);
    }
    return is_rhs ? neural_matrix_fit(&operand->matrix, len, 1, last, 1)
                  : neural_matrix_fit(&operand->matrix, 1, len, 1, last);
}

static void set_batch_strides(batched *operand, const neural_tensor *tensor,
                              const neural_shape *batch) {
    if (batch->ndim == 0) {
        return;
    }
    neural_tensor leading = {.shape = batch_of(&tensor->shape)};
    for (int i = 0; i < leading.shape.ndim; i++) {
        leading.strides[i] = tensor->strides[i];
    }
    neural_broadcast_strides(&leading, batch, operand->batch_stride);
}

/* Prepares in[i] as an operand; strides that GEMM cannot take are straightened by a copy. */
static neural_status open_operand(batched *operand, neural_tensor *tensor, int is_rhs,
                                  const neural_shape *batch) {
    operand->held = NULL;
    if (!fit(operand, tensor, is_rhs)) {
        NEURAL_TRY(neural_tensor_contiguous(tensor, &operand->held));
        tensor = operand->held;
        fit(operand, tensor, is_rhs);
    }
    set_batch_strides(operand, tensor, batch);
    return NEURAL_OK;
}

/* Contiguous [rows, cols] matrices, as many as `leading` says, as an operand. */
static void open_dense(batched *operand, const char *data, const neural_shape *leading,
                       int64_t rows, int64_t cols, const neural_shape *batch) {
    operand->held = NULL;
    operand->matrix.data = data;
    neural_matrix_fit(&operand->matrix, rows, cols, cols, 1);
    if (batch->ndim == 0) {
        return;
    }
    neural_tensor matrices = {.shape = *leading};
    int64_t step = rows * cols;
    for (int i = leading->ndim - 1; i >= 0; i--) {
        matrices.strides[i] = step;
        step *= leading->dim[i];
    }
    neural_broadcast_strides(&matrices, batch, operand->batch_stride);
}

/* Products along this dimension are added into one c. */
static int is_summed(const product *p, int dim) {
    return p->c.batch_stride[dim] == 0 && p->batch.dim[dim] > 1;
}

/* Product `index` of those that have the same term. */
static void locate(const void *context, int64_t index, neural_gemm_place *place) {
    const product *p = context;
    const int64_t size = p->dtype == NEURAL_DTYPE_F32 ? 4 : 8;
    int64_t term = p->term, a = 0, b = 0, c = 0;
    for (int i = p->batch.ndim - 1; i >= 0; i--) {
        int64_t *rest = is_summed(p, i) ? &term : &index;
        const int64_t at = *rest % p->batch.dim[i];
        *rest /= p->batch.dim[i];
        a += at * p->a.batch_stride[i];
        b += at * p->b.batch_stride[i];
        c += at * p->c.batch_stride[i];
    }
    place->a = p->a.matrix.data + a * size;
    place->b = p->b.matrix.data + b * size;
    place->c = (char *)p->c.matrix.data + c * size;
}

/* The dimensions of one operand's batch collapse into rows when all of it is one row-major matrix
 * and the other operand has a single one: [b, m, k] x [k, n] is [b m, k] x [k, n]. */
static int is_one_matrix(const batched *operand, const neural_shape *batch, int64_t rows) {
    int64_t step = rows * operand->matrix.ld;
    if (operand->matrix.trans) {
        return 0;
    }
    for (int i = batch->ndim - 1; i >= 0; i--) {
        if (batch->dim[i] != 1 && operand->batch_stride[i] != step) {
            return 0;
        }
        step *= batch->dim[i];
    }
    return 1;
}

static int is_single(const batched *operand, const neural_shape *batch) {
    for (int i = 0; i < batch->ndim; i++) {
        if (operand->batch_stride[i] != 0 && batch->dim[i] > 1) {
            return 0;
        }
    }
    return 1;
}

static void unite(product *p) {
    const int64_t batches = neural_shape_len(&p->batch);
    if (batches > 1 && is_single(&p->b, &p->batch) && is_one_matrix(&p->a, &p->batch, p->m) &&
        is_one_matrix(&p->c, &p->batch, p->m)) {
        p->m *= batches;
        p->batch.ndim = 0;
    } else if (batches > 1 && is_single(&p->c, &p->batch) && p->a.matrix.trans &&
               is_one_matrix(&p->b, &p->batch, p->k)) {
        batched rows = p->a; /* a is [k, m] in memory */
        rows.matrix.trans = 0;
        if (is_one_matrix(&rows, &p->batch, p->k)) {
            p->k *= batches;
            p->batch.ndim = 0;
        }
    }
}

/* Runs all products. Those that go to one c are terms, added in increasing order. */
static neural_status run(product *p, neural_tensor *c) {
    if (neural_tensor_bytes(c) == 0) {
        return NEURAL_OK;
    }
    unite(p);
    int64_t batches = 1, terms = 1;
    for (int i = 0; i < p->batch.ndim; i++) {
        *(is_summed(p, i) ? &terms : &batches) *= p->batch.dim[i];
    }
    if (batches == 0) {
        if (p->beta == 0) {
            memset(c->data, 0, (size_t)neural_tensor_bytes(c));
        }
        return NEURAL_OK;
    }
    neural_gemm_args args = {.trans_a = p->a.matrix.trans,
                             .trans_b = p->b.matrix.trans,
                             .m = p->m,
                             .n = p->n,
                             .k = p->k,
                             .alpha = 1,
                             .lda = p->a.matrix.ld,
                             .ldb = p->b.matrix.ld,
                             .ldc = p->c.matrix.ld};
    for (p->term = 0; p->term < terms; p->term++) {
        args.beta = p->term ? 1 : p->beta;
        NEURAL_TRY(p->dtype == NEURAL_DTYPE_F32
                       ? neural_gemm_located_f32(neural_kernels(), &args, batches, locate, p)
                       : neural_gemm_located_f64(neural_kernels(), &args, batches, locate, p));
    }
    return NEURAL_OK;
}

/* The sizes of a call: out[b] is [m, n], from [m, k] and [k, n]. */
typedef struct sizes {
    int64_t m, n, k;
    neural_shape batch;
} sizes;

static sizes sizes_of(const neural_op_call *call) {
    const neural_shape *lhs = &call->in[0]->shape, *rhs = &call->in[1]->shape;
    sizes s = {dim_at(lhs, 2), rhs->ndim > 1 ? dim_at(rhs, 1) : 1, dim_at(lhs, 1),
               call->out->shape};
    s.batch.ndim -= (lhs->ndim > 1) + (rhs->ndim > 1);
    return s;
}

/* out or its gradient: [m, n] per batch, also where out drops a size of 1. */
static void open_result(batched *operand, const neural_tensor *tensor, const sizes *s) {
    open_dense(operand, tensor->data, &s->batch, s->m, s->n, &s->batch);
}

/* c[b] = a[b] b[b] */
neural_status neural_matmul_forward(neural_op_call *call) {
    const sizes s = sizes_of(call);
    product p = {.dtype = call->out->dtype, .m = s.m, .n = s.n, .k = s.k, .batch = s.batch};
    neural_status status = open_operand(&p.a, call->in[0], 0, &s.batch);
    if (!status) {
        status = open_operand(&p.b, call->in[1], 1, &s.batch);
    }
    if (!status) {
        open_result(&p.c, call->out, &s);
        status = run(&p, call->out);
    }
    neural_tensor_release(p.a.held);
    neural_tensor_release(p.b.held);
    return status;
}

/* da[b] = dc[b] b[b]^T, summed over stretched dimensions */
static neural_status grad_lhs(const neural_op_call *call, const sizes *s) {
    product p = {.dtype = call->out->dtype,
                 .m = s->m,
                 .n = s->k,
                 .k = s->n,
                 .batch = s->batch,
                 .beta = call->accumulate[0]};
    open_result(&p.a, call->grad_out, s);
    NEURAL_TRY(open_operand(&p.b, call->in[1], 1, &s->batch));
    p.b.matrix.trans = !p.b.matrix.trans;
    const neural_shape leading = batch_of(&call->in[0]->shape);
    open_dense(&p.c, call->grad_in[0]->data, &leading, s->m, s->k, &s->batch);
    const neural_status status = run(&p, call->grad_in[0]);
    neural_tensor_release(p.b.held);
    return status;
}

/* db[b] = a[b]^T dc[b], summed over stretched dimensions */
static neural_status grad_rhs(const neural_op_call *call, const sizes *s) {
    product p = {.dtype = call->out->dtype,
                 .m = s->k,
                 .n = s->n,
                 .k = s->m,
                 .batch = s->batch,
                 .beta = call->accumulate[1]};
    NEURAL_TRY(open_operand(&p.a, call->in[0], 0, &s->batch));
    p.a.matrix.trans = !p.a.matrix.trans;
    open_result(&p.b, call->grad_out, s);
    const neural_shape leading = batch_of(&call->in[1]->shape);
    open_dense(&p.c, call->grad_in[1]->data, &leading, s->k, s->n, &s->batch);
    const neural_status status = run(&p, call->grad_in[1]);
    neural_tensor_release(p.a.held);
    return status;
}

neural_status neural_matmul_backward(neural_op_call *call) {
    const sizes s = sizes_of(call);
    if (call->grad_in[0]) {
        NEURAL_TRY(grad_lhs(call, &s));
    }
    return call->grad_in[1] ? grad_rhs(call, &s) : NEURAL_OK;
}
