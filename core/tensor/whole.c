/* Pieces of rows are computed as int64 and narrowed by dropping the bits in front. */
#include "core/tensor/whole.h"

#include "core/tensor/pairs.h"

typedef struct job {
    neural_whole_op op;
    neural_dtype dtype;
    int has_zero_divisor;
} job;

/* INT64_MIN / -1 wraps to itself. */
static int64_t floor_div(int64_t x, int64_t y) {
    if (y == -1) {
        return (int64_t)(0 - (uint64_t)x);
    }
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static int64_t remainder_of(int64_t x, int64_t y) {
    return (int64_t)((uint64_t)x - (uint64_t)floor_div(x, y) * (uint64_t)y);
}

static int64_t divide(job *work, int64_t x, int64_t y) {
    if (y == 0) {
        work->has_zero_divisor = 1;
        return 0;
    }
    return work->op == NEURAL_WHOLE_FLOOR_DIV ? floor_div(x, y) : remainder_of(x, y);
}

#define EACH(expression)                                                                           \
    for (int64_t i = 0; i < len; i++) {                                                            \
        const int64_t x = lhs[i], y = rhs[i];                                                      \
        to[i] = (int64_t)(expression);                                                             \
    }                                                                                              \
    break

static void compute(job *work, int64_t *to, const int64_t *lhs, const int64_t *rhs, int64_t len) {
    switch (work->op) {
    case NEURAL_WHOLE_ADD:
        EACH((uint64_t)x + (uint64_t)y);
    case NEURAL_WHOLE_SUB:
        EACH((uint64_t)x - (uint64_t)y);
    case NEURAL_WHOLE_MUL:
        EACH((uint64_t)x * (uint64_t)y);
    case NEURAL_WHOLE_FLOOR_DIV:
    case NEURAL_WHOLE_REMAINDER:
        EACH(divide(work, x, y));
    case NEURAL_WHOLE_MINIMUM:
        EACH(x < y ? x : y);
    case NEURAL_WHOLE_MAXIMUM:
        EACH(x > y ? x : y);
    case NEURAL_WHOLE_AND:
        EACH(x & y);
    case NEURAL_WHOLE_OR:
        EACH(x | y);
    case NEURAL_WHOLE_XOR:
        EACH(x ^ y);
    }
}

#define STORE(T, expression)                                                                       \
    for (int64_t i = 0; i < len; i++) {                                                            \
        ((T *)dst)[i * stride] = (T)(expression);                                                  \
    }                                                                                              \
    break

static void store(void *dst, neural_dtype dtype, int64_t stride, const int64_t *from, int64_t len) {
    switch (dtype) {
    case NEURAL_DTYPE_BOOL:
        STORE(uint8_t, from[i] != 0);
    case NEURAL_DTYPE_I64:
        STORE(int64_t, from[i]);
    case NEURAL_DTYPE_I32:
        STORE(uint32_t, from[i]);
    default: /* i8, u8 */
        STORE(uint8_t, from[i]);
    }
}

static void piece(void *context, void *dst, int64_t stride, const neural_wide *lhs,
                  const neural_wide *rhs, int64_t len) {
    job *work = context;
    neural_wide result;
    compute(work, result.whole, lhs->whole, rhs->whole, len);
    store(dst, work->dtype, stride, result.whole, len);
}

static neural_status check(const neural_tensor *lhs, const neural_tensor *rhs, neural_whole_op op,
                           neural_dtype dtype) {
    NEURAL_REQUIRE(op >= NEURAL_WHOLE_ADD && op <= NEURAL_WHOLE_XOR, NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_whole: operation %d is unknown", (int)op);
    NEURAL_REQUIRE(neural_pairs_is_whole(lhs) && neural_pairs_is_whole(rhs),
                   NEURAL_ERR_INVALID_DTYPE,
                   "tensor_whole: lhs is %s, rhs is %s, expected whole numbers",
                   neural_dtype_name(lhs->dtype), neural_dtype_name(rhs->dtype));
    NEURAL_REQUIRE(dtype >= NEURAL_DTYPE_I8 && dtype <= NEURAL_DTYPE_BOOL, NEURAL_ERR_INVALID_DTYPE,
                   "tensor_whole: the result is %s, expected whole numbers",
                   neural_dtype_name(dtype));
    return NEURAL_OK;
}

neural_status neural_tensor_whole(const neural_tensor *lhs, const neural_tensor *rhs,
                                  neural_whole_op op, neural_dtype dtype, neural_tensor **out) {
    neural_shape shape;
    neural_tensor *result = NULL;
    NEURAL_REQUIRE(lhs && rhs && out, NEURAL_ERR_NULL_POINTER, "tensor_whole: %s is NULL",
                   !lhs   ? "lhs"
                   : !rhs ? "rhs"
                          : "out");
    NEURAL_TRY(check(lhs, rhs, op, dtype));
    NEURAL_TRY(neural_shape_broadcast("tensor_whole", &lhs->shape, &rhs->shape, &shape));
    NEURAL_TRY(neural_tensor_like_shape(&shape, dtype, &result));
    job work = {op, dtype, 0};
    neural_pairs_run(result, lhs, rhs, NEURAL_DTYPE_I64, piece, &work);
    if (work.has_zero_divisor) {
        neural_tensor_release(result);
        return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "tensor_whole: division by 0");
    }
    *out = result;
    return NEURAL_OK;
}
