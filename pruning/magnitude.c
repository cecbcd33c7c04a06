#include "pruning/magnitude.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/tensor/float_data.h"
#include "pruning/norm.h"
#include "pruning/select.h"

static neural_status check(const char *caller, const void *values, neural_dtype dtype,
                           int64_t len) {
    NEURAL_REQUIRE(values || len == 0, NEURAL_ERR_NULL_POINTER, "%s: values is NULL", caller);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: values are %s, expected f32 or f64", caller, neural_dtype_name(dtype));
    NEURAL_REQUIRE(len >= 0 && len <= INT64_MAX / 16, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %" PRId64 " values, expected a number from 0", caller, len);
    return NEURAL_OK;
}

static void give(int64_t *out, int64_t value) {
    if (out) {
        *out = value;
    }
}

/* --- single weights --- */

neural_status neural_prune_magnitude(void *values, neural_dtype dtype, int64_t len,
                                     double threshold, uint8_t *mask, int64_t *pruned) {
    NEURAL_TRY(check("prune_magnitude", values, dtype, len));
    int64_t count = 0;
    for (int64_t i = 0; i < len; i++) {
        const int goes = fabs(neural_float_get(values, dtype, i)) < threshold;
        if (goes) {
            neural_float_put(values, dtype, i, 0);
        }
        if (mask) {
            mask[i] = !goes;
        }
        count += goes;
    }
    give(pruned, count);
    return NEURAL_OK;
}

/* |w| of every weight, to be freed. */
static neural_status sizes_of(const void *values, neural_dtype dtype, int64_t len, double **out) {
    double *size = neural_alloc((size_t)len * sizeof *size);
    if (!size) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < len; i++) {
        size[i] = fabs(neural_float_get(values, dtype, i));
    }
    *out = size;
    return NEURAL_OK;
}

neural_status neural_prune_top(void *values, neural_dtype dtype, int64_t len, double keep_ratio,
                               uint8_t *mask, int64_t *pruned) {
    double *size = NULL;
    NEURAL_TRY(check("prune_top", values, dtype, len));
    NEURAL_REQUIRE(keep_ratio >= 0 && keep_ratio <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "prune_top: keep_ratio is %g, expected a number in [0, 1]", keep_ratio);
    NEURAL_TRY(sizes_of(values, dtype, len, &size));
    uint8_t *keep = mask ? mask : neural_alloc((size_t)len);
    neural_status status = keep ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    if (!status) {
        const int64_t kept = llround((double)len * keep_ratio);
        neural_select_largest(size, len, kept, keep);
        status = neural_prune_apply_mask(values, dtype, len, keep);
        give(pruned, len - kept);
    }
    neural_free(size);
    neural_free(mask ? NULL : keep);
    return status;
}

neural_status neural_prune_threshold(const void *values, neural_dtype dtype, int64_t len,
                                     double sparsity, double *threshold) {
    double *size = NULL;
    NEURAL_TRY(check("prune_threshold", values, dtype, len));
    NEURAL_REQUIRE(threshold, NEURAL_ERR_NULL_POINTER, "prune_threshold: threshold is NULL");
    NEURAL_REQUIRE(sparsity >= 0 && sparsity <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "prune_threshold: sparsity is %g, expected a number in [0, 1]", sparsity);
    const int64_t rank = (int64_t)((double)len * sparsity);
    if (len == 0 || rank >= len) {
        *threshold = len == 0 ? 0 : INFINITY;
        return NEURAL_OK;
    }
    NEURAL_TRY(sizes_of(values, dtype, len, &size));
    *threshold = neural_select_rank(size, len, rank);
    neural_free(size);
    return NEURAL_OK;
}

/* --- rows and columns --- */

static neural_status check_matrix(const char *caller, const void *values, neural_dtype dtype,
                                  int64_t rows, int64_t cols) {
    int64_t len = 0;
    NEURAL_REQUIRE(rows >= 0 && cols >= 0 && !__builtin_mul_overflow(rows, cols, &len),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: [%" PRId64 ", %" PRId64 "], expected sizes from 0", caller, rows, cols);
    return check(caller, values, dtype, len);
}

static void clear(void *values, const neural_norm_area *area) {
    for (int64_t row = area->row; row < area->row + area->rows; row++) {
        for (int64_t col = area->col; col < area->col + area->cols; col++) {
            neural_float_put(values, area->dtype, row * area->stride + col, 0);
        }
    }
}

/* `count` areas, each a step behind the one before. */
static int64_t prune_areas(void *values, neural_norm_area area, int64_t count, int64_t row_step,
                           int64_t col_step, double threshold, uint8_t *mask) {
    int64_t pruned = 0;
    for (int64_t i = 0; i < count; i++) {
        const int goes = neural_norm_l2(&area) < threshold;
        if (goes) {
            clear(values, &area);
        }
        if (mask) {
            mask[i] = !goes;
        }
        pruned += goes;
        area.row += row_step;
        area.col += col_step;
    }
    return pruned;
}

neural_status neural_prune_rows(void *values, neural_dtype dtype, int64_t rows, int64_t cols,
                                double threshold, uint8_t *row_mask, int64_t *pruned) {
    NEURAL_TRY(check_matrix("prune_rows", values, dtype, rows, cols));
    const neural_norm_area row = {values, dtype, cols, 0, 0, 1, cols};
    give(pruned, prune_areas(values, row, rows, 1, 0, threshold, row_mask));
    return NEURAL_OK;
}

neural_status neural_prune_cols(void *values, neural_dtype dtype, int64_t rows, int64_t cols,
                                double threshold, uint8_t *col_mask, int64_t *pruned) {
    NEURAL_TRY(check_matrix("prune_cols", values, dtype, rows, cols));
    const neural_norm_area col = {values, dtype, cols, 0, 0, rows, 1};
    give(pruned, prune_areas(values, col, cols, 0, 1, threshold, col_mask));
    return NEURAL_OK;
}

/* --- what is there --- */

neural_status neural_prune_count_nonzero(const void *values, neural_dtype dtype, int64_t len,
                                         int64_t *count) {
    NEURAL_TRY(check("prune_count_nonzero", values, dtype, len));
    NEURAL_REQUIRE(count, NEURAL_ERR_NULL_POINTER, "prune_count_nonzero: count is NULL");
    int64_t found = 0;
    for (int64_t i = 0; i < len; i++) {
        found += neural_float_get(values, dtype, i) != 0;
    }
    *count = found;
    return NEURAL_OK;
}

neural_status neural_prune_sparsity(const void *values, neural_dtype dtype, int64_t len,
                                    double *sparsity) {
    int64_t nonzero = 0;
    NEURAL_REQUIRE(sparsity, NEURAL_ERR_NULL_POINTER, "prune_sparsity: sparsity is NULL");
    NEURAL_TRY(neural_prune_count_nonzero(values, dtype, len, &nonzero));
    *sparsity = len ? (double)(len - nonzero) / (double)len : 0;
    return NEURAL_OK;
}

neural_status neural_prune_apply_mask(void *values, neural_dtype dtype, int64_t len,
                                      const uint8_t *mask) {
    NEURAL_TRY(check("prune_apply_mask", values, dtype, len));
    NEURAL_REQUIRE(mask || len == 0, NEURAL_ERR_NULL_POINTER, "prune_apply_mask: mask is NULL");
    if (dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->mask_scale_f32(values, values, mask, len, 1);
    } else {
        neural_kernels()->mask_scale_f64(values, values, mask, len, 1);
    }
    return NEURAL_OK;
}
