#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/autograd/ops.h"
#include "core/autograd/tape.h"
#include "core/base/random.h"
#include "train/anfis_type.h"

neural_anfis_fit_options neural_anfis_fit_default(void) {
    return (neural_anfis_fit_options){.epochs = 100, .ridge = 1e-9, .seed = 1};
}

/* --- scaled data --- */

typedef struct scaled_data {
    neural_tensor *x, *y;
} scaled_data;

static neural_status scaled_tensor(const anfis_variable *variables, const double *src, int64_t rows,
                                   int64_t columns, neural_tensor **out) {
    const int64_t dims[] = {rows, columns};
    NEURAL_TRY(neural_tensor_create(2, dims, NEURAL_DTYPE_F64, out));
    double *dst = neural_tensor_data(*out);
    for (int64_t i = 0; i < rows * columns; i++) {
        const anfis_variable *v = &variables[i % columns];
        dst[i] = (src[i] - v->offset) / v->scale;
    }
    return NEURAL_OK;
}

static neural_status scale_data(const char *who, const neural_anfis *anfis,
                                const neural_anfis_data *data, scaled_data *out) {
    NEURAL_TRY(anfis_check_data(who, data, anfis->input_count, anfis->output_count, 1));
    NEURAL_TRY(scaled_tensor(anfis->inputs, data->x, data->rows, data->inputs, &out->x));
    return scaled_tensor(anfis->outputs, data->y, data->rows, data->outputs, &out->y);
}

static void release_data(scaled_data *data) {
    neural_tensor_release(data->x);
    neural_tensor_release(data->y);
}

/* --- a fit --- */

typedef struct fit {
    neural_anfis *anfis;
    const neural_anfis_fit_options *options;
    neural_optimizer *optimizer;
    scaled_data train, validation, batch;
    int64_t *order; /* of rows, of the epoch */
    neural_tensor *best;
    double best_error;
    neural_anfis_result result;
} fit;

static neural_status solve_design(neural_anfis *anfis, const neural_tensor *design,
                                  const neural_tensor *targets, double ridge) {
    return anfis_least_squares(design, targets, ridge, anfis->consequent->value);
}

static neural_status solve_scaled(neural_anfis *anfis, const scaled_data *data, double ridge) {
    neural_tensor *design = NULL;
    const int recorded = neural_set_grad_enabled(0);
    neural_status status = anfis_design(anfis, data->x, &design);
    status = status ? status : solve_design(anfis, design, data->y, ridge);
    neural_set_grad_enabled(recorded);
    neural_tensor_release(design);
    return status;
}

neural_status neural_anfis_solve(neural_anfis *anfis, const neural_anfis_data *data, double ridge) {
    NEURAL_REQUIRE(anfis, NEURAL_ERR_NULL_POINTER, "anfis_solve: anfis must be given");
    NEURAL_TRY(anfis_check_solvable(anfis, ridge));
    scaled_data scaled = {0};
    neural_status status = scale_data("anfis_solve", anfis, data, &scaled);
    status = status ? status : solve_scaled(anfis, &scaled, ridge);
    release_data(&scaled);
    return status;
}

/* Root of the mean squared error in units of y, over all rows and outputs. */
static double error_of(const neural_anfis *anfis, const neural_tensor *found,
                       const neural_tensor *wanted) {
    const double *a = neural_tensor_data(found), *b = neural_tensor_data(wanted);
    const int64_t len = neural_tensor_len(found), outputs = anfis->output_count;
    double sum = 0;
    for (int64_t i = 0; i < len; i++) {
        const double error = anfis->outputs[i % outputs].scale * (a[i] - b[i]);
        sum += error * error;
    }
    return sqrt(sum / (double)len);
}

/* Error of the parameters as they are; solves for the conclusions first if `ridge` is above 0. */
static neural_status measure(neural_anfis *anfis, const scaled_data *data, double ridge,
                             double *out) {
    neural_tensor *design = NULL, *found = NULL;
    const int recorded = neural_set_grad_enabled(0);
    neural_status status = anfis_design(anfis, data->x, &design);
    if (!status && ridge > 0) {
        status = solve_design(anfis, design, data->y, ridge);
    }
    status = status ? status : neural_linear(design, anfis->consequent->value, NULL, &found);
    neural_set_grad_enabled(recorded);
    if (!status) {
        *out = error_of(anfis, found, data->y);
    }
    neural_tensor_release(design);
    neural_tensor_release(found);
    return status;
}

/* Keeps the logarithms of the memberships within bounds. */
static void bound_premises(neural_anfis *anfis) {
    double *p = neural_tensor_data(anfis->premise->value);
    for (int64_t i = 0; i < anfis->term_count * ANFIS_PREMISE; i++) {
        if (i % ANFIS_PREMISE && fabs(p[i]) > ANFIS_LOG_LIMIT) {
            p[i] = p[i] > 0 ? ANFIS_LOG_LIMIT : -ANFIS_LOG_LIMIT;
        }
    }
}

static neural_status take_step(fit *f, neural_tensor *x, neural_tensor *y) {
    neural_anfis *anfis = f->anfis;
    neural_tensor *design = NULL, *found = NULL, *loss = NULL;
    neural_status status = neural_optimizer_zero_grad(f->optimizer);
    status = status ? status : anfis_design(anfis, x, &design);
    status = status ? status : neural_linear(design, anfis->consequent->value, NULL, &found);
    status = status ? status : neural_mse_loss(found, y, &loss);
    status = status ? status : neural_backward(loss, NULL, 0);
    status = status ? status : neural_optimizer_step(f->optimizer);
    neural_tensor_release(design);
    neural_tensor_release(found);
    neural_tensor_release(loss);
    if (!status) {
        bound_premises(anfis);
    }
    return status;
}

/* --- batches --- */

static void gather(const neural_tensor *src, const int64_t *order, int64_t rows,
                   neural_tensor *dst) {
    neural_kernels()->gather_rows_f64(neural_tensor_data(dst), neural_tensor_data(src), order, rows,
                                      neural_tensor_dims(src)[1]);
}

/* Steps over all rows, `batch` at a time; what is left over makes a smaller step. */
static neural_status take_batches(fit *f, int64_t epoch) {
    const int64_t rows = neural_tensor_dims(f->train.x)[0];
    const neural_random stream = {f->options->seed, NEURAL_RANDOM_SHUFFLE, (uint64_t)epoch};
    for (int64_t i = 0; i < rows; i++) {
        f->order[i] = i;
    }
    neural_random_shuffle(&stream, f->order, rows);
    neural_status status = NEURAL_OK;
    for (int64_t begin = 0; begin < rows && !status; begin += f->options->batch) {
        const int64_t count = rows - begin < f->options->batch ? rows - begin : f->options->batch;
        neural_tensor *x = NULL, *y = NULL;
        status = neural_tensor_slice(f->batch.x, 0, 0, count, 1, &x);
        status = status ? status : neural_tensor_slice(f->batch.y, 0, 0, count, 1, &y);
        if (!status) {
            gather(f->train.x, f->order + begin, count, x);
            gather(f->train.y, f->order + begin, count, y);
            status = take_step(f, x, y);
        }
        neural_tensor_release(x);
        neural_tensor_release(y);
    }
    return status;
}

static neural_status allocate_batch(fit *f) {
    const int64_t rows = neural_tensor_dims(f->train.x)[0];
    const int64_t batch = f->options->batch < rows ? f->options->batch : rows;
    const int64_t x_dims[] = {batch, f->anfis->input_count};
    const int64_t y_dims[] = {batch, f->anfis->output_count};
    NEURAL_TRY(neural_tensor_create(2, x_dims, NEURAL_DTYPE_F64, &f->batch.x));
    NEURAL_TRY(neural_tensor_create(2, y_dims, NEURAL_DTYPE_F64, &f->batch.y));
    f->order = neural_alloc((size_t)rows * sizeof *f->order);
    return f->order ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
}

/* --- epochs --- */

static int is_hybrid(const fit *f) {
    return f->options->method == NEURAL_ANFIS_HYBRID;
}

/* Errors of this epoch; keeps the parameters if they are the best so far. */
static neural_status judge(fit *f, int64_t epoch, double *train, double *validation) {
    neural_parameters *parameters = f->anfis->parameters;
    NEURAL_TRY(measure(f->anfis, &f->train, is_hybrid(f) ? f->options->ridge : 0, train));
    *validation = NAN;
    if (f->validation.x) {
        NEURAL_TRY(measure(f->anfis, &f->validation, 0, validation));
    }
    const double error = f->validation.x ? *validation : *train;
    NEURAL_REQUIRE(isfinite(*train) && isfinite(error), NEURAL_ERR_NAN_DETECTED,
                   "anfis_fit: the error is %g after epoch %" PRId64
                   ", expected a number: a smaller learning rate",
                   isfinite(*train) ? error : *train, epoch);
    if (error < f->best_error || epoch == 0) {
        f->best_error = error;
        f->result.best_epoch = epoch;
        f->result.train_rmse = *train;
        f->result.validation_rmse = *validation;
        NEURAL_TRY(neural_tensor_copy(f->best, parameters->values));
    }
    f->result.epochs = epoch;
    return NEURAL_OK;
}

static neural_status run_epochs(fit *f) {
    const neural_anfis_fit_options *o = f->options;
    for (int64_t epoch = 0;; epoch++) {
        double train = 0, validation = 0;
        NEURAL_TRY(judge(f, epoch, &train, &validation));
        const int stops = o->report && o->report(o->context, epoch, train, validation);
        if (epoch == o->epochs || stops) {
            return NEURAL_OK;
        }
        NEURAL_TRY(o->batch && !is_hybrid(f) ? take_batches(f, epoch)
                                             : take_step(f, f->train.x, f->train.y));
    }
}

/* Rows of which every share is 0. */
static neural_status count_silent(fit *f) {
    neural_tensor *shares = NULL;
    const int recorded = neural_set_grad_enabled(0);
    const neural_status status = anfis_fire(f->anfis, f->train.x, &shares);
    neural_set_grad_enabled(recorded);
    const int64_t rows = neural_tensor_dims(f->train.x)[0], rules = f->anfis->rule_count;
    for (int64_t i = 0; !status && i < rows; i++) {
        const double *row = (const double *)neural_tensor_data(shares) + i * rules;
        f->result.silent_rows += neural_kernels()->sum_f64(row, rules) == 0;
    }
    neural_tensor_release(shares);
    return status;
}

/* With the conclusions frozen while least squares sets them. */
static neural_status train(fit *f) {
    neural_parameter *consequent = f->anfis->consequent;
    const uint32_t flags = consequent->flags;
    f->best_error = INFINITY;
    NEURAL_TRY(neural_tensor_clone(f->anfis->parameters->values, &f->best));
    if (f->options->batch) {
        NEURAL_TRY(allocate_batch(f));
    }
    if (is_hybrid(f)) {
        consequent->flags |= NEURAL_PARAMETER_FROZEN;
    }
    neural_status status = run_epochs(f);
    consequent->flags = flags;
    const neural_status kept = neural_tensor_copy(f->anfis->parameters->values, f->best);
    status = status ? status : kept;
    return status ? status : count_silent(f);
}

static neural_status check_fit(const neural_anfis *anfis, const neural_anfis_fit_options *o) {
    NEURAL_REQUIRE(o->epochs >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis_fit: %" PRId64 " epochs, expected at least 0", o->epochs);
    NEURAL_REQUIRE(o->batch >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis_fit: batches of %" PRId64 " rows, expected at least 0", o->batch);
    NEURAL_REQUIRE(o->method == NEURAL_ANFIS_GRADIENT || o->method == NEURAL_ANFIS_HYBRID,
                   NEURAL_ERR_INVALID_ARGUMENT, "anfis_fit: method %d is unknown", (int)o->method);
    NEURAL_REQUIRE(o->method == NEURAL_ANFIS_GRADIENT || o->batch == 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "anfis_fit: batches of %" PRId64 " rows, the hybrid method takes all at once",
                   o->batch);
    return o->method == NEURAL_ANFIS_HYBRID ? anfis_check_solvable(anfis, o->ridge) : NEURAL_OK;
}

neural_status neural_anfis_fit(neural_anfis *anfis, const neural_anfis_data *data,
                               const neural_anfis_data *validation, neural_optimizer *optimizer,
                               const neural_anfis_fit_options *options, neural_anfis_result *out) {
    NEURAL_REQUIRE(anfis && optimizer && options && out, NEURAL_ERR_NULL_POINTER,
                   "anfis_fit: anfis, optimizer, options and out must be given");
    NEURAL_TRY(check_fit(anfis, options));
    fit f = {.anfis = anfis, .options = options, .optimizer = optimizer};
    neural_status status = scale_data("anfis_fit", anfis, data, &f.train);
    if (!status && validation) {
        status = scale_data("anfis_fit: validation", anfis, validation, &f.validation);
    }
    status = status ? status : train(&f);
    release_data(&f.train);
    release_data(&f.validation);
    release_data(&f.batch);
    neural_free(f.order);
    neural_tensor_release(f.best);
    if (!status) {
        *out = f.result;
    }
    return status;
}
