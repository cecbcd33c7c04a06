/* The loops around the int8 tiles:
 *
 *   for each panel of 64 columns   (packed, it stays in L2)
 *     for each tile of rows
 *       tile, over all of k
 *       correction, scaling, conversion: the sums are still in L1
 */
#include <string.h>

#include "core/tensor/qgemm_job.h"

/* What belongs to the columns of a panel; x and y are those of neural_qgemm_result. */
typedef struct panel_columns {
    _Alignas(64) int32_t start[NEURAL_QGEMM_PANEL];
    float scale[NEURAL_QGEMM_PANEL], bias[NEURAL_QGEMM_PANEL];
    int32_t sums[NEURAL_QGEMM_PANEL], x[NEURAL_QGEMM_PANEL], y[NEURAL_QGEMM_PANEL];
} panel_columns;

/* What belongs to the rows of a tile. */
typedef struct tile_rows {
    int32_t x[NEURAL_QGEMM_MAX_ROWS], y[NEURAL_QGEMM_MAX_ROWS];
    float scale[NEURAL_QGEMM_MAX_ROWS];
} tile_rows;

/* A panel at work: columns [j, j + columns), `width` with those up to a whole group. */
typedef struct panel_work {
    const neural_qgemm_job *job;
    const int8_t *b;
    int64_t j, columns, width;
    panel_columns of;
    const int32_t *start; /* what sums start from; NULL: zeros */
    const float *scale, *bias;
} panel_work;

typedef int32_t tile_sums[NEURAL_QGEMM_MAX_ROWS][NEURAL_QGEMM_PANEL];

static uint32_t a_zero(const neural_qgemm_job *job, int64_t row) {
    const neural_qgemm_args *args = job->args;
    const int32_t zero =
        args->a_zero_points ? args->a_zero_points[args->a_zero_per_row ? row : 0] : 0;
    return (uint32_t)(zero + job->flip);
}

/* --- columns -------------------------------------------------------------------------------------
 */

/* Adds what does not depend on the row to where the sums start. */
static void fill_start(panel_work *work, const int32_t *sums) {
    const neural_qgemm_job *job = work->job;
    const neural_qgemm_args *args = job->args;
    const int has_bias = args->bias && args->output != NEURAL_QGEMM_F32;
    const uint32_t zero = args->a_zero_per_row || !sums ? 0 : a_zero(job, 0);
    int32_t *const start = work->of.start;
    const int is_bias = has_bias && !zero && work->columns == work->width;
    work->start = is_bias ? (const int32_t *)args->bias + work->j : has_bias || zero ? start : NULL;
    if (is_bias || !work->start) {
        return;
    }
    memset(start, 0, sizeof work->of.start);
    if (has_bias) {
        memcpy(start, (const int32_t *)args->bias + work->j, (size_t)work->columns * sizeof *start);
    }
    for (int64_t c = 0; zero && c < work->columns; c++) {
        start[c] = (int32_t)((uint32_t)start[c] - zero * (uint32_t)work->of.x[c]);
    }
}

/* The elements of this panel where they are, or, where it has fewer columns than it is wide, a copy
 * with the first one again. */
static const float *take_columns(const panel_work *work, float *to, const float *from) {
    if (work->columns == work->width) {
        return from + work->j;
    }
    memcpy(to, from + work->j, (size_t)work->columns * sizeof *to);
    for (int64_t c = work->columns; c < work->width; c++) {
        to[c] = from[work->j];
    }
    return to;
}

static void fill_scales(panel_work *work) {
    const neural_qgemm_args *args = work->job->args;
    panel_columns *of = &work->of;
    if (args->scales && args->scale_per_column) {
        work->scale = take_columns(work, of->scale, args->scales);
    } else {
        const float scale = args->scales ? args->scales[0] : 1;
        for (int64_t c = 0; c < work->width; c++) {
            of->scale[c] = scale;
        }
        work->scale = of->scale;
    }
    if (args->bias && args->output == NEURAL_QGEMM_F32) {
        work->bias = take_columns(work, of->bias, args->bias);
    }
}

/* What x and y hold for the columns of B's zero points; without those y stays zero. */
static void fill_zeros(panel_work *work, const int32_t *sums) {
    const int32_t *zeros = work->job->args->b_zero_points;
    const uint32_t k = (uint32_t)work->job->args->k;
    panel_columns *of = &work->of;
    if (sums) {
        memcpy(of->x, sums, (size_t)work->width * sizeof *sums);
    } else {
        memset(of->x, 0, sizeof of->x);
    }
    for (int64_t c = 0; zeros && c < work->columns; c++) {
        const int32_t zero = zeros[work->j + c];
        of->x[c] = (int32_t)((uint32_t)of->x[c] - k * (uint32_t)zero);
        of->y[c] = zero;
    }
}

/* sums is NULL where nothing of A's zero points is left to correct. */
static void fill_columns(panel_work *work, const int32_t *sums) {
    if (work->job->needs_correction || sums) {
        fill_zeros(work, sums);
    }
    fill_start(work, sums);
    if (work->job->args->output != NEURAL_QGEMM_S32) {
        fill_scales(work);
    }
}

/* --- results -------------------------------------------------------------------------------------
 */

static int64_t output_bytes(const neural_qgemm_args *args) {
    return args->output == NEURAL_QGEMM_S32 || args->output == NEURAL_QGEMM_F32 ? 4 : 1;
}

static void fill_rows(const neural_qgemm_job *job, int64_t row, int64_t rows, tile_rows *of) {
    const neural_qgemm_args *args = job->args;
    const uint32_t k = (uint32_t)args->k;
    for (int64_t i = 0; i < rows; i++) {
        const uint32_t zero = a_zero(job, row + i);
        const uint32_t sum = job->row_sums ? (uint32_t)job->row_sums[row + i] : 0;
        of->x[i] = args->a_zero_per_row && !job->use_dot ? (int32_t)(0 - zero) : 0;
        of->y[i] = (int32_t)(job->use_dot ? k * zero - sum : 0 - sum);
        of->scale[i] = args->row_scales ? args->row_scales[row + i] : 1;
    }
}

/* Where the bounds of the type, or zero, lie before the zero point is added. */
static void fill_bounds(const neural_qgemm_args *args, neural_qgemm_result *result) {
    const int32_t lowest = args->output == NEURAL_QGEMM_U8 ? 0 : -128;
    const int32_t highest = args->output == NEURAL_QGEMM_U8 ? 255 : 127;
    const int32_t zero = args->c_zero_point;
    result->low = (float)((args->relu && zero > lowest ? zero : lowest) - zero);
    result->high = (float)(highest - zero);
    result->zero_point = zero;
}

static int64_t result_flags(const neural_qgemm_job *job) {
    const neural_qgemm_args *args = job->args;
    return (job->needs_correction ? NEURAL_QGEMM_CORRECT : 0) |
           (args->row_scales ? NEURAL_QGEMM_ROW_SCALE : 0) | (args->bias ? NEURAL_QGEMM_BIAS : 0) |
           (args->relu ? NEURAL_QGEMM_RELU : 0);
}

/* From the sums of a tile to C; the columns that make the last group whole go no further than a
 * copy. */
static void finish_tile(const panel_work *work, int64_t row, int64_t rows, tile_sums acc) {
    static const int32_t kinds[] = {NEURAL_QGEMM_TO_S32, NEURAL_QGEMM_TO_F32, NEURAL_QGEMM_TO_I8,
                                    NEURAL_QGEMM_TO_I8};
    const neural_qgemm_job *job = work->job;
    const neural_qgemm_args *args = job->args;
    const int64_t size = output_bytes(args), ld = args->ldc * size;
    char *const c = (char *)args->c + row * ld + work->j * size;
    const int is_whole = work->columns == work->width;
    _Alignas(64) char copy[sizeof(tile_sums)];
    tile_rows of;
    if (job->needs_correction || args->row_scales) {
        fill_rows(job, row, rows, &of);
    }
    neural_qgemm_result result = {.acc = acc[0],
                                  .acc_row = NEURAL_QGEMM_PANEL,
                                  .dst = is_whole ? c : copy,
                                  .dst_row = is_whole ? ld : NEURAL_QGEMM_PANEL * size,
                                  .m = rows,
                                  .n = work->width,
                                  .scale = work->scale,
                                  .bias = work->bias,
                                  .row_x = of.x,
                                  .col_x = work->of.x,
                                  .row_y = of.y,
                                  .col_y = work->of.y,
                                  .row_scale = of.scale,
                                  .kind = kinds[args->output],
                                  .flags = result_flags(job)};
    fill_bounds(args, &result);
    job->kernels->finish(&result);
    for (int64_t i = 0; !is_whole && i < rows; i++) {
        memcpy(c + i * ld, copy + i * result.dst_row, (size_t)(work->columns * size));
    }
}

/* --- tiles ---------------------------------------------------------------------------------------
 */

static void run_tile(const panel_work *work, int64_t row, int64_t rows) {
    const neural_qgemm_job *job = work->job;
    const neural_qgemm_args *args = job->args;
    const neural_qgemm_kernels *kernels = job->kernels;
    _Alignas(64) tile_sums acc;
    const int is_direct =
        args->output == NEURAL_QGEMM_S32 && !job->needs_correction && work->columns == work->width;
    int32_t *const c = is_direct ? (int32_t *)args->c + row * args->ldc + work->j : acc[0];
    neural_qgemm_panel tile = {.a = job->a + row * job->a_row,
                               .a_row = job->a_row,
                               .b_row = 4 * work->width,
                               .c_row = is_direct ? args->ldc : NEURAL_QGEMM_PANEL,
                               .m = rows,
                               .k = job->quads,
                               .flags = job->flip ? NEURAL_QGEMM_FLIP : 0};
    for (int64_t j = 0; j < work->width; j += kernels->nr) {
        tile.n = work->width - j < kernels->nr ? work->width - j : kernels->nr;
        tile.b = work->b + 4 * j;
        tile.c = c + j;
        tile.start = work->start ? work->start + j : NULL;
        kernels->tile(&tile);
    }
    if (!is_direct) {
        finish_tile(work, row, rows, acc);
    }
}

static void run_dots(const panel_work *work, int64_t row, int64_t rows) {
    const neural_qgemm_job *job = work->job;
    const neural_qgemm_args *args = job->args;
    const int is_signed = args->a_is_signed;
    _Alignas(64) tile_sums acc;
    memset(acc, 0, sizeof acc);
    for (int64_t i = 0; i < rows; i++) {
        const neural_qgemm_panel dot = {.a = (const char *)args->a + (row + i) * args->lda,
                                        .b = args->b + work->j * (args->trans_b ? args->ldb : 1),
                                        .b_row = args->ldb,
                                        .c = acc[i],
                                        .m = 1,
                                        .n = work->columns,
                                        .k = args->k,
                                        .start = work->start,
                                        .flags = is_signed ? NEURAL_QGEMM_FLIP : 0,
                                        .zero = (int32_t)a_zero(job, row + i) +
                                                (is_signed ? 128 - job->flip : 0)};
        (args->trans_b ? job->kernels->dot : job->kernels->sweep)(&dot);
    }
    finish_tile(work, row, rows, acc);
}

/* Rows cut into tiles of nearly equal height. */
static void run_rows(const panel_work *work, int64_t row, int64_t row_end) {
    const int64_t mr = work->job->kernels->mr, tiles = (row_end - row + mr - 1) / mr;
    for (int64_t t = tiles; t > 0; t--) {
        const int64_t rows = (row_end - row + t - 1) / t;
        if (work->job->use_dot) {
            run_dots(work, row, rows);
        } else {
            run_tile(work, row, rows);
        }
        row += rows;
    }
}

void neural_qgemm_run(const neural_qgemm_job *job, int64_t row, int64_t row_end, int64_t first,
                      int64_t last, int8_t *panel) {
    const neural_qgemm_args *args = job->args;
    panel_work work;
    work.job = job;
    work.scale = work.bias = NULL;
    memset(work.of.y, 0, sizeof work.of.y);
    for (int64_t p = first; p < last; p++) {
        const int64_t j = p * NEURAL_QGEMM_PANEL, left = args->n - j;
        const int32_t *sums = NULL;
        work.j = j;
        work.columns = left < NEURAL_QGEMM_PANEL ? left : NEURAL_QGEMM_PANEL;
        work.width = neural_qgemm_quad_bytes(args->n, j) / 4;
        if (args->packed) {
            work.b = args->packed->data + job->quads * 4 * j;
            sums = job->needs_column_sums ? args->packed->sums + j : NULL;
        } else if (!job->use_dot) {
            if (args->k > 0) {
                neural_qgemm_pack_panel(job->kernels, job->moves, args->trans_b,
                                        args->b + (args->trans_b ? j * args->ldb : j), args->ldb,
                                        args->k, work.columns, panel);
            }
            work.b = panel;
            if (job->needs_column_sums) {
                neural_qgemm_sum_columns(job->kernels, panel, job->quads, 4 * work.width,
                                         work.of.sums);
                sums = work.of.sums;
            }
        }
        fill_columns(&work, sums);
        run_rows(&work, row, row_end);
    }
}
