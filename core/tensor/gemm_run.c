/* The loops around the micro-kernel:
 *
 *   for each block of k            (C is reloaded, the chain continues)
 *     for each block of rows       (A stays in L2 or L3)
 *       pack A
 *       for each panel of nr columns
 *         pack it, with the others of its group
 *         for each tile of rows
 *           micro-kernel
 */
#include "core/tensor/gemm_job.h"

/* Rows cut into tiles of equal height: `taller` ones of height + 1, then the rest. */
typedef struct row_cut {
    int64_t tiles, height, taller;
} row_cut;

static row_cut cut_rows(int64_t rows, int64_t mr) {
    if (rows <= mr) {
        return (row_cut){1, rows, 0};
    }
    const uint32_t tiles = (uint32_t)((rows + mr - 1) / mr);
    return (row_cut){tiles, rows / tiles, rows % tiles};
}

/* One panel of B, at tile->b, and all tiles of rows beneath it; a, c and bias are those of its
 * first element. */
static void run_panel(const neural_gemm_job *job, neural_gemm_panel *tile, const char *a, char *c,
                      const char *bias, int64_t rows) {
    const int64_t size = job->type->size;
    const row_cut cut = cut_rows(rows, job->tile->mr);
    const int64_t bias_step = tile->flags & NEURAL_GEMM_ADD_ROW ? size : 0;
    const int64_t a_step = job->pack_a ? tile->k * size : job->a_row * size;
    for (int64_t t = 0; t < cut.tiles; t++) {
        tile->m = cut.height + (t < cut.taller);
        tile->a = a;
        tile->a_row = job->pack_a ? 1 : job->a_row;
        tile->a_col = job->pack_a ? tile->m : job->a_col;
        tile->c = c;
        tile->bias = bias;
        job->tile->kernel(tile);
        a += tile->m * a_step;
        c += tile->m * job->c_row * size;
        bias += tile->m * bias_step;
    }
}

/* Packs `columns` columns of B, panel after panel, each dense. */
static void pack_b_group(const neural_gemm_job *job, const char *b, char *packed, int64_t columns,
                         int64_t k) {
    const int64_t size = job->type->size, nr = job->tile->nr;
    if (job->b_col == 1) {
        neural_gemm_pack_b(packed, b, job->b_row * size, k, columns * size, nr * size);
        return;
    }
    for (int64_t j = 0; j < columns; j += nr) {
        const int64_t n = columns - j < nr ? columns - j : nr;
        job->type->transpose(job->kernels, packed + j * k * size, b + j * job->b_col * size, n, k,
                             n, job->b_col);
    }
}

/* Packs in the tiles in which run_panel walks over the rows. */
static void pack_a_rows(const neural_gemm_job *job, const char *a, char *packed, int64_t rows,
                        int64_t k) {
    const int64_t size = job->type->size;
    const row_cut cut = cut_rows(rows, job->tile->mr);
    for (int64_t t = 0; t < cut.tiles; t++) {
        const int64_t height = cut.height + (t < cut.taller);
        job->type->pack_a(packed, a, job->a_row, job->a_col, height, k, job->alpha);
        packed += height * k * size;
        a += height * job->a_row * size;
    }
}

/* All columns of rows [row, row + rows) for k in [k0, k0 + tile->k). */
static void run_rows(const neural_gemm_job *job, neural_gemm_panel *tile, int64_t k0, int64_t row,
                     int64_t rows, char *scratch) {
    const int64_t size = job->type->size;
    const char *a = job->a + (row * job->a_row + k0 * job->a_col) * size;
    const char *b = job->b + k0 * job->b_row * size;
    char *c = job->c + row * job->c_row * size;
    if (job->pack_a) {
        pack_a_rows(job, a, scratch + job->panel_bytes, rows, tile->k);
        a = scratch + job->panel_bytes;
    }
    for (int64_t j = 0; j < job->n; j += tile->n) {
        const char *panel = b + j * job->b_col * size;
        const int64_t within = j % job->group, left = job->n - j;
        tile->n = left < job->tile->nr ? left : job->tile->nr;
        if (job->pack_b && within == 0) {
            pack_b_group(job, panel, scratch, left < job->group ? left : job->group, tile->k);
        }
        tile->b = job->pack_b ? scratch + within * tile->k * size : panel;
        tile->b_row = job->pack_b ? tile->n : job->b_row;
        const int64_t first_bias = tile->flags & NEURAL_GEMM_ADD_COLUMN ? j : row;
        run_panel(job, tile, a, c + j * size, job->bias + first_bias * size, rows);
    }
}

/* m = 1. */
static void run_gemv(const neural_gemm_job *job, neural_gemm_panel *tile) {
    tile->m = 1;
    tile->n = job->n;
    tile->k = job->k;
    tile->a = job->a;
    tile->a_col = job->a_col;
    tile->b = job->b;
    tile->b_row = job->b_row;
    tile->c = job->c;
    tile->bias = job->bias;
    tile->flags = job->first_flags | job->last_flags;
    job->tiles->gemv(tile);
}

void neural_gemm_run(const neural_gemm_job *job, char *scratch) {
    neural_gemm_panel tile = {.c_row = job->c_row, .beta = job->beta};
    if (job->use_gemv) {
        run_gemv(job, &tile);
        return;
    }
    int64_t k = 0;
    do {
        tile.k = job->k - k < job->k_step ? job->k - k : job->k_step;
        tile.flags = k == 0 ? job->first_flags : NEURAL_GEMM_START_C;
        tile.flags |= k + tile.k == job->k ? job->last_flags : 0;
        for (int64_t row = 0; row < job->m; row += job->m_step) {
            const int64_t rows = job->m - row < job->m_step ? job->m - row : job->m_step;
            run_rows(job, &tile, k, row, rows, scratch);
        }
        k += tile.k;
    } while (k < job->k);
}
