#include "pruning/mask.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/tensor/float_data.h"
#include "pruning/norm.h"
#include "pruning/select.h"

/* What a block that is pruned already is worth: less than one of zeros. */
#define PRUNED (-1.0)

/* --- the blocks of a part --- */

static int64_t divide_up(int64_t a, int64_t b) {
    return a / b + (a % b != 0);
}

static int64_t block_count(const neural_prune_part *part) {
    return divide_up(part->rows, part->block_rows) * divide_up(part->cols, part->block_cols);
}

typedef struct block {
    int64_t row, col, rows, cols;
} block;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static block block_at(const neural_prune_part *part, int64_t i) {
    const int64_t across = divide_up(part->cols, part->block_cols);
    const int64_t row = i / across * part->block_rows, col = i % across * part->block_cols;
    return (block){row, col, smaller(part->block_rows, part->rows - row),
                   smaller(part->block_cols, part->cols - col)};
}

static int is_pruned(const neural_prune_part *part, const block *b) {
    for (int64_t row = b->row; row < b->row + b->rows; row++) {
        if (memchr(part->mask + row * part->cols + b->col, 1, (size_t)b->cols)) {
            return 0;
        }
    }
    return 1;
}

static void prune_block(const neural_prune_part *part, const block *b) {
    for (int64_t row = b->row; row < b->row + b->rows; row++) {
        memset(part->mask + row * part->cols + b->col, 0, (size_t)b->cols);
    }
}

static double worth(const neural_prune_part *part, const block *b, neural_prune_score score) {
    const neural_norm_area area = {part->values, part->dtype, part->cols, b->row,
                                   b->col,       b->rows,     b->cols};
    return score == NEURAL_PRUNE_L1 ? neural_norm_l1(&area) : neural_norm_l2(&area);
}

/* --- the choice --- */

static neural_status check_part(const neural_prune_part *part, int i) {
    const int is_empty = part->rows == 0 || part->cols == 0;
    NEURAL_REQUIRE((part->values && part->mask) || is_empty, NEURAL_ERR_NULL_POINTER,
                   "mask_blocks: part %d has no %s", i, part->values ? "mask" : "values");
    NEURAL_REQUIRE(neural_dtype_is_float(part->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "mask_blocks: part %d is %s, expected f32 or f64", i,
                   neural_dtype_name(part->dtype));
    NEURAL_REQUIRE(part->rows >= 0 && part->cols >= 0 && part->block_rows >= 1 &&
                       part->block_cols >= 1,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "mask_blocks: part %d is [%" PRId64 ", %" PRId64 "] in blocks of %" PRId64
                   " x %" PRId64 ", expected sizes from 0 and blocks from 1 x 1",
                   i, part->rows, part->cols, part->block_rows, part->block_cols);
    int64_t len, bytes;
    NEURAL_REQUIRE(!__builtin_mul_overflow(part->rows, part->cols, &len) &&
                       !__builtin_mul_overflow(len, 16, &bytes),
                   NEURAL_ERR_TENSOR_TOO_LARGE,
                   "mask_blocks: part %d, [%" PRId64 ", %" PRId64 "], exceeds the largest size", i,
                   part->rows, part->cols);
    return NEURAL_OK;
}

static neural_status check_parts(const neural_prune_part *part, int count, int64_t *blocks) {
    *blocks = 0;
    for (int i = 0; i < count; i++) {
        NEURAL_TRY(check_part(&part[i], i));
        NEURAL_REQUIRE(!__builtin_add_overflow(*blocks, block_count(&part[i]), blocks) &&
                           *blocks <= INT64_MAX / 16,
                       NEURAL_ERR_TENSOR_TOO_LARGE, "mask_blocks: too many blocks in %d parts",
                       count);
    }
    return NEURAL_OK;
}

/* Single weights need no search for their block. */
static int is_single(const neural_prune_part *part) {
    return part->block_rows == 1 && part->block_cols == 1;
}

static void fill_single(const neural_prune_part *part, double *out) {
    for (int64_t i = 0; i < part->rows * part->cols; i++) {
        const double size = fabs(neural_float_get(part->values, part->dtype, i));
        out[i] = part->mask[i] ? size : PRUNED;
    }
}

static void fill_blocks(const neural_prune_part *part, neural_prune_score score,
                        const neural_random *stream, uint64_t first, double *out) {
    const int64_t blocks = block_count(part);
    for (int64_t k = 0; k < blocks; k++) {
        const block b = block_at(part, k);
        out[k] = is_pruned(part, &b) ? PRUNED
                 : score == NEURAL_PRUNE_RANDOM
                     ? neural_random_uniform_f64(stream, first + (uint64_t)k)
                     : worth(part, &b, score);
    }
}

static void fill_worth(const neural_prune_part *part, int count, neural_prune_score score,
                       uint64_t seed, double *out) {
    const neural_random stream = {seed, NEURAL_RANDOM_PRUNE, 0};
    int64_t at = 0;
    for (int i = 0; i < count; i++) {
        if (is_single(&part[i]) && score != NEURAL_PRUNE_RANDOM) {
            fill_single(&part[i], out + at);
        } else {
            fill_blocks(&part[i], score, &stream, (uint64_t)at, out + at);
        }
        at += block_count(&part[i]);
    }
}

static void prune_others(const neural_prune_part *part, int count, const uint8_t *keep) {
    for (int i = 0; i < count; i++) {
        const int64_t blocks = block_count(&part[i]);
        for (int64_t k = 0; k < blocks; k++) {
            if (is_single(&part[i])) {
                part[i].mask[k] &= keep[k];
            } else if (!keep[k]) {
                const block b = block_at(&part[i], k);
                prune_block(&part[i], &b);
            }
        }
        keep += blocks;
    }
}

neural_status neural_mask_blocks(const neural_prune_part *part, int count, neural_prune_score score,
                                 uint64_t seed, double sparsity) {
    int64_t blocks;
    NEURAL_REQUIRE(part || count == 0, NEURAL_ERR_NULL_POINTER, "mask_blocks: part is NULL");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT, "mask_blocks: count is %d", count);
    NEURAL_REQUIRE(sparsity >= 0 && sparsity <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "mask_blocks: sparsity is %g, expected a number in [0, 1]", sparsity);
    NEURAL_REQUIRE((int)score >= 0 && (int)score < NEURAL_PRUNE_SCORES, NEURAL_ERR_INVALID_ARGUMENT,
                   "mask_blocks: score is %d, expected 0 to %d", (int)score,
                   NEURAL_PRUNE_SCORES - 1);
    NEURAL_TRY(check_parts(part, count, &blocks));
    double *value = neural_alloc((size_t)blocks * sizeof *value);
    uint8_t *keep = neural_alloc((size_t)blocks);
    neural_status status = value && keep ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        const int64_t pruned = llround(sparsity * (double)blocks);
        fill_worth(part, count, score, seed, value);
        neural_select_largest(value, blocks, blocks - pruned, keep);
        prune_others(part, count, keep);
    }
    neural_free(value);
    neural_free(keep);
    return status;
}

/* --- N of M --- */

/* 1 when `a` is to be kept rather than `b`, which stands behind it: also where they are equal. */
static int outweighs(double a, double b) {
    return !(b > a) && !(b != b && a == a);
}

/* Keeps the n largest of a group of len, or fewer where fewer are left. */
static void keep_n(const void *values, neural_dtype dtype, int64_t first, int64_t len, int64_t n,
                   uint8_t *mask) {
    for (int64_t left = neural_mask_count(mask + first, len); left > n; left--) {
        int64_t least = -1;
        double least_size = 0;
        for (int64_t i = first; i < first + len; i++) {
            const double size = fabs(neural_float_get(values, dtype, i));
            if (mask[i] && (least < 0 || outweighs(least_size, size))) {
                least = i;
                least_size = size;
            }
        }
        mask[least] = 0;
    }
}

static neural_status check_matrix(const void *values, const uint8_t *mask, neural_dtype dtype,
                                  int64_t rows, int64_t cols) {
    const neural_prune_part part = {values, dtype, rows, cols, 1, 1, (uint8_t *)mask};
    return check_part(&part, 0);
}

neural_status neural_mask_n_of_m(const void *values, neural_dtype dtype, int64_t rows, int64_t cols,
                                 int64_t n, int64_t m, uint8_t *mask) {
    NEURAL_TRY(check_matrix(values, mask, dtype, rows, cols));
    NEURAL_REQUIRE(n >= 1 && n <= m, NEURAL_ERR_INVALID_ARGUMENT,
                   "mask_n_of_m: %" PRId64 " of %" PRId64 ", expected 1 <= n <= m", n, m);
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t col = 0; col < cols; col += smaller(m, cols - col)) {
            keep_n(values, dtype, row * cols + col, smaller(m, cols - col), n, mask);
        }
    }
    return NEURAL_OK;
}

int neural_mask_is_n_of_m(const uint8_t *mask, int64_t rows, int64_t cols, int64_t n, int64_t m) {
    for (int64_t row = 0; row < rows && m > 0; row++) {
        for (int64_t col = 0; col < cols; col += smaller(m, cols - col)) {
            if (neural_mask_count(mask + row * cols + col, smaller(m, cols - col)) > n) {
                return 0;
            }
        }
    }
    return m > 0;
}

int64_t neural_mask_count(const uint8_t *mask, int64_t len) {
    int64_t count = 0;
    for (int64_t i = 0; i < len; i++) {
        count += mask[i];
    }
    return count;
}
