/* How a product of a given shape is done. Nothing decided here can change a bit of the result. */
#include "core/tensor/gemm_job.h"

/* Up to this size, in rows of a panel, an unpacked B is read as fast as a packed one: narrow panels
 * use little of each page. */
static const int64_t DIRECT_B_ROWS = 1024;

/* B is packed in strips of at least this width, whatever the width of a panel. */
static const int64_t GROUP_BYTES = 256;

/* Tiles of rows that a kept panel of B meets in a row. */
enum { KEPT_B_TILES = 8 };

/* What is kept of B at most. */
static const int64_t KEPT_B_BYTES = 4 << 20;

/* Rows that pay for copying a B panel first. */
static const int64_t PACK_B_ROWS = 96;

/* Up to this size of B the tall tile is the better one. */
static const int64_t SMALL_B_BYTES = 48 * 1024;

/* Rows of a block, per byte of a panel's width: the narrower the panel, the more often A is read,
 * and the closer it has to lie. */
static const int64_t BLOCK_ROWS_PER_BYTE = 8;

/* Depth from which a transposed A is copied: its elements lie a row apart, and share few sets of
 * L1. Tiles of two vectors of 64 bytes and more read few elements of A per step and wait for none,
 * unless its rows share so few sets of L2 that they leave it. */
static const int64_t FEW_PANELS_DEPTH = 128, MANY_PANELS_DEPTH = 32, COLLIDING_DEPTH = 512;
static const int64_t PATIENT_BYTES = 128;

static const neural_caches *assumed_caches;

void neural_gemm_assume_caches(const neural_caches *caches) {
    assumed_caches = caches;
}

static neural_caches caches_in_use(void) {
    return assumed_caches ? *assumed_caches : neural_cpu_caches();
}

static int64_t divide_up(int64_t a, int64_t b) {
    return a <= b ? 1 : (a + b - 1) / b;
}

/* Operations on 64-byte vectors for one row of C and one step of k; half vectors cost half. */
static double row_cost(int64_t columns, int64_t lanes) {
    return 2 * columns <= lanes ? 0.5 : (double)divide_up(columns, lanes);
}

/* Costs in vector operations, with 0.4 per transposed element (a 16 x 16 block takes about 100
 * cycles). */
int neural_gemm_wants_swap(const neural_gemm_job *job) {
    const int64_t lanes = job->type->lanes;
    const double m = (double)job->m, n = (double)job->n, k = (double)job->k;
    if (job->alpha != 1 || (job->b_col == 1 && job->n >= lanes) || m * n * k < 4096) {
        return 0;
    }
    const double plain = m * row_cost(job->n, lanes) * k;
    const double swapped = n * row_cost(job->m, lanes) * k;
    const double transpose_b = job->b_col == 1 ? 0 : 0.4 * n * k;
    const double transpose_a = job->a_row == 1 ? 0 : 0.4 * m * k;
    const double transpose_c = 0.4 * m * n * (job->first_flags ? 2 : 1);
    return swapped + transpose_a + transpose_c + 200 < plain + transpose_b;
}

static const neural_gemm_tile *choose_tile(const neural_gemm_job *job) {
    const neural_gemm_kernels *tiles = job->tiles;
    if (job->n <= tiles->narrow.nr) {
        return &tiles->narrow;
    }
    const int rows_collide = job->a_col == 1 && job->a_row * job->type->size % 4096 == 0;
    if (rows_collide && job->m > 8) {
        return &tiles->wide; /* more than 8 rows of A would share one set of L1 */
    }
    const int small = job->k * job->n * job->type->size <= SMALL_B_BYTES;
    const int tall_holds_more = tiles->tall.mr * tiles->tall.nr > tiles->wide.mr * tiles->wide.nr;
    return job->n <= tiles->tall.nr || (small && tall_holds_more) ? &tiles->tall : &tiles->wide;
}

static int64_t round_up(int64_t value, int64_t step) {
    return (value + step - 1) / step * step;
}

static int64_t packed_a_bytes(const neural_gemm_job *job) {
    if (!job->pack_a) {
        return 0;
    }
    const int64_t tiles = divide_up(job->m_step, job->tile->mr) + 1; /* may be lower than mr */
    return job->m_step * job->k_step * job->type->size + tiles * neural_gemm_spread(1) * 2;
}

/* B is packed once, in panels that stay in L3, and few rows at a time meet all of it: the pages of
 * A and C that a panel sees are few, and A comes from L2 after the first panel. */
static void plan_blocks(neural_gemm_job *job) {
    const int64_t size = job->type->size, nr = job->tile->nr, row_bytes = job->k_step * size;
    const int64_t l3_share = caches_in_use().l3 / 8;
    const int64_t kept = l3_share < KEPT_B_BYTES ? l3_share : KEPT_B_BYTES;
    job->keep_b = 1;
    job->m_step = KEPT_B_TILES * job->tile->mr;
    if (job->n > 2 * nr && job->n * row_bytes > kept) {
        const int64_t columns = kept / row_bytes > nr ? kept / row_bytes : nr;
        const int64_t blocks = divide_up(job->n, columns);
        job->n_step = round_up(divide_up(job->n, blocks), job->group);
    }
    job->panel_bytes = row_bytes * round_up(job->n_step, 64 / size);
}

static int wants_packed_a(const neural_gemm_job *job) {
    const neural_gemm_tile *tile = job->tile;
    const int64_t size = job->type->size;
    if (job->alpha != 1) {
        return 1;
    }
    if (job->a_col == 1 || job->n <= tile->nr) {
        return 0;
    }
    if (tile->nr * size >= PATIENT_BYTES) {
        return job->a_col * size % 4096 == 0 && job->k > COLLIDING_DEPTH;
    }
    const int many_panels = job->n >= 4 * tile->nr && job->m > 2 * tile->mr;
    return job->k > (many_panels ? MANY_PANELS_DEPTH : FEW_PANELS_DEPTH);
}

void neural_gemm_plan(neural_gemm_job *job) {
    const int64_t size = job->type->size;
    const neural_gemm_tile *tile = choose_tile(job);
    job->tile = tile;
    job->use_gemv = job->m == 1 && job->b_col == 1 && job->alpha == 1 && job->n >= 64;
    job->k_step = job->k;
    if (job->k > tile->k_block) {
        job->k_step = divide_up(job->k, divide_up(job->k, tile->k_block));
    }
    job->pack_b =
        job->b_col != 1 || (job->m >= PACK_B_ROWS && job->n * job->k > DIRECT_B_ROWS * tile->nr);
    job->pack_a = wants_packed_a(job);
    job->keep_b = 0;
    job->m_step = job->m;
    job->n_step = job->n;
    job->group = tile->nr;
    job->panel_bytes = 0;
    if (job->pack_b) {
        job->group = tile->nr * size >= GROUP_BYTES ? tile->nr : GROUP_BYTES / size;
        const int64_t columns = job->n < job->group ? job->n : job->group;
        job->panel_bytes = job->k_step * round_up(columns, 64 / size) * size;
    }
    if (job->pack_b && job->n > 2 * tile->nr && job->m > 2 * KEPT_B_TILES * tile->mr) {
        plan_blocks(job);
    } else if (job->m > BLOCK_ROWS_PER_BYTE * tile->nr * size) {
        job->m_step = BLOCK_ROWS_PER_BYTE * tile->nr * size;
    }
    job->scratch_bytes = job->panel_bytes + packed_a_bytes(job);
}
