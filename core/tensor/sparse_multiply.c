/* y = x W^T with few rows: a row at a time, strips side by side; with more: conv_filters, to which
 * panels of x are an image whose pixels are the rows. */
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/sparse_type.h"

enum { STRIP = NEURAL_SPARSE_STRIP };

/* Rows of x side by side in a panel: a line of f32, the widest tile and two that are not used. */
enum { PANEL_ROWS = 14, PANEL = 16 };

/* Fewer rows go one by one; so many share a copy of x that stays in L2. */
enum { ROWS_TOGETHER = 4, BLOCK_ROWS = 8 * PANEL_ROWS };

/* Multiplications that a thread should have. */
enum { GRAIN = 1 << 17 };

typedef struct sparse_run {
    const neural_sparse *sparse;
    const neural_sparse_args *args;
    int64_t size, whole, flags; /* bytes of an element, outputs in whole strips */
    int64_t first, rows;        /* of this block */
    char *y, *bias;             /* the caller's, or scratch in whole strips */
    char *panels;
    int64_t *taps, *pixels; /* of a strip: per thread; of the rows */
    int64_t deepest;
} sparse_run;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t grain_of(const sparse_run *run, int64_t rows) {
    const int64_t strips = run->sparse->count > 0 ? run->sparse->count : 1;
    const int64_t work = (run->sparse->blocks / strips + 1) * STRIP * rows;
    return (GRAIN + work - 1) / work;
}

/* --- a row --- */

static void row_range(void *context, int64_t begin, int64_t end) {
    const sparse_run *run = context;
    const neural_sparse *sparse = run->sparse;
    const neural_sparse_row_args args = {
        .src = (const char *)run->args->x + run->first * sparse->inputs * run->size,
        .strips = sparse->strip + begin,
        .count = end - begin,
        .dst = run->y,
        .bias = run->bias,
        .flags = run->flags};
    (run->size == 4 ? sparse->kernels->sparse_row_f32 : sparse->kernels->sparse_row_f64)(&args);
}

/* --- rows together --- */

static void fill_panels(const sparse_run *run) {
    const neural_sparse *sparse = run->sparse;
    const int64_t row = sparse->inputs * run->size;
    const char *x = (const char *)run->args->x + run->first * row;
    for (int64_t i = 0; i < run->rows; i += PANEL_ROWS) {
        const int64_t rows = smaller(PANEL_ROWS, run->rows - i);
        void *panel = run->panels + i / PANEL_ROWS * PANEL * row;
        if (run->size == 4) {
            sparse->kernels->transpose_f32(panel, (const float *)(const void *)(x + i * row), rows,
                                           sparse->inputs, PANEL, sparse->inputs);
        } else {
            sparse->kernels->transpose_f64(panel, (const double *)(const void *)(x + i * row), rows,
                                           sparse->inputs, PANEL, sparse->inputs);
        }
    }
}

static void rows_range(void *context, int64_t begin, int64_t end) {
    const sparse_run *run = context;
    const neural_sparse *sparse = run->sparse;
    for (int64_t s = begin; s < end; s++) {
        const neural_sparse_strip *strip = &sparse->strip[s];
        int64_t *taps = run->taps + (strip->index - sparse->index);
        for (int64_t i = 0; i < strip->depth; i++) {
            taps[i] = (int64_t)strip->index[i] * PANEL;
        }
        const neural_conv_filters_args args = {
            .src = run->panels,
            .rows = run->pixels,
            .count = run->rows,
            .taps = taps,
            .depth = strip->depth,
            .weight = strip->weight,
            .weight_row = STRIP,
            .filters = STRIP,
            .dst = run->y + strip->column * run->size,
            .dst_row = run->whole,
            .bias = run->args->bias ? run->bias + strip->column * run->size : NULL,
            .flags = run->flags};
        (run->size == 4 ? sparse->kernels->conv_filters_f32
                        : sparse->kernels->conv_filters_f64)(&args);
    }
}

/* --- */

/* Cuts the scratch out of one block of memory; returns its size when `memory` is NULL. */
static int64_t place(sparse_run *run, char *memory) {
    const neural_sparse *sparse = run->sparse;
    const int64_t together = run->args->rows >= ROWS_TOGETHER;
    const int64_t rows = together ? smaller(run->args->rows, BLOCK_ROWS) : 1;
    const int64_t panels = (rows + PANEL_ROWS - 1) / PANEL_ROWS * PANEL * sparse->inputs;
    const int64_t partial = run->whole != sparse->outputs;
    const int64_t parts[] = {partial * rows * run->whole * run->size,
                             partial * run->whole * run->size, together * panels * run->size,
                             together * sparse->blocks * 8, together * rows * 8};
    int64_t at[6] = {0};
    for (int i = 0; i < 5; i++) {
        at[i + 1] = at[i] + (parts[i] + 63) / 64 * 64;
    }
    if (memory) {
        run->y = memory;
        run->bias = memory + at[1];
        run->panels = memory + at[2];
        run->taps = (int64_t *)(void *)(memory + at[3]);
        run->pixels = (int64_t *)(void *)(memory + at[4]);
    }
    return at[5];
}

static void run_block(sparse_run *run) {
    const neural_sparse *sparse = run->sparse;
    const int64_t row = sparse->outputs * run->size;
    char *y = (char *)run->args->y + run->first * row;
    const int partial = run->whole != sparse->outputs;
    run->y = partial ? run->y : y;
    if (run->args->rows < ROWS_TOGETHER) {
        neural_parallel_for(sparse->count, grain_of(run, 1), row_range, run);
    } else {
        for (int64_t i = 0; i < run->rows; i++) {
            run->pixels[i] = i / PANEL_ROWS * PANEL * sparse->inputs + i % PANEL_ROWS;
        }
        fill_panels(run);
        neural_parallel_for(sparse->count, grain_of(run, run->rows), rows_range, run);
    }
    for (int64_t i = 0; partial && i < run->rows; i++) {
        memcpy(y + i * row, run->y + i * run->whole * run->size, (size_t)row);
    }
}

neural_status neural_sparse_multiply(const neural_sparse *sparse, const neural_sparse_args *args) {
    const int64_t size = neural_dtype_bytes(sparse->dtype);
    sparse_run run = {.sparse = sparse,
                      .args = args,
                      .size = size,
                      .whole = sparse->count * STRIP,
                      .flags = (args->bias ? NEURAL_GEMM_ADD_COLUMN : 0) |
                               (args->relu ? NEURAL_GEMM_RELU : 0)};
    const int64_t bytes = place(&run, NULL);
    neural_block *scratch = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(scratch, NEURAL_ERR_OUT_OF_MEMORY, "sparse: no %lld bytes of scratch",
                   (long long)bytes);
    place(&run, neural_block_data(scratch));
    if (run.whole == sparse->outputs) {
        run.bias = (char *)args->bias;
    } else if (args->bias) {
        memset(run.bias, 0, (size_t)(run.whole * size));
        memcpy(run.bias, args->bias, (size_t)(sparse->outputs * size));
    }
    const neural_fp_state fp = neural_fp_enter();
    const int64_t step = args->rows < ROWS_TOGETHER ? 1 : BLOCK_ROWS;
    for (run.first = 0; run.first < args->rows; run.first += step) {
        run.rows = smaller(step, args->rows - run.first);
        run_block(&run);
    }
    neural_fp_leave(fp);
    neural_block_release(scratch);
    return NEURAL_OK;
}
