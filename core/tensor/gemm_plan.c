/* How a product of a given shape is done. Nothing decided here can change a bit of the result. */
#include "core/tensor/gemm_job.h"

/* Up to this size, in rows of a panel, an unpacked B is read as fast as a packed one: narrow panels
 * use little of each page. */
static const int64_t DIRECT_B_ROWS = 1024;

/* B is packed in strips of at least this width, whatever the width of a panel. */
static const int64_t GROUP_BYTES = 256;

/* Rows that pay for copying a B panel first. */
static const int64_t PACK_B_ROWS = 96;

/* Up to this size of B the tall tile is the better one. */
static const int64_t SMALL_B_BYTES = 48 * 1024;

/* Rows of a block, per byte of a panel's width: the narrower the panel, the more often A is read,
 * and the closer it has to lie. */
static const int64_t BLOCK_ROWS_PER_BYTE = 8;

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

void neural_gemm_plan(neural_gemm_job *job) {
    const int64_t size = job->type->size;
    job->use_gemv = job->m == 1 && job->b_col == 1 && job->alpha == 1 && job->n >= 64;
    job->tile = choose_tile(job);
    const int64_t blocks = divide_up(job->k, job->tile->k_block);
    job->k_step = blocks > 1 ? divide_up(job->k, blocks) : job->k;
    job->pack_b = job->b_col != 1 ||
                  (job->m >= PACK_B_ROWS && job->n * job->k > DIRECT_B_ROWS * job->tile->nr);
    job->pack_a = job->alpha != 1 || (job->a_col != 1 && job->k > 128 && job->n > job->tile->nr);
    const int64_t block_rows = BLOCK_ROWS_PER_BYTE * job->tile->nr * size;
    job->m_step = job->m < block_rows ? job->m : block_rows;
    job->group = divide_up(GROUP_BYTES, job->tile->nr * size) * job->tile->nr;
    const int64_t columns = job->n < job->group ? job->n : job->group;
    job->panel_bytes = job->pack_b ? (job->k_step * columns * size + 63) & ~(int64_t)63 : 0;
    job->scratch_bytes = job->panel_bytes + (job->pack_a ? job->m_step * job->k_step * size : 0);
}
