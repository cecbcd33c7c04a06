/* The loops around the micro-kernel:
 *
 *   for each block of columns        (its B stays in L3)
 *     for each block of k            (C is reloaded, the chain continues)
 *       for each block of rows       (its A and C stay in L2)
 *         pack A
 *         for each panel of nr columns
 *           pack it, with the others of its group, unless an earlier block of rows did
 *           for each tile of rows
 *             micro-kernel
 *           after the last block of k: activation and residual
 */
#include "core/tensor/gemm_job.h"

/* How the tiles of a block find A: rows apart, or packed tiles one after the other. */
typedef struct a_block {
    const char *data;
    int64_t row, col; /* of unpacked rows, in elements */
} a_block;

/* What follows a panel: its first tile of C, and its B, which the tiles before bring nearer: tile t
 * fetches a line at b + t*tile_bytes and one every k_bytes. */
typedef struct next_panel {
    char *c;
    const char *b;
    int64_t tile_bytes, k_bytes;
} next_panel;

/* One panel of B, at tile->b, and all tiles of rows beneath it; c and bias are those of its first
 * element. */
static void run_panel(const neural_gemm_job *job, neural_gemm_panel *tile, const a_block *block,
                      char *c, const char *bias, int64_t rows, const next_panel *next) {
    const int64_t size = job->type->size;
    const neural_gemm_row_cut cut = neural_gemm_cut_rows(rows, job->tile->mr);
    const int64_t bias_step = tile->flags & NEURAL_GEMM_ADD_ROW ? size : 0;
    const char *a = block->data;
    for (int64_t t = 0; t < cut.tiles; t++) {
        tile->m = cut.height + (t < cut.taller);
        tile->a = a;
        if (job->pack_a) {
            tile->a_row = 1;
            tile->a_col = tile->m;
            a += neural_gemm_spread(tile->m * tile->k * size);
        } else {
            tile->a_row = block->row;
            tile->a_col = block->col;
            a += tile->m * block->row * size;
        }
        tile->c = c;
        c += tile->m * job->c_row * size;
        tile->next_c = t + 1 < cut.tiles ? c : next->c;
        tile->fetch = next->b + (t * 64 < tile->n * size ? t * next->tile_bytes : 0);
        tile->fetch_bytes = next->k_bytes;
        tile->bias = bias;
        job->tile->kernel(tile);
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

/* Packs `tiles` tiles of equal height; returns the bytes they take. */
static int64_t pack_a_tiles(const neural_gemm_job *job, const char *a, char *packed, int64_t height,
                            int64_t tiles, int64_t k) {
    const int64_t size = job->type->size;
    const int64_t panel = neural_gemm_spread(height * k * size);
    if (job->a_row == 1 && job->alpha == 1) {
        job->type->pack_strips(packed, a, job->a_col, height, tiles, k);
        return tiles * panel;
    }
    for (int64_t t = 0; t < tiles; t++) {
        job->type->pack_a(packed + t * panel, a + t * height * job->a_row * size, job->a_row,
                          job->a_col, height, k, job->alpha);
    }
    return tiles * panel;
}

/* Packs in the tiles in which run_panel walks over the rows. */
static void pack_a_rows(const neural_gemm_job *job, const char *a, char *packed, int64_t rows,
                        int64_t k) {
    const neural_gemm_row_cut cut = neural_gemm_cut_rows(rows, job->tile->mr);
    packed += pack_a_tiles(job, a, packed, cut.height + 1, cut.taller, k);
    a += cut.taller * (cut.height + 1) * job->a_row * job->type->size;
    pack_a_tiles(job, a, packed, cut.height, cut.tiles - cut.taller, k);
}

/* A of a block of rows, in the form in which the tiles will read it. */
static void prepare_a(const neural_gemm_job *job, const char *a, char *packed, int64_t rows,
                      int64_t k, a_block *out) {
    out->data = a;
    out->row = job->a_row;
    out->col = job->a_col;
    if (job->pack_a) {
        pack_a_rows(job, a, packed, rows, k);
        out->data = packed;
    }
}

/* A block of C: rows [row, row + rows), columns [col, col + cols), k from k0 on. */
typedef struct c_block {
    int64_t row, rows, col, cols, k0;
} c_block;

/* What follows the panel of column j of this block: the next one, packed or still where B lies, or
 * the first one of the next block of rows. */
static void find_next(const neural_gemm_job *job, const neural_gemm_panel *tile,
                      const c_block *block, int64_t j, const char *scratch, next_panel *next) {
    const int64_t size = job->type->size, following = j + tile->n;
    const int wraps = following >= block->cols;
    const int64_t row = block->row + (wraps ? block->rows : 0), col = wraps ? 0 : following;
    next->c = job->c + (row * job->c_row + block->col + col) * size;
    if (job->keep_b && row > 0) {
        next->b = scratch + col * tile->k * size;
        next->tile_bytes = tile->k * 64;
        next->k_bytes = 64;
    } else if (!wraps && job->pack_b && job->b_col == 1) {
        next->b = job->b + (block->k0 * job->b_row + block->col + col) * size;
        next->tile_bytes = 64;
        next->k_bytes = job->b_row * size;
    }
}

static void run_block(const neural_gemm_job *job, neural_gemm_panel *tile, const c_block *block,
                      char *scratch) {
    const int64_t size = job->type->size;
    const char *a = job->a + (block->row * job->a_row + block->k0 * job->a_col) * size;
    const char *b = job->b + (block->k0 * job->b_row + block->col * job->b_col) * size;
    char *c = job->c + (block->row * job->c_row + block->col) * size;
    a_block rows;
    prepare_a(job, a, scratch + job->panel_bytes, block->rows, tile->k, &rows);
    const int is_last = block->k0 + tile->k == job->k;
    for (int64_t j = 0; j < block->cols; j += tile->n) {
        const char *panel = b + j * job->b_col * size;
        const int64_t left = block->cols - j;
        tile->n = left < job->tile->nr ? left : job->tile->nr;
        tile->b = panel;
        tile->b_row = job->b_row;
        if (job->pack_b) {
            const int64_t within = j % job->group;
            char *packed = scratch + (job->keep_b ? j : within) * tile->k * size;
            if (within == 0 && (block->row == 0 || !job->keep_b)) {
                pack_b_group(job, panel, packed, left < job->group ? left : job->group, tile->k);
            }
            tile->b = packed;
            tile->b_row = tile->n;
        }
        const int64_t first_bias =
            tile->flags & NEURAL_GEMM_ADD_COLUMN ? block->col + j : block->row;
        next_panel next = {.c = c, .b = tile->b};
        if (job->tile == &job->tiles->wide) {
            find_next(job, tile, block, j, scratch, &next);
        }
        run_panel(job, tile, &rows, c + j * size, job->bias + first_bias * size, block->rows,
                  &next);
        if (is_last && job->finishes) {
            neural_gemm_finish(job, block->row, block->col + j, block->rows, tile->n);
        }
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

/* One block of columns. */
static void run_columns(const neural_gemm_job *job, neural_gemm_panel *tile, c_block *block,
                        char *scratch) {
    do {
        const int64_t left = job->k - block->k0;
        tile->k = left < job->k_step ? left : job->k_step;
        tile->flags = block->k0 == 0 ? job->first_flags : NEURAL_GEMM_START_C;
        tile->flags |= tile->k == left ? job->last_flags : 0;
        for (block->row = 0; block->row < job->m; block->row += job->m_step) {
            const int64_t rows = job->m - block->row;
            block->rows = rows < job->m_step ? rows : job->m_step;
            run_block(job, tile, block, scratch);
        }
        block->k0 += tile->k;
    } while (block->k0 < job->k);
}

/* One block, and nothing to pack: small products, whose time goes into what surrounds the tiles. */
static int is_direct(const neural_gemm_job *job) {
    return !job->pack_a && !job->pack_b && !job->finishes && job->k_step == job->k &&
           job->m_step == job->m;
}

static void run_direct(const neural_gemm_job *job, neural_gemm_panel *tile) {
    const int64_t size = job->type->size;
    const int64_t bias_step = job->last_flags & NEURAL_GEMM_ADD_COLUMN ? size : 0;
    const a_block rows = {job->a, job->a_row, job->a_col};
    next_panel next = {.c = job->c, .b = job->b};
    tile->k = job->k;
    tile->b_row = job->b_row;
    tile->flags = job->first_flags | job->last_flags;
    for (int64_t j = 0; j < job->n; j += tile->n) {
        const int64_t left = job->n - j;
        tile->n = left < job->tile->nr ? left : job->tile->nr;
        tile->b = job->b + j * size;
        next.c = job->c + (j + tile->n) * size;
        run_panel(job, tile, &rows, job->c + j * size, job->bias + j * bias_step, job->m, &next);
    }
}

void neural_gemm_run(const neural_gemm_job *job, char *scratch) {
    neural_gemm_panel tile = {.c_row = job->c_row, .beta = job->beta};
    if (job->use_gemv) {
        run_gemv(job, &tile);
        if (job->finishes) {
            neural_gemm_finish(job, 0, 0, 1, job->n);
        }
        return;
    }
    if (is_direct(job)) {
        run_direct(job, &tile);
        return;
    }
    for (int64_t col = 0; col < job->n; col += job->n_step) {
        const int64_t left = job->n - col;
        c_block block = {.col = col, .cols = left < job->n_step ? left : job->n_step};
        run_columns(job, &tile, &block, scratch);
    }
}
