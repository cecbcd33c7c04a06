/* op(B) in panels of WIDTH_BYTES: panel p holds columns p * width ... of all k rows, dense, so that
 * one row of C reads the whole copy from end to end. The last panel is as wide as its columns,
 * rounded up to whole vectors. */
#include "core/tensor/gemm_prepacked.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/gemm_job.h"
#include "core/tensor/gemm_turned.h"

/* A row of a panel: one row of the widest tile. */
static const int64_t WIDTH_BYTES = 256;

/* Products below this many multiplications stay on the calling thread. */
static const double SERIAL_WORK = 512.0 * 1024;

/* One row of C over a larger copy reads it 32 bytes at a time, which arrive faster from afar. */
static const int64_t NEAR_BYTES = 4 << 20;

/* Up to this size of B the tall tile is the better one. */
static const int64_t SMALL_B_BYTES = 48 * 1024;

/* Rows of A that stay in L2 and L3 while the panels pass by. */
static const int64_t BLOCK_ROWS = 2048;

struct neural_gemm_packed {
    const neural_gemm_type *type;
    const neural_kernel_table *kernels;
    const neural_gemm_kernels *tiles;
    int64_t n, k;
    int64_t width;    /* columns of a panel */
    int64_t last_row; /* elements from row to row of the last panel */
    int64_t bytes;
    char *data;
};

/* One product with it; A with any strides, alpha already in A. */
typedef struct packed_run {
    const neural_gemm_packed *packed;
    neural_gemm_panel panel; /* what all tiles share */
    int64_t m;
    int64_t first_flags, last_flags;
    const char *a, *bias;
    char *c;
    neural_gemm_job rest; /* what neural_gemm_finish wants to know */
} packed_run;

static int64_t panel_count(const neural_gemm_packed *packed) {
    return (packed->n + packed->width - 1) / packed->width;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* --- packing --- */

static void pack_panel(neural_gemm_packed *packed, const neural_gemm_args *args, int64_t index) {
    const int64_t size = packed->type->size, first = index * packed->width;
    const int64_t columns = least(packed->width, packed->n - first);
    const int64_t row = columns < packed->width ? packed->last_row : packed->width;
    char *to = packed->data + first * packed->k * size;
    if (args->trans_b) {
        const char *rows = (const char *)args->b + first * args->ldb * size;
        packed->type->transpose(packed->kernels, to, rows, columns, packed->k, row, args->ldb);
        return;
    }
    const char *from = (const char *)args->b + first * size;
    for (int64_t k = 0; k < packed->k; k++) {
        memcpy(to + k * row * size, from + k * args->ldb * size, (size_t)(columns * size));
    }
}

static neural_status check_b(const neural_gemm_args *args) {
    NEURAL_REQUIRE(args->n >= 0 && args->k >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm: n, k are %lld, %lld, want >= 0", (long long)args->n, (long long)args->k);
    const int64_t cols = args->trans_b ? args->k : args->n;
    NEURAL_REQUIRE(args->ldb >= cols, NEURAL_ERR_INVALID_ARGUMENT,
                   "gemm: leading dimension of B is %lld, want at least %lld", (long long)args->ldb,
                   (long long)cols);
    return NEURAL_OK;
}

static neural_status create(const neural_gemm_type *type, const neural_kernel_table *kernels,
                            const neural_gemm_kernels *tiles, const neural_gemm_args *args,
                            neural_gemm_packed **out) {
    NEURAL_TRY(check_b(args));
    const int64_t width = WIDTH_BYTES / type->size, last = args->n % width;
    const int64_t last_row = (last + type->lanes - 1) / type->lanes * type->lanes;
    int64_t elements;
    NEURAL_TRY(neural_size_mul(args->n - last + last_row, args->k, &elements));
    NEURAL_TRY(neural_size_mul(elements, type->size, &elements));
    neural_gemm_packed *packed = neural_alloc_zeroed(sizeof(*packed));
    NEURAL_REQUIRE(packed, NEURAL_ERR_OUT_OF_MEMORY, "gemm: out of memory");
    *packed = (neural_gemm_packed){type,  kernels,  tiles,    args->n, args->k,
                                   width, last_row, elements, NULL};
    packed->data = neural_alloc_zeroed((size_t)elements);
    if (!packed->data) {
        neural_free(packed);
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "gemm: no %lld bytes for a packed operand",
                            (long long)elements);
    }
    for (int64_t i = 0; i < panel_count(packed); i++) {
        pack_panel(packed, args, i);
    }
    *out = packed;
    return NEURAL_OK;
}

neural_status neural_gemm_packed_create_f32_at(const neural_kernel_table *kernels,
                                               const neural_gemm_args *args,
                                               neural_gemm_packed **out) {
    return create(&neural_gemm_type_f32, kernels, &kernels->gemm_f32, args, out);
}

neural_status neural_gemm_packed_create_f64_at(const neural_kernel_table *kernels,
                                               const neural_gemm_args *args,
                                               neural_gemm_packed **out) {
    return create(&neural_gemm_type_f64, kernels, &kernels->gemm_f64, args, out);
}

neural_status neural_gemm_packed_create_f32(const neural_gemm_args *args,
                                            neural_gemm_packed **out) {
    return neural_gemm_packed_create_f32_at(neural_kernels(), args, out);
}

neural_status neural_gemm_packed_create_f64(const neural_gemm_args *args,
                                            neural_gemm_packed **out) {
    return neural_gemm_packed_create_f64_at(neural_kernels(), args, out);
}

void neural_gemm_packed_destroy(neural_gemm_packed *packed) {
    if (packed) {
        neural_free(packed->data);
        neural_free(packed);
    }
}

int64_t neural_gemm_packed_bytes(const neural_gemm_packed *packed) {
    return packed->bytes;
}

/* --- running --- */

static const neural_gemm_tile *tile_for(const packed_run *run, int64_t columns) {
    const neural_gemm_packed *packed = run->packed;
    const neural_gemm_kernels *tiles = packed->tiles;
    if (columns <= tiles->narrow.nr) {
        return &tiles->narrow;
    }
    const int64_t a_row_bytes = run->panel.a_row * packed->type->size;
    const int rows_collide = run->panel.a_col == 1 && a_row_bytes % 4096 == 0 && run->m > 8;
    const int small = packed->k * packed->n * packed->type->size <= SMALL_B_BYTES;
    return !rows_collide && (columns <= tiles->tall.nr || small) ? &tiles->tall : &tiles->wide;
}

/* Rows [begin, end) of C under one strip of columns, for k in [k0, k0 + panel->k); panel->b, n and
 * b_row are set. */
static void run_strip(const packed_run *run, const neural_gemm_tile *tile, neural_gemm_panel *panel,
                      int64_t k0, int64_t column, int64_t begin, int64_t end) {
    const int64_t size = run->packed->type->size;
    const neural_gemm_row_cut cut = neural_gemm_cut_rows(end - begin, tile->mr);
    int64_t row = begin;
    for (uint32_t t = 0; t < cut.tiles; t++, row += panel->m) {
        panel->m = cut.height + (t < cut.taller);
        panel->a = run->a + (row * panel->a_row + k0 * panel->a_col) * size;
        panel->c = run->c + (row * panel->c_row + column) * size;
        panel->next_c = run->c + ((row + panel->m) * panel->c_row + column) * size;
        panel->fetch = panel->b;
        panel->bias = run->bias + (panel->flags & NEURAL_GEMM_ADD_COLUMN ? column : row) * size;
        tile->kernel(panel);
    }
}

/* Rows [begin, end) under one panel of B. */
static void run_panel(const packed_run *run, neural_gemm_panel *panel, int64_t index, int64_t k0,
                      int64_t begin, int64_t end) {
    const neural_gemm_packed *packed = run->packed;
    const int64_t size = packed->type->size, first = index * packed->width;
    const int64_t columns = least(packed->width, packed->n - first);
    panel->b_row = columns < packed->width ? packed->last_row : packed->width;
    const char *b = packed->data + (first * packed->k + k0 * panel->b_row) * size;
    const neural_gemm_tile *wide = &packed->tiles->wide;
    if (run->m == 1 && (wide->nr < packed->width || packed->bytes > NEAR_BYTES)) {
        const neural_gemm_tile gemv = {packed->tiles->gemv, 1, (int32_t)columns, 0, 0};
        panel->b = b;
        panel->n = columns;
        run_strip(run, &gemv, panel, k0, first, 0, 1);
        return;
    }
    const neural_gemm_tile *tile = run->m == 1 ? wide : tile_for(run, columns);
    for (int64_t j = 0; j < columns; j += tile->nr) {
        panel->b = b + j * size;
        panel->n = least(tile->nr, columns - j);
        run_strip(run, tile, panel, k0, first + j, begin, end);
    }
}

/* Rows [row, row_end) of panels [first, last), block of k by block of k where B serves many. */
static void run_block(const packed_run *run, int64_t row, int64_t row_end, int64_t first,
                      int64_t last) {
    const int64_t k = run->packed->k, k_block = run->packed->tiles->wide.k_block;
    const int64_t blocks = row_end - row > 16 && k > k_block ? (k + k_block - 1) / k_block : 1;
    const int64_t step = (k + blocks - 1) / blocks;
    for (int64_t block = 0, k0 = 0; block < blocks; block++, k0 += step) {
        neural_gemm_panel panel = run->panel;
        panel.k = least(step, k - k0);
        panel.flags = block ? NEURAL_GEMM_START_C : run->first_flags;
        panel.flags |= block + 1 == blocks ? run->last_flags : 0;
        for (int64_t index = first; index < last; index++) {
            run_panel(run, &panel, index, k0, row, row_end);
        }
    }
    if (run->rest.finishes) {
        const int64_t width = run->packed->width, end = least(last * width, run->packed->n);
        neural_gemm_finish(&run->rest, row, first * width, row_end - row, end - first * width);
    }
}

/* Few columns over many rows of A that are contiguous in k: C^T = B^T A^T, so that no lane of a
 * vector idles. */
static int is_turned(const packed_run *run) {
    const neural_gemm_packed *packed = run->packed;
    return packed->tiles->turned && run->panel.a_col == 1 && run->first_flags == 0 &&
           neural_gemm_turned_pays(packed->type, packed->n, packed->k);
}

/* Whole vectors of rows of [begin, end); returns the first row that is left. */
static int64_t run_turned(const packed_run *run, int64_t begin, int64_t end) {
    const neural_gemm_packed *packed = run->packed;
    const int64_t size = packed->type->size, flags = run->last_flags;
    neural_gemm_turned turned = {.type = packed->type,
                                 .kernels = packed->kernels,
                                 .kernel = packed->tiles->turned,
                                 .panel = {.a = packed->data,
                                           .a_row = 1,
                                           .a_col = packed->last_row,
                                           .c = run->c + begin * run->panel.c_row * size,
                                           .c_row = run->panel.c_row,
                                           .k = packed->k,
                                           .flags = flags}};
    turned.panel.bias = run->bias + (flags & NEURAL_GEMM_ADD_ROW ? begin * size : 0);
    neural_gemm_turned_set(&turned, run->a + begin * run->panel.a_row * size, run->panel.a_row,
                           end - begin, packed->n);
    neural_gemm_turned_run(&turned, 0, turned.vectors);
    const int64_t rows = turned.vectors * packed->type->lanes;
    if (run->rest.finishes) {
        neural_gemm_finish(&run->rest, begin, 0, rows, packed->n);
    }
    return begin + rows;
}

static void run_rows(void *context, int64_t begin, int64_t end) {
    const packed_run *run = context;
    if (is_turned(run)) {
        begin = run_turned(run, begin, end);
    }
    for (int64_t row = begin; row < end; row += BLOCK_ROWS) {
        run_block(run, row, least(row + BLOCK_ROWS, end), 0, panel_count(run->packed));
    }
}

static void run_panels(void *context, int64_t begin, int64_t end) {
    const packed_run *run = context;
    run_block(run, 0, run->m, begin, end);
}

static void run_parallel(packed_run *run) {
    const double work = (double)run->m * (double)run->packed->n * (double)run->packed->k;
    const int64_t threads = work < SERIAL_WORK ? 1 : neural_num_threads();
    if (threads == 1) {
        run_rows(run, 0, run->m);
    } else if (run->m >= 12 * threads) {
        neural_parallel_for(run->m, (run->m + threads - 1) / threads, run_rows, run);
    } else {
        const int64_t panels = panel_count(run->packed);
        neural_parallel_for(panels, (panels + threads - 1) / threads, run_panels, run);
    }
}

/* dst[i * k + p] = alpha * op(A)[i][p] */
#define DEFINE_SCALE(T, dtype)                                                                     \
    static void scale_##dtype(T *dst, const T *src, const packed_run *run, double alpha) {         \
        const int64_t k = run->packed->k;                                                          \
        for (int64_t i = 0; i < run->m; i++) {                                                     \
            for (int64_t p = 0; p < k; p++) {                                                      \
                dst[i * k + p] = (T)alpha * src[i * run->panel.a_row + p * run->panel.a_col];      \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_SCALE(float, f32)
DEFINE_SCALE(double, f64)

static neural_status run_scaled(packed_run *run, double alpha) {
    int64_t bytes;
    NEURAL_TRY(neural_size_mul(run->m, run->packed->k, &bytes));
    NEURAL_TRY(neural_size_mul(bytes, run->packed->type->size, &bytes));
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "gemm: no %lld bytes to scale A",
                   (long long)bytes);
    if (run->packed->type == &neural_gemm_type_f32) {
        scale_f32(neural_block_data(block), (const float *)run->a, run, alpha);
    } else {
        scale_f64(neural_block_data(block), (const double *)run->a, run, alpha);
    }
    run->a = neural_block_data(block);
    run->panel.a_row = run->packed->k;
    run->panel.a_col = 1;
    run_parallel(run);
    neural_block_release(block);
    return NEURAL_OK;
}

static neural_status check_run(const neural_gemm_packed *packed, const neural_gemm_args *args) {
    NEURAL_REQUIRE(args->n == packed->n && args->k == packed->k, NEURAL_ERR_SHAPE_MISMATCH,
                   "gemm: n, k are %lld, %lld, the packed operand wants %lld, %lld",
                   (long long)args->n, (long long)args->k, (long long)packed->n,
                   (long long)packed->k);
    return neural_gemm_check_beside(args, args->n, args->n);
}

/* beta as a number of the dtype: what rounds to 0 is 0, and C is not read. */
static void set_beta(packed_run *run, double beta) {
    if (run->packed->type == &neural_gemm_type_f32) {
        run->panel.beta.f32 = (float)beta;
        beta = (float)beta;
    } else {
        run->panel.beta.f64 = beta;
    }
    run->first_flags = beta == 0 ? 0 : beta == 1 ? NEURAL_GEMM_START_C : NEURAL_GEMM_START_SCALE;
}

/* What follows the tiles, if anything does. */
static void set_rest(neural_gemm_job *rest, const neural_gemm_packed *packed,
                     const neural_gemm_args *args) {
    rest->finishes = args->residual || args->activation > NEURAL_GEMM_ACTIVATION_RELU;
    if (rest->finishes) {
        rest->type = packed->type;
        rest->kernels = packed->kernels;
        rest->c = args->c;
        rest->c_row = args->ldc;
        rest->activation = args->activation;
        rest->slope = args->slope;
        rest->residual = args->residual;
        rest->residual_row = args->ldr;
    }
}

neural_status neural_gemm_packed_run(const neural_gemm_packed *packed,
                                     const neural_gemm_args *args) {
    static const int64_t bias_flags[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW};
    NEURAL_TRY(check_run(packed, args));
    if (args->m == 0 || args->n == 0) {
        return NEURAL_OK;
    }
    packed_run run; /* what is not set is not read */
    run.packed = packed;
    run.m = args->m;
    run.a = args->a;
    run.c = args->c;
    set_rest(&run.rest, packed, args);
    run.panel.fetch_bytes = 0;
    run.panel.a_row = args->trans_a ? 1 : args->lda;
    run.panel.a_col = args->trans_a ? args->lda : 1;
    run.panel.c_row = args->ldc;
    run.bias = args->bias ? args->bias : args->c; /* never read without a flag */
    run.last_flags = bias_flags[args->bias_kind] |
                     (args->activation == NEURAL_GEMM_ACTIVATION_RELU ? NEURAL_GEMM_RELU : 0);
    const neural_fp_state state = neural_fp_enter();
    set_beta(&run, args->beta);
    neural_status status = NEURAL_OK;
    if (args->alpha == 1) {
        run_parallel(&run);
    } else {
        status = run_scaled(&run, args->alpha);
    }
    neural_fp_leave(state);
    return status;
}
