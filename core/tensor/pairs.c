#include "core/tensor/pairs.h"

#include "core/tensor/convert.h"
#include "core/tensor/walk.h"

enum { DST = 0, LHS = 1, RHS = 2, OPERANDS = 3 };

typedef struct job {
    const neural_tensor *operand[OPERANDS];
    int64_t stride[OPERANDS]; /* within a row */
    neural_dtype wide;
    neural_pairs_function function;
    void *context;
} job;

static char *element(const neural_tensor *tensor, int64_t offset) {
    return (char *)tensor->data + offset * neural_dtype_bytes(tensor->dtype);
}

static void load(const job *row, int operand, neural_wide *to, int64_t offset, int64_t len) {
    const neural_tensor *from = row->operand[operand];
    neural_convert(to, row->wide, 1, element(from, offset), from->dtype, row->stride[operand], len);
}

static void run_row(const job *row, const int64_t *offset, int64_t cols) {
    neural_wide lhs, rhs;
    for (int64_t done = 0; done < cols; done += NEURAL_PAIRS_CHUNK) {
        const int64_t len = cols - done < NEURAL_PAIRS_CHUNK ? cols - done : NEURAL_PAIRS_CHUNK;
        const int64_t stride = row->stride[DST];
        load(row, LHS, &lhs, offset[LHS] + done * row->stride[LHS], len);
        load(row, RHS, &rhs, offset[RHS] + done * row->stride[RHS], len);
        row->function(row->context, element(row->operand[DST], offset[DST] + done * stride), stride,
                      &lhs, &rhs, len);
    }
}

void neural_pairs_run(neural_tensor *dst, const neural_tensor *lhs, const neural_tensor *rhs,
                      neural_dtype wide, neural_pairs_function function, void *context) {
    int64_t lhs_strides[NEURAL_MAX_DIMS], rhs_strides[NEURAL_MAX_DIMS];
    job work = {{dst, lhs, rhs}, {0}, wide, function, context};
    neural_walk walk;
    neural_walk_cursor cursor;
    if (dst->len == 0) {
        return;
    }
    neural_broadcast_strides(lhs, &dst->shape, lhs_strides);
    neural_broadcast_strides(rhs, &dst->shape, rhs_strides);
    neural_walk_make(&walk, &dst->shape, OPERANDS,
                     (const int64_t *[]){dst->strides, lhs_strides, rhs_strides});
    for (int i = 0; i < OPERANDS; i++) {
        work.stride[i] = walk.col_stride[i];
    }
    neural_walk_seek(&walk, &cursor, 0);
    for (int64_t row = 0; row < walk.rows; row++) {
        run_row(&work, cursor.offset, walk.cols);
        neural_walk_next(&walk, &cursor);
    }
}

int neural_pairs_is_whole(const neural_tensor *tensor) {
    return !neural_dtype_is_float(tensor->dtype) && tensor->dtype != NEURAL_DTYPE_BF16;
}
