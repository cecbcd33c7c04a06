#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "data/transform.h"

/* One array per statistic, `features` long. */
typedef struct stats {
    int64_t features;
    double *mean, *m2, *min, *max;
    double *row; /* the current row as f64 */
} stats;

/* Welford (1962): with d = x_n - mean_(n-1),
 * mean_n = mean_(n-1) + d / n,  M2_n = M2_(n-1) + d * (x_n - mean_n),  variance = M2_n / n. */
static void add_row(stats *all, int64_t n) {
    const double share = 1.0 / (double)n, *x = all->row;
    for (int64_t j = 0; j < all->features; j++) {
        const double d = x[j] - all->mean[j];
        all->mean[j] += d * share;
        all->m2[j] += d * (x[j] - all->mean[j]);
    }
    for (int64_t j = 0; j < all->features; j++) {
        all->min[j] = x[j] < all->min[j] ? x[j] : all->min[j];
        all->max[j] = x[j] > all->max[j] ? x[j] : all->max[j];
    }
}

/* Column of the first number that is not finite, -1 when there is none: x - x is 0 else NaN. */
static int64_t find_nonfinite(const stats *all) {
    double sum = 0.0;
    for (int64_t j = 0; j < all->features; j++) {
        sum += all->row[j] - all->row[j];
    }
    if (sum == 0.0) {
        return -1;
    }
    int64_t column = 0;
    for (; isfinite(all->row[column]); column++) {
    }
    return column;
}

static void load_row(stats *all, const neural_tensor *x, int64_t row) {
    if (neural_tensor_dtype(x) == NEURAL_DTYPE_F64) {
        const double *src = (const double *)neural_tensor_data(x) + row * all->features;
        memcpy(all->row, src, (size_t)all->features * sizeof(double));
        return;
    }
    const float *src = (const float *)neural_tensor_data(x) + row * all->features;
    for (int64_t j = 0; j < all->features; j++) {
        all->row[j] = src[j];
    }
}

static neural_status add_rows(stats *all, const neural_tensor *x, const int64_t *rows,
                              int64_t count) {
    const int64_t total = neural_tensor_dims(x)[0];
    for (int64_t j = 0; j < all->features; j++) {
        all->min[j] = INFINITY;
        all->max[j] = -INFINITY;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = rows ? rows[i] : i;
        NEURAL_REQUIRE(row >= 0 && row < total, NEURAL_ERR_INVALID_ARGUMENT,
                       "column_stats: row %" PRId64 " is outside [0, %" PRId64 ")", row, total);
        load_row(all, x, row);
        const int64_t bad = find_nonfinite(all);
        NEURAL_REQUIRE(
            bad < 0, isnan(all->row[bad]) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INF_DETECTED,
            "column_stats: row %" PRId64 ", column %" PRId64 " is %g", row, bad, all->row[bad]);
        add_row(all, i + 1);
    }
    return NEURAL_OK;
}

static void copy_out(double *dst, const double *src, int64_t len) {
    if (dst) {
        memcpy(dst, src, (size_t)len * sizeof(double));
    }
}

static neural_status require_matrix(const neural_tensor *x, const int64_t *rows,
                                    int64_t row_count) {
    NEURAL_REQUIRE(x, NEURAL_ERR_NULL_POINTER, "column_stats: x is NULL");
    NEURAL_REQUIRE(neural_dtype_is_float(neural_tensor_dtype(x)), NEURAL_ERR_DTYPE_MISMATCH,
                   "column_stats: x has to be f32 or f64, not %s",
                   neural_dtype_name(neural_tensor_dtype(x)));
    NEURAL_REQUIRE(neural_tensor_ndim(x) == 2 && neural_tensor_is_contiguous(x),
                   NEURAL_ERR_DIM_MISMATCH, "column_stats: x has to be [rows, features]");
    NEURAL_REQUIRE((rows ? row_count : neural_tensor_dims(x)[0]) >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "column_stats: needs at least 1 row");
    return NEURAL_OK;
}

neural_status neural_column_stats(const neural_tensor *x, const int64_t *rows, int64_t row_count,
                                  double *mean, double *std, double *min, double *max) {
    NEURAL_TRY(require_matrix(x, rows, row_count));
    const int64_t features = neural_tensor_dims(x)[1];
    const int64_t count = rows ? row_count : neural_tensor_dims(x)[0];
    int64_t bytes;
    NEURAL_TRY(neural_size_mul(features, 5 * (int64_t)sizeof(double), &bytes));
    double *memory = neural_alloc_zeroed((size_t)bytes);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    stats all = {features,
                 memory,
                 memory + features,
                 memory + 2 * features,
                 memory + 3 * features,
                 memory + 4 * features};
    const neural_fp_state state = neural_fp_enter();
    const neural_status status = add_rows(&all, x, rows, count);
    if (!status) {
        for (int64_t j = 0; j < features; j++) {
            all.m2[j] = sqrt(all.m2[j] / (double)count);
        }
        copy_out(mean, all.mean, features);
        copy_out(std, all.m2, features);
        copy_out(min, all.min, features);
        copy_out(max, all.max, features);
    }
    neural_fp_leave(state);
    neural_free(memory);
    return status;
}
