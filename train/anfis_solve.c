/* Least squares for the conclusions: Householder QR of the design matrix with the rows
 * sqrt(ridge) I below it (Golub & Van Loan, Matrix Computations, 5.3; Tikhonov in 6.1.4). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"
#include "train/anfis_type.h"

enum { MAX_COLUMNS = 10000, WORK = 1 << 17 };

/* Columns of the matrix, the targets behind them; [len] each. Column j of the triangle reaches from
 * row j to row rows + j: the ridge rows below are still zero there. */
typedef struct factors {
    double *column;
    double *diagonal; /* [columns] of R; the rest of R stands above the vectors */
    int64_t rows, columns, targets, len;
    int64_t at;   /* the vector that is being applied ... */
    double scale; /* ... and 2 / |v|^2 */
} factors;

/* a -= scale v (v . a) for the columns [begin, end) behind the vector's own. */
static void reflect(void *context, int64_t begin, int64_t end) {
    const factors *f = context;
    const neural_kernel_table *k = neural_kernels();
    const double *v = f->column + f->at * f->len + f->at;
    for (int64_t i = begin; i < end; i++) {
        double *a = f->column + (f->at + 1 + i) * f->len + f->at;
        k->axpy_f64(a, v, f->rows + 1, -f->scale * k->dot_f64(v, a, f->rows + 1));
    }
}

static neural_status triangulate(factors *f) {
    for (int64_t j = 0; j < f->columns; j++) {
        double *v = f->column + j * f->len + j;
        const double norm = sqrt(neural_kernels()->sumsq_f64(v, f->rows + 1));
        NEURAL_REQUIRE(norm > 0 && isfinite(norm), NEURAL_ERR_NAN_DETECTED,
                       "anfis_solve: column %" PRId64 " of the least squares has length %g", j,
                       norm);
        f->diagonal[j] = v[0] > 0 ? -norm : norm;
        v[0] -= f->diagonal[j];
        f->at = j;
        f->scale = 1 / (norm * fabs(v[0])); /* |v|^2 = 2 norm |v_0| */
        neural_parallel_for(f->columns - j - 1 + f->targets, 1 + WORK / f->rows, reflect, f);
    }
    return NEURAL_OK;
}

/* R c = Q^T y, from the last row up; c takes the place of the target's head. */
static void substitute(const factors *f, int64_t target, double *c) {
    double *y = f->column + (f->columns + target) * f->len;
    for (int64_t j = f->columns - 1; j >= 0; j--) {
        c[j] = y[j] / f->diagonal[j];
        neural_kernels()->axpy_f64(y, f->column + j * f->len, j, -c[j]);
    }
}

static void load(factors *f, const neural_tensor *design, const neural_tensor *targets,
                 double ridge) {
    const double below = sqrt(ridge * (double)f->rows);
    neural_kernels()->transpose_f64(f->column, neural_tensor_data(design), f->rows, f->columns,
                                    f->len, f->columns);
    neural_kernels()->transpose_f64(f->column + f->columns * f->len, neural_tensor_data(targets),
                                    f->rows, f->targets, f->len, f->targets);
    for (int64_t j = 0; j < f->columns; j++) {
        f->column[j * f->len + f->rows + j] = below;
    }
}

static neural_status solve(factors *f, const neural_tensor *design, const neural_tensor *targets,
                           double ridge, neural_tensor *consequent) {
    double *c = neural_tensor_data(consequent);
    load(f, design, targets, ridge);
    NEURAL_TRY(triangulate(f));
    for (int64_t t = 0; t < f->targets; t++) {
        substitute(f, t, c + t * f->columns);
    }
    const int64_t bad = neural_kernels()->find_nonfinite_f64(c, f->targets * f->columns);
    NEURAL_REQUIRE(bad < 0, NEURAL_ERR_NAN_DETECTED, "anfis_solve: conclusion %" PRId64 " is %g",
                   bad, c[bad]);
    return NEURAL_OK;
}

neural_status anfis_check_solvable(const neural_anfis *anfis, double ridge) {
    const int64_t columns = anfis->rule_count * anfis_columns(anfis);
    NEURAL_REQUIRE(ridge > 0 && isfinite(ridge), NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis: ridge is %g, expected a number above 0", ridge);
    NEURAL_REQUIRE(columns <= MAX_COLUMNS, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "anfis: least squares for %" PRId64 " conclusions, expected at most %d: fewer "
                   "rules, or the gradient alone",
                   columns, MAX_COLUMNS);
    return NEURAL_OK;
}

neural_status anfis_least_squares(const neural_tensor *design, const neural_tensor *targets,
                                  double ridge, neural_tensor *consequent) {
    factors f = {.rows = neural_tensor_dims(design)[0],
                 .columns = neural_tensor_dims(design)[1],
                 .targets = neural_tensor_dims(targets)[1]};
    neural_tensor *solution = NULL;
    int64_t count = 0;
    f.len = f.rows + f.columns;
    NEURAL_TRY(neural_size_mul(f.len, f.columns + f.targets, &count));
    NEURAL_TRY(neural_size_mul(count + f.columns, (int64_t)sizeof(double), &count));
    NEURAL_TRY(neural_tensor_clone(consequent, &solution));
    f.column = neural_alloc_zeroed((size_t)count);
    neural_status status = NEURAL_ERR_OUT_OF_MEMORY;
    if (f.column) {
        f.diagonal = f.column + f.len * (f.columns + f.targets);
        status = solve(&f, design, targets, ridge, solution);
    }
    status = status ? status : neural_tensor_copy(consequent, solution);
    neural_free(f.column);
    neural_tensor_release(solution);
    return status;
}
