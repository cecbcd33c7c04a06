#include "fuzzy/surface.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "fuzzy/range.h"

enum { POINTS_AT_ONCE = 64 };

static int has_finite_range(const neural_fuzzy_variable *v) {
    return v && isfinite(v->minimum) && isfinite(v->maximum);
}

double neural_fuzzy_grid_value(const neural_fuzzy_system *system, int64_t input, int64_t i,
                               int64_t n) {
    const neural_fuzzy_variable *v = neural_fuzzy_system_input(system, input);
    if (!has_finite_range(v) || n < 1 || i < 0 || i >= n) {
        return NAN;
    }
    if (i == n - 1 && n > 1) {
        return v->maximum;
    }
    return neural_range_at(v->minimum, v->maximum, n > 1 ? (double)i / (double)(n - 1) : 0.5);
}

double neural_fuzzy_grid_middle(const neural_fuzzy_system *system, int64_t input) {
    const neural_fuzzy_variable *v = neural_fuzzy_system_input(system, input);
    if (!v) {
        return NAN;
    }
    if (has_finite_range(v)) {
        return neural_fuzzy_grid_value(system, input, 0, 1);
    }
    return isfinite(v->minimum) ? v->minimum : isfinite(v->maximum) ? v->maximum : 0;
}

static neural_status check_axis(const neural_fuzzy_system *system, int64_t input) {
    const neural_fuzzy_variable *v = neural_fuzzy_system_input(system, input);
    NEURAL_REQUIRE(v, NEURAL_ERR_INVALID_ARGUMENT, "fuzzy_surface: input %lld of %lld",
                   (long long)input, (long long)neural_fuzzy_system_inputs(system));
    NEURAL_REQUIRE(has_finite_range(v), NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_surface: the range of %s is %g ... %g, expected a finite one", v->name,
                   v->minimum, v->maximum);
    return NEURAL_OK;
}

static neural_status check(const neural_fuzzy_system *system, const neural_fuzzy_grid *grid,
                           const double *out) {
    int64_t total = 0;
    NEURAL_REQUIRE(system && grid && out, NEURAL_ERR_NULL_POINTER,
                   "fuzzy_surface: system, grid and out must be given");
    NEURAL_TRY(check_axis(system, grid->x));
    NEURAL_REQUIRE(grid->columns >= 1 && grid->rows >= 1 && (grid->y >= 0 || grid->rows == 1),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_surface: %lld x %lld points, expected 1 or more (1 row without y)",
                   (long long)grid->columns, (long long)grid->rows);
    NEURAL_TRY(neural_size_mul(grid->columns, grid->rows, &total));
    NEURAL_TRY(neural_size_mul(total, neural_fuzzy_system_outputs(system), &total));
    NEURAL_TRY(neural_size_mul(total, sizeof(double), &total));
    if (grid->y < 0) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(grid->x != grid->y, NEURAL_ERR_INVALID_ARGUMENT,
                   "fuzzy_surface: x and y are one input");
    return check_axis(system, grid->y);
}

/* Point number `index`, x running fastest. */
static void place(const neural_fuzzy_system *system, const neural_fuzzy_grid *grid, int64_t index,
                  double *point) {
    point[grid->x] = neural_fuzzy_grid_value(system, grid->x, index % grid->columns, grid->columns);
    if (grid->y >= 0) {
        point[grid->y] =
            neural_fuzzy_grid_value(system, grid->y, index / grid->columns, grid->rows);
    }
}

neural_status neural_fuzzy_surface(neural_fuzzy_system *system, const neural_fuzzy_grid *grid,
                                   double *out) {
    int64_t bytes = 0;
    NEURAL_TRY(check(system, grid, out));
    NEURAL_TRY(neural_fuzzy_system_prepare(system));
    const int64_t inputs = neural_fuzzy_system_inputs(system);
    const int64_t outputs = neural_fuzzy_system_outputs(system);
    const int64_t points = grid->columns * grid->rows;
    NEURAL_TRY(neural_size_mul(inputs, POINTS_AT_ONCE * sizeof(double), &bytes));
    double *x = neural_alloc((size_t)bytes);
    if (!x) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < inputs * POINTS_AT_ONCE; i++) {
        x[i] = grid->fixed ? grid->fixed[i % inputs] : neural_fuzzy_grid_middle(system, i % inputs);
    }
    neural_fuzzy_system_reset(system);
    neural_status status = NEURAL_OK;
    for (int64_t first = 0; first < points && !status; first += POINTS_AT_ONCE) {
        const int64_t count = points - first < POINTS_AT_ONCE ? points - first : POINTS_AT_ONCE;
        for (int64_t i = 0; i < count; i++) {
            place(system, grid, first + i, x + i * inputs);
        }
        status = neural_fuzzy_system_evaluate(system, x, count, out + first * outputs);
    }
    neural_free(x);
    return status;
}
