/* An operand is read in place where it is contiguous, or where one of its rows is; a short one that
 * repeats (a number, a bias row) is laid out once, several times over; anything else is gathered
 * into a buffer, piece by piece. */
#include "core/tensor/map.h"

#include <string.h>

#include "core/base/threads.h"
#include "core/tensor/walk.h"

enum {
    GRAIN = 32768,    /* elements per parallel range */
    PIECE = 1024,     /* elements per call of the body when a buffer is needed */
    SHORT_ROW = 16,   /* elements up to which a plain loop is fastest */
    LONG_ROW = 256,   /* rows from here on are not gathered when their elements are adjacent */
    PERIOD_MAX = 256, /* elements of an operand that repeats */
    BUFFER = PIECE + PERIOD_MAX
};

typedef enum operand_kind { OPERAND_DIRECT, OPERAND_PERIODIC, OPERAND_ROWS } operand_kind;

typedef struct map_plan {
    neural_map_body *body;
    const neural_map_args *args;
    char *dst;
    int64_t bytes; /* per element */
    int count;
    neural_tensor *const *operands;
    neural_walk walk;
    operand_kind kind[NEURAL_MAP_OPERANDS];
    int64_t period[NEURAL_MAP_OPERANDS];
    int all_direct, has_rows;
} map_plan;

/* Elements after which operand k repeats, counted over the whole shape; 0 when it does not lie in
 * one piece. */
static int64_t period_of(const neural_walk *walk, int k) {
    int64_t period = 1;
    int i = walk->ndim - 1;
    for (; i >= 0 && walk->stride[k][i] == period; i--) {
        period *= walk->dim[i];
    }
    for (; i >= 0; i--) {
        if (walk->stride[k][i] != 0) {
            return 0;
        }
    }
    return period;
}

static void plan_operands(map_plan *plan, const neural_shape *shape, int64_t len) {
    int64_t strides[NEURAL_MAP_OPERANDS][NEURAL_MAX_DIMS];
    const int64_t *rows[NEURAL_MAP_OPERANDS];
    for (int k = 0; k < plan->count; k++) {
        neural_broadcast_strides(plan->operands[k], shape, strides[k]);
        rows[k] = strides[k];
    }
    neural_walk_make(&plan->walk, shape, plan->count, rows);
    plan->all_direct = 1;
    plan->has_rows = 0;
    for (int k = 0; k < plan->count; k++) {
        const int64_t period = period_of(&plan->walk, k);
        plan->period[k] = period;
        plan->kind[k] = period == len                        ? OPERAND_DIRECT
                        : period > 0 && period <= PERIOD_MAX ? OPERAND_PERIODIC
                                                             : OPERAND_ROWS;
        plan->all_direct &= plan->kind[k] == OPERAND_DIRECT;
        plan->has_rows |= plan->kind[k] == OPERAND_ROWS;
    }
}

/* BUFFER elements of an operand of PERIODIC kind, from its first on. */
static void lay_out_periods(const map_plan *plan, int k, char *buffer) {
    const int64_t bytes = plan->bytes;
    int64_t have = plan->period[k];
    memcpy(buffer, plan->operands[k]->data, (size_t)(have * bytes));
    while (have < BUFFER) {
        const int64_t more = have < BUFFER - have ? have : BUFFER - have;
        memcpy(buffer + have * bytes, buffer, (size_t)(more * bytes));
        have += more;
    }
}

#define GATHER(T)                                                                                  \
    do {                                                                                           \
        T *to = dst;                                                                               \
        const T *from = src;                                                                       \
        for (int64_t i = 0; i < len; i++) {                                                        \
            to[i] = from[i * step];                                                                \
        }                                                                                          \
    } while (0)

/* dst[i] = src[i * step] */
static void gather_row(neural_dtype dtype, void *dst, const void *src, int64_t step, int64_t len) {
    if (step == 0 && len >= SHORT_ROW && dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->fill_f32(dst, len, *(const float *)src);
    } else if (step == 0 && len >= SHORT_ROW) {
        neural_kernels()->fill_f64(dst, len, *(const double *)src);
    } else if (step == 1 && len >= SHORT_ROW) {
        memcpy(dst, src, (size_t)(len * neural_dtype_bytes(dtype)));
    } else if (dtype == NEURAL_DTYPE_F32) {
        GATHER(float);
    } else {
        GATHER(double);
    }
}
#undef GATHER

static void gather(const map_plan *plan, int k, int64_t begin, int64_t len, char *buffer) {
    const neural_walk *walk = &plan->walk;
    const int64_t step = walk->col_stride[k];
    neural_walk_cursor cursor;
    neural_walk_seek(walk, &cursor, begin / walk->cols);
    for (int64_t col = begin % walk->cols; len > 0; col = 0) {
        const int64_t part = len < walk->cols - col ? len : walk->cols - col;
        const char *from = plan->operands[k]->data + (cursor.offset[k] + col * step) * plan->bytes;
        gather_row(plan->args->dtype, buffer, from, step, part);
        buffer += part * plan->bytes;
        len -= part;
        neural_walk_next(walk, &cursor);
    }
}

/* Where elements [begin, begin + len) of operand k lie behind each other. */
static const void *span_of(const map_plan *plan, int k, int64_t begin, int64_t len, char *buffer) {
    const neural_walk *walk = &plan->walk;
    const char *data = plan->operands[k]->data;
    if (plan->kind[k] == OPERAND_DIRECT) {
        return data + begin * plan->bytes;
    }
    if (plan->kind[k] == OPERAND_PERIODIC) {
        return buffer + begin % plan->period[k] * plan->bytes;
    }
    if (walk->col_stride[k] == 1 && begin % walk->cols + len <= walk->cols) {
        neural_walk_cursor cursor;
        neural_walk_seek(walk, &cursor, begin / walk->cols);
        return data + (cursor.offset[k] + begin % walk->cols) * plan->bytes;
    }
    gather(plan, k, begin, len, buffer);
    return buffer;
}

static int64_t piece_len(const map_plan *plan, int64_t begin, int64_t end) {
    int64_t len = end - begin < PIECE ? end - begin : PIECE;
    if (plan->has_rows && plan->walk.cols >= LONG_ROW) {
        const int64_t rest = plan->walk.cols - begin % plan->walk.cols;
        len = len < rest ? len : rest;
    }
    return len;
}

static void map_pieces(const map_plan *plan, int64_t begin, int64_t end) {
    _Alignas(NEURAL_ALIGNMENT) char buffers[NEURAL_MAP_OPERANDS][BUFFER * sizeof(double)];
    const void *src[NEURAL_MAP_OPERANDS];
    for (int k = 0; k < plan->count; k++) {
        if (plan->kind[k] == OPERAND_PERIODIC) {
            lay_out_periods(plan, k, buffers[k]);
        }
    }
    while (begin < end) {
        const int64_t len = piece_len(plan, begin, end);
        for (int k = 0; k < plan->count; k++) {
            src[k] = span_of(plan, k, begin, len, buffers[k]);
        }
        plan->body(plan->args, plan->dst + begin * plan->bytes, src, len);
        begin += len;
    }
}

static void map_range(void *context, int64_t begin, int64_t end) {
    const map_plan *plan = context;
    const void *src[NEURAL_MAP_OPERANDS];
    if (!plan->all_direct) {
        map_pieces(plan, begin, end);
        return;
    }
    for (int k = 0; k < plan->count; k++) {
        src[k] = plan->operands[k]->data + begin * plan->bytes;
    }
    plan->body(plan->args, plan->dst + begin * plan->bytes, src, end - begin);
}

/* No operand is stretched or has gaps. */
static int is_direct(neural_tensor *const *operands, int count, int64_t len) {
    for (int k = 0; k < count; k++) {
        if (!operands[k]->contiguous || operands[k]->len != len) {
            return 0;
        }
    }
    return 1;
}

void neural_map(neural_map_body *body, const neural_map_args *args, const neural_shape *shape,
                void *dst, int count, neural_tensor *const *operands) {
    const int64_t len = neural_shape_len(shape);
    map_plan plan = {.body = body, .args = args, .dst = dst, .count = count, .operands = operands};
    if (len == 0) {
        return;
    }
    plan.bytes = neural_dtype_bytes(args->dtype);
    plan.all_direct = is_direct(operands, count, len);
    if (!plan.all_direct) {
        plan_operands(&plan, shape, len);
    }
    if (len <= GRAIN) {
        map_range(&plan, 0, len);
    } else {
        neural_parallel_for(len, GRAIN, map_range, &plan);
    }
}
