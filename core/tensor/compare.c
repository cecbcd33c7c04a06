/* Rows are compared in pieces of CHUNK elements, converted to one wide type first. */
#include "core/tensor/compare.h"

#include "core/tensor/convert.h"
#include "core/tensor/walk.h"

enum { CHUNK = 256, DST = 0, LHS = 1, RHS = 2, OPERANDS = 3 };

typedef union numbers {
    double real[CHUNK];
    int64_t whole[CHUNK];
} numbers;

#define COMPARE(member, relation)                                                                  \
    for (int64_t i = 0; i < len; i++) {                                                            \
        dst[i * stride] = lhs->member[i] relation rhs->member[i];                                  \
    }                                                                                              \
    break
#define COMPARE_CHUNK(member)                                                                      \
    static void compare_##member(uint8_t *dst, int64_t stride, const numbers *lhs,                 \
                                 const numbers *rhs, int64_t len, neural_comparison comparison) {  \
        switch (comparison) {                                                                      \
        case NEURAL_EQUAL:                                                                         \
            COMPARE(member, ==);                                                                   \
        case NEURAL_NOT_EQUAL:                                                                     \
            COMPARE(member, !=);                                                                   \
        case NEURAL_LESS:                                                                          \
            COMPARE(member, <);                                                                    \
        case NEURAL_LESS_EQUAL:                                                                    \
            COMPARE(member, <=);                                                                   \
        case NEURAL_GREATER:                                                                       \
            COMPARE(member, >);                                                                    \
        case NEURAL_GREATER_EQUAL:                                                                 \
            COMPARE(member, >=);                                                                   \
        }                                                                                          \
    }
COMPARE_CHUNK(real)
COMPARE_CHUNK(whole)

typedef struct job {
    const neural_tensor *operand[OPERANDS];
    int64_t stride[OPERANDS]; /* within a row */
    neural_comparison comparison;
    neural_dtype wide; /* i64 or f64 */
} job;

static const char *element(const neural_tensor *tensor, int64_t offset) {
    return tensor->data + offset * neural_dtype_bytes(tensor->dtype);
}

static void load(const job *row, int operand, numbers *to, int64_t offset, int64_t len) {
    const neural_tensor *from = row->operand[operand];
    neural_convert(to, row->wide, 1, element(from, offset), from->dtype, row->stride[operand], len);
}

static void compare_row(const job *row, const int64_t *offset, int64_t cols) {
    numbers lhs, rhs;
    for (int64_t done = 0; done < cols; done += CHUNK) {
        const int64_t len = cols - done < CHUNK ? cols - done : CHUNK;
        const int64_t stride = row->stride[DST];
        uint8_t *dst = (uint8_t *)row->operand[DST]->data + offset[DST] + done * stride;
        load(row, LHS, &lhs, offset[LHS] + done * row->stride[LHS], len);
        load(row, RHS, &rhs, offset[RHS] + done * row->stride[RHS], len);
        if (row->wide == NEURAL_DTYPE_F64) {
            compare_real(dst, stride, &lhs, &rhs, len, row->comparison);
        } else {
            compare_whole(dst, stride, &lhs, &rhs, len, row->comparison);
        }
    }
}

static void compare(job *work) {
    int64_t lhs[NEURAL_MAX_DIMS], rhs[NEURAL_MAX_DIMS];
    const neural_tensor *dst = work->operand[DST];
    neural_walk walk;
    neural_walk_cursor cursor;
    neural_broadcast_strides(work->operand[LHS], &dst->shape, lhs);
    neural_broadcast_strides(work->operand[RHS], &dst->shape, rhs);
    neural_walk_make(&walk, &dst->shape, OPERANDS, (const int64_t *[]){dst->strides, lhs, rhs});
    for (int i = 0; i < OPERANDS; i++) {
        work->stride[i] = walk.col_stride[i];
    }
    neural_walk_seek(&walk, &cursor, 0);
    for (int64_t row = 0; row < walk.rows; row++) {
        compare_row(work, cursor.offset, walk.cols);
        neural_walk_next(&walk, &cursor);
    }
}

static int is_whole(const neural_tensor *tensor) {
    return !neural_dtype_is_float(tensor->dtype) && tensor->dtype != NEURAL_DTYPE_BF16;
}

neural_status neural_tensor_compare(const neural_tensor *lhs, const neural_tensor *rhs,
                                    neural_comparison comparison, neural_tensor **out) {
    neural_shape shape;
    neural_tensor *result = NULL;
    NEURAL_REQUIRE(lhs && rhs && out, NEURAL_ERR_NULL_POINTER, "tensor_compare: %s is NULL",
                   !lhs   ? "lhs"
                   : !rhs ? "rhs"
                          : "out");
    NEURAL_REQUIRE(comparison >= NEURAL_EQUAL && comparison <= NEURAL_GREATER_EQUAL,
                   NEURAL_ERR_INVALID_ARGUMENT, "tensor_compare: comparison %d is unknown",
                   (int)comparison);
    NEURAL_TRY(neural_shape_broadcast("tensor_compare", &lhs->shape, &rhs->shape, &shape));
    NEURAL_TRY(neural_tensor_like_shape(&shape, NEURAL_DTYPE_BOOL, &result));
    job work = {{result, lhs, rhs},
                {0},
                comparison,
                is_whole(lhs) && is_whole(rhs) ? NEURAL_DTYPE_I64 : NEURAL_DTYPE_F64};
    if (result->len) {
        compare(&work);
    }
    *out = result;
    return NEURAL_OK;
}
