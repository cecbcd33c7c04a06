#include "core/tensor/gemm_turned.h"

#include <string.h>

#include "core/base/threads.h"

/* Below this depth the turn back of C is not worth it. */
static const int64_t MIN_DEPTH = 64;

/* Vector operations per row of C and step of k: turning costs what so many FMAs do, and C^T must
 * save so many. */
static const double TURNING = 0.35, MIN_GAIN = 0.1;

int neural_gemm_turned_pays(const neural_gemm_type *type, int64_t columns, int64_t k) {
    if (columns > NEURAL_GEMM_TURNED_ROWS || k < MIN_DEPTH) {
        return 0;
    }
    const double filled = (double)columns / (double)type->lanes;
    const int64_t halves = (2 * columns + type->lanes - 1) / type->lanes;
    const double plain = 0.5 * (double)halves;
    return (filled > TURNING ? filled : TURNING) + MIN_GAIN < plain;
}

/* Of 16 rows a multiple of 4096 bytes apart, which share a set of L1, so much is copied at a time,
 * to rows an odd number of lines apart. 8 find room there. With few rows of C the kernel does
 * better without: it reads whole lines. */
enum { STRIP_BYTES = 1024, STRIP_ROW = STRIP_BYTES + 64 };

static int64_t turned_bias(int64_t flags) {
    return (flags & ~(int64_t)(NEURAL_GEMM_ADD_COLUMN | NEURAL_GEMM_ADD_ROW)) |
           (flags & NEURAL_GEMM_ADD_COLUMN ? NEURAL_GEMM_ADD_ROW : 0) |
           (flags & NEURAL_GEMM_ADD_ROW ? NEURAL_GEMM_ADD_COLUMN : 0);
}

void neural_gemm_turned_set(neural_gemm_turned *turned, const void *rows, int64_t row, int64_t m,
                            int64_t n) {
    const int64_t lanes = turned->type->lanes, flags = turned->panel.flags;
    neural_gemm_panel *panel = &turned->panel;
    panel->b = rows;
    panel->b_row = row;
    panel->m = n;
    panel->n = lanes;
    panel->flags = turned_bias(flags);
    turned->vectors = m / lanes;
    turned->bias_step = flags & NEURAL_GEMM_ADD_ROW ? lanes : 0;
}

/* One vector of rows; of rows that share a set of L1 a part may be copied first. */
static void run_vector(const neural_gemm_turned *turned, const neural_gemm_panel *vector) {
    if (!turned->rows_collide || vector->m <= NEURAL_GEMM_LINE_ROWS) {
        turned->kernel(vector);
        return;
    }
    const int64_t size = turned->type->size, lanes = turned->type->lanes;
    const int64_t starts = NEURAL_GEMM_START_C | NEURAL_GEMM_START_SCALE;
    _Alignas(64) char strip[16 * STRIP_ROW];
    neural_gemm_panel panel = *vector;
    panel.b = strip;
    panel.b_row = STRIP_ROW / size;
    for (int64_t k0 = 0; k0 < vector->k; k0 += panel.k) {
        const int64_t left = vector->k - k0, most = STRIP_BYTES / size;
        panel.k = left < most ? left : most;
        panel.a = (const char *)vector->a + k0 * vector->a_col * size;
        panel.flags = k0 == 0 ? vector->flags & starts : NEURAL_GEMM_START_C;
        panel.flags |= panel.k == left ? vector->flags & ~starts : 0;
        for (int64_t i = 0; i < lanes; i++) {
            const char *row = (const char *)vector->b + (i * vector->b_row + k0) * size;
            memcpy(strip + i * STRIP_ROW, row, (size_t)(panel.k * size));
        }
        turned->kernel(&panel);
    }
}

void neural_gemm_turned_run(const neural_gemm_turned *turned, int64_t begin, int64_t end) {
    const neural_gemm_type *type = turned->type;
    const neural_gemm_panel *first = &turned->panel;
    const int64_t size = type->size, lanes = type->lanes;
    _Alignas(64) char block[NEURAL_GEMM_TURNED_ROWS * 64];
    neural_gemm_panel panel = *first;
    panel.c = block;
    panel.c_row = lanes;
    for (int64_t v = begin; v < end; v++) {
        char *c = (char *)first->c + v * lanes * first->c_row * size;
        panel.b = (const char *)first->b + v * lanes * first->b_row * size;
        panel.bias = (const char *)first->bias + v * turned->bias_step * size;
        if (panel.flags & (NEURAL_GEMM_START_C | NEURAL_GEMM_START_SCALE)) {
            type->transpose(turned->kernels, block, c, lanes, panel.m, lanes, first->c_row);
        }
        run_vector(turned, &panel);
        type->transpose(turned->kernels, c, block, panel.m, lanes, first->c_row, lanes);
    }
}

/* Vectors [begin, end) of columns of C, which needs no turn back. */
static void run_columns(const neural_gemm_turned *turned, int64_t begin, int64_t end) {
    const int64_t size = turned->type->size, lanes = turned->type->lanes;
    neural_gemm_panel panel = turned->panel;
    panel.b = (const char *)panel.b + begin * lanes * panel.b_row * size;
    panel.c = (char *)panel.c + begin * lanes * size;
    panel.bias = (const char *)panel.bias + begin * turned->bias_step * size;
    for (int64_t v = begin; v < end; v++) {
        run_vector(turned, &panel);
        panel.b = (const char *)panel.b + lanes * panel.b_row * size;
        panel.c = (char *)panel.c + lanes * size;
        panel.bias = (const char *)panel.bias + turned->bias_step * size;
    }
}

/* --- plain operands --- */

/* Vector operations per step of k that turning a vector costs at least, and what a call of the
 * kernel costs besides, by whether the other way takes one vector of columns or two; what a rest
 * beyond whole vectors costs. */
static const double TURN_OPERATIONS[] = {4.5, 3.5}; /* f32, f64 */
static const double CALL_ONE_VECTOR = 320, CALL_TWO_VECTORS = 120, REST = 700;

/* What turning B costs the other way, per step and vector. */
static const double OTHER_TURN = 2;

/* Rows of A a multiple of 4096 bytes apart leave the turned rows too little of their set of L1. */
static const int64_t COLLIDING_BYTES = 32;

static int pays(const neural_gemm_type *type, int64_t few, int64_t many, int64_t k, double saved) {
    const int64_t lanes = type->lanes, vectors = many / lanes;
    if (vectors == 0 || !neural_gemm_turned_pays(type, few, k)) {
        return 0;
    }
    const double turn = TURN_OPERATIONS[type->size == 8];
    const double cost = (double)few > turn ? (double)few : turn;
    const int64_t halves = (2 * few + lanes - 1) / lanes;
    const double plain = 0.5 * (double)(halves * lanes) + saved;
    const double fixed = (double)vectors * (few > lanes ? CALL_TWO_VECTORS : CALL_ONE_VECTOR);
    return (plain - cost) * (double)(vectors * k) > fixed + (many % lanes ? REST : 0);
}

/* The one rule: does C as it lies pay (1), C^T (0), or neither (-1)? Strides in bytes. */
static int direction(const neural_gemm_type *type, int b_deep, int a_deep, const int64_t shape[3],
                     int64_t a_stride) {
    const int64_t m = shape[0], n = shape[1], k = shape[2];
    const int collides = a_stride % 4096 == 0 && m * type->size > COLLIDING_BYTES;
    if (b_deep && !(a_deep && collides) && pays(type, m, n, k, OTHER_TURN)) {
        return 1;
    }
    return a_deep && pays(type, n, m, k, b_deep ? OTHER_TURN : 0) ? 0 : -1;
}

int neural_gemm_turned_takes(const neural_gemm_type *type, const neural_gemm_kernels *tiles,
                             const neural_gemm_args *args) {
    const int64_t shape[] = {args->m, args->n, args->k};
    const int may = args->m <= NEURAL_GEMM_TURNED_ROWS || args->n <= NEURAL_GEMM_TURNED_ROWS;
    return may && args->k >= MIN_DEPTH && tiles->turned && args->alpha == 1 &&
           direction(type, args->trans_b, !args->trans_a, shape, args->lda * type->size) >= 0;
}

neural_gemm_turned_part neural_gemm_turned_part_of(const neural_gemm_job *job) {
    const int64_t lanes = job->type->lanes, shape[] = {job->m, job->n, job->k};
    if (!job->tiles->turned || job->alpha != 1) {
        return (neural_gemm_turned_part){0, 0, 0};
    }
    switch (direction(job->type, job->b_row == 1, job->a_col == 1, shape,
                      job->a_row * job->type->size)) {
    case 1:
        return (neural_gemm_turned_part){job->m, job->n / lanes * lanes, 1};
    case 0:
        return (neural_gemm_turned_part){job->m / lanes * lanes, job->n, 0};
    default:
        return (neural_gemm_turned_part){0, 0, 0};
    }
}

static void set_columns(neural_gemm_turned *turned, const neural_gemm_job *job,
                        const neural_gemm_turned_part *part) {
    const int64_t lanes = job->type->lanes;
    neural_gemm_panel *panel = &turned->panel;
    panel->a = job->a;
    panel->a_row = job->a_row;
    panel->a_col = job->a_col;
    panel->b = job->b;
    panel->b_row = job->b_col;
    panel->m = part->rows;
    panel->n = lanes;
    turned->vectors = part->columns / lanes;
    turned->bias_step = panel->flags & NEURAL_GEMM_ADD_COLUMN ? lanes : 0;
}

static void set_rows(neural_gemm_turned *turned, const neural_gemm_job *job,
                     const neural_gemm_turned_part *part) {
    turned->panel.a = job->b;
    turned->panel.a_row = job->b_col;
    turned->panel.a_col = job->b_row;
    neural_gemm_turned_set(turned, job->a, job->a_row, part->rows, part->columns);
}

static void rows_task(void *context, int64_t begin, int64_t end) {
    neural_gemm_turned_run(context, begin, end);
}

static void columns_task(void *context, int64_t begin, int64_t end) {
    run_columns(context, begin, end);
}

void neural_gemm_turned_multiply(const neural_gemm_job *job, neural_gemm_turned_part part,
                                 int64_t threads) {
    neural_gemm_turned turned = {.type = job->type,
                                 .kernels = job->kernels,
                                 .kernel = job->tiles->turned,
                                 .panel = {.c = job->c,
                                           .c_row = job->c_row,
                                           .k = job->k,
                                           .bias = job->bias,
                                           .beta = job->beta,
                                           .flags = job->first_flags | job->last_flags}};
    (part.by_columns ? set_columns : set_rows)(&turned, job, &part);
    turned.rows_collide = job->type->lanes > 8 && turned.panel.b_row * job->type->size % 4096 == 0;
    neural_parallel_for(turned.vectors, (turned.vectors + threads - 1) / threads,
                        part.by_columns ? columns_task : rows_task, &turned);
    if (job->finishes) {
        neural_gemm_finish(job, 0, 0, part.rows, part.columns);
    }
}
