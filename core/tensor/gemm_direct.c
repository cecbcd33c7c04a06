#include "core/tensor/gemm_direct.h"

#include "core/tensor/gemm_turned.h"

/* A transposed B pays for the turn up to this size, or where C is no higher than a tile. */
static const int64_t TURN_BYTES = 4096;

/* Steps of k over all rows that pay for a call of the narrow tile. */
static const int64_t NARROW_STEPS = 256;

static const int64_t MAX_WORK = 512 * 1024 - 1, MAX_ROWS = 256, MAX_TURNED_A_DEPTH = 128;

/* More than 8 rows of A a multiple of 4096 bytes apart would share one set of L1. */
static int rows_collide(const neural_gemm_args *args, int64_t size) {
    return !args->trans_a && args->m > 8 && args->lda * size % 4096 == 0;
}

const neural_gemm_tile *neural_gemm_direct_tile(const neural_gemm_type *type,
                                                const neural_gemm_kernels *tiles,
                                                const neural_gemm_args *args) {
    const int64_t b_elements = NEURAL_GEMM_DIRECT_BYTES / type->size;
    if (args->alpha != 1 || args->residual || args->activation > NEURAL_GEMM_ACTIVATION_RELU ||
        args->m > MAX_ROWS || args->n > b_elements || args->k > b_elements ||
        args->k * args->n > b_elements || args->m * args->n * args->k > MAX_WORK ||
        neural_gemm_turned_takes(type, tiles, args)) {
        return NULL;
    }
    const neural_gemm_tile *tall = &tiles->tall, *wide = &tiles->wide;
    const neural_gemm_tile *tile =
        args->n <= tiles->narrow.nr                                        ? &tiles->narrow
        : args->n <= tall->nr || tall->mr * tall->nr > wide->mr * wide->nr ? tall
                                                                           : wide;
    const int one_tile = args->m <= tile->mr && args->n <= tile->nr;
    const int64_t b_bytes = args->k * args->n * type->size;
    if (args->trans_b && (b_bytes > TURN_BYTES || (!one_tile && args->m < args->n))) {
        return NULL;
    }
    if (args->trans_a && args->k > MAX_TURNED_A_DEPTH) {
        return NULL;
    }
    return one_tile || !rows_collide(args, type->size) ? tile : NULL;
}

void neural_gemm_direct_prepare(neural_gemm_direct *direct, neural_gemm_scalar beta,
                                int64_t first_flags) {
    static const int64_t bias_flags[] = {0, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_ADD_ROW};
    const neural_gemm_args *args = direct->args;
    neural_gemm_panel *panel = &direct->panel;
    panel->a_row = args->trans_a ? 1 : args->lda;
    panel->a_col = args->trans_a ? args->lda : 1;
    panel->b_row = args->trans_b ? args->n : args->ldb;
    panel->c_row = args->ldc;
    panel->k = args->k;
    panel->fetch_bytes = 0;
    panel->beta = beta;
    panel->flags = first_flags | bias_flags[args->bias_kind] |
                   (args->activation == NEURAL_GEMM_ACTIVATION_RELU ? NEURAL_GEMM_RELU : 0);
}

/* The tile for the next of `left` columns, and how many: what half a vector holds beyond a whole
 * one goes to the narrow tile, at half the cost of a masked vector. */
static const neural_gemm_tile *next_tile(const neural_gemm_direct *direct, int64_t left,
                                         int64_t *columns) {
    const neural_gemm_tile *narrow = &direct->tiles->narrow, *tile = direct->tile;
    const int64_t lanes = direct->type->lanes;
    if (left <= narrow->nr) {
        *columns = left;
        return narrow;
    }
    const int splits = left > lanes && left <= lanes + narrow->nr &&
                       direct->args->m * direct->args->k >= NARROW_STEPS;
    *columns = splits ? lanes : left < tile->nr ? left : tile->nr;
    return tile;
}

/* All rows under one strip of columns, in tiles of equal height; panel->b, c, n and the bias of the
 * first row are set. */
static void run_strip(neural_gemm_panel *panel, const neural_gemm_tile *tile, int64_t size,
                      const char *a, int64_t rows) {
    const neural_gemm_row_cut cut = neural_gemm_cut_rows(rows, tile->mr);
    const int64_t a_step = panel->a_row * size, c_step = panel->c_row * size;
    const int64_t bias_step = panel->flags & NEURAL_GEMM_ADD_ROW ? size : 0;
    for (uint32_t t = 0; t < cut.tiles; t++) {
        const int64_t m = cut.height + (t < cut.taller);
        char *next = (char *)panel->c + m * c_step;
        panel->m = m;
        panel->a = a;
        panel->next_c = next;
        tile->kernel(panel);
        a += m * a_step;
        panel->c = next;
        panel->bias = (const char *)panel->bias + m * bias_step;
    }
}

void neural_gemm_direct_run(neural_gemm_direct *direct, const char *a, const char *b, char *c,
                            char *turned, int is_turned) {
    const neural_gemm_args *args = direct->args;
    const int64_t size = direct->type->size, n = args->n;
    const char *bias = args->bias ? args->bias : c; /* never read without a flag */
    neural_gemm_panel *panel = &direct->panel;
    if (args->trans_b) {
        if (!is_turned) {
            direct->type->transpose(direct->kernels, turned, b, n, args->k, n, args->ldb);
        }
        b = turned;
    }
    panel->fetch = b;
    for (int64_t j = 0; j < n; j += panel->n) {
        const neural_gemm_tile *tile = next_tile(direct, n - j, &panel->n);
        panel->b = b + j * size;
        panel->c = c + j * size;
        panel->bias = bias + (panel->flags & NEURAL_GEMM_ADD_COLUMN ? j * size : 0);
        run_strip(panel, tile, size, a, args->m);
    }
}
