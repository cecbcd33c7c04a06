/* Memberships, degrees of rules and their shares, with the gradient: the one op that an ANFIS adds
 * to the framework's own.
 *
 *     v_r = w_r / S,  S = sum of w_r where w_r > 1e-6, else v_r = 0
 *     h_r = v_r (g_r - sum of g_s v_s)        dL / d log w_r
 *     H_t = sum of h_r over the rules of term t   dL / d log mu_t
 *           (where "and" is Minimum: over those in which mu_t is the smallest)
 *
 * Rows go in blocks of 64, a column per term. */
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/autograd/op_registry.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"
#include "train/anfis_type.h"

enum { ROWS = 64, WORK = 1 << 15 };

static const double fires_above = 1e-6;

static neural_status infer(const neural_op_call *call, neural_shape *out) {
    const neural_anfis *anfis = call->attrs.context;
    *out = (neural_shape){.ndim = 2, .dim = {call->in[0]->shape.dim[0], anfis->rule_count}};
    return NEURAL_OK;
}

/* --- memberships --- */

static void gaussian(const double *p, double *mu, const double *x, int64_t rows) {
    const double scale = exp(-p[1]);
    for (int64_t i = 0; i < rows; i++) {
        const double z = (x[i] - p[0]) * scale;
        mu[i] = -0.5 * z * z;
    }
    neural_kernels()->exp_f64(mu, mu, rows);
}

/* log |(x - center) / width|^2slope */
static void bell_power(const double *p, double *dst, const double *x, int64_t rows) {
    const double twice = 2 * exp(p[2]);
    for (int64_t i = 0; i < rows; i++) {
        dst[i] = fabs(x[i] - p[0]);
    }
    neural_kernels()->log_f64(dst, dst, rows);
    neural_kernels()->affine_f64(dst, dst, rows, twice, -twice * p[1]);
}

static void bell(const double *p, double *mu, const double *x, int64_t rows) {
    bell_power(p, mu, x, rows);
    neural_kernels()->exp_f64(mu, mu, rows);
    for (int64_t i = 0; i < rows; i++) {
        mu[i] = 1 / (1 + mu[i]);
    }
}

/* Where x stands to a triangle (no core) or trapezoid: below b on the flank, above c on it, or
 * neither. distance is that from the core. */
typedef enum place { ON_CORE = 0, ON_LEFT = -1, ON_RIGHT = 1 } place;
static place find_place(neural_fuzzy_shape shape, const double *p, double x, double *distance) {
    const double core = shape == NEURAL_FUZZY_TRAPEZOID ? exp(p[3]) : 0;
    if (x < p[0]) {
        *distance = p[0] - x;
        return ON_LEFT;
    }
    *distance = x - p[0] - core;
    return *distance > 0 ? ON_RIGHT : ON_CORE;
}

static void flanks(neural_fuzzy_shape shape, const double *p, double *mu, const double *x,
                   int64_t rows) {
    const double left = exp(p[1]), right = exp(p[2]);
    for (int64_t i = 0; i < rows; i++) {
        double distance = 0;
        const place at = find_place(shape, p, x[i], &distance);
        const double degree = at == ON_CORE ? 1 : 1 - distance / (at == ON_LEFT ? left : right);
        mu[i] = degree > 0 ? degree : 0;
    }
}

static void membership(neural_fuzzy_shape shape, const double *p, double *mu, const double *x,
                       int64_t rows) {
    if (shape == NEURAL_FUZZY_GAUSSIAN) {
        gaussian(p, mu, x, rows);
    } else if (shape == NEURAL_FUZZY_BELL) {
        bell(p, mu, x, rows);
    } else {
        flanks(shape, p, mu, x, rows);
    }
}

/* --- a pass over blocks of rows --- */

typedef struct fire_job {
    const neural_anfis *anfis;
    const double *x, *premise;
    double *memberships; /* [blocks, terms, ROWS] */
    double *shares;      /* [rows, rules] */
    const double *grad;  /* of the shares */
    double *scratch;     /* backward [blocks, terms, ROWS]: H, then what is made of it */
    double *partial;     /* backward [blocks, terms, 4] */
    double *dx;          /* or NULL */
    int64_t rows;
} fire_job;

static void take_column(const fire_job *job, int64_t input, int64_t row, int64_t rows, double *x) {
    const int64_t inputs = job->anfis->input_count;
    for (int64_t i = 0; i < rows; i++) {
        x[i] = job->x[(row + i) * inputs + input];
    }
}

static int64_t rows_of_block(const fire_job *job, int64_t block) {
    const int64_t left = job->rows - block * ROWS;
    return left < ROWS ? left : ROWS;
}

static double *columns_of_block(const fire_job *job, double *base, int64_t block) {
    return base + block * job->anfis->term_count * ROWS;
}

static void combine(const neural_anfis *anfis, double *w, const double *column, int64_t rows) {
    if (anfis->conjunction == NEURAL_FUZZY_MINIMUM) {
        neural_kernels()->minimum_f64(w, w, column, rows);
    } else {
        neural_kernels()->mul_f64(w, w, column, rows);
    }
}

/* Degree of rule r in the rows of a block. */
static void rule_degrees(const neural_anfis *anfis, int64_t r, const double *mu, int64_t rows,
                         double *w) {
    const int64_t *places = anfis->places + r * anfis->rule_len;
    int is_first = 1;
    for (int64_t k = 0; k < anfis->rule_len; k++) {
        if (places[k] < 0) {
            continue;
        }
        const double *column = mu + places[k] * ROWS;
        if (is_first) {
            memcpy(w, column, (size_t)rows * sizeof *w);
        } else {
            combine(anfis, w, column, rows);
        }
        is_first = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        const double degree = anfis->weights[r] * (is_first ? 1 : w[i]);
        w[i] = degree > fires_above || degree != degree ? degree : 0;
    }
}

static void forward_block(const fire_job *job, int64_t block) {
    const neural_anfis *anfis = job->anfis;
    const int64_t rules = anfis->rule_count, rows = rows_of_block(job, block);
    double *mu = columns_of_block(job, job->memberships, block);
    double *shares = job->shares + block * ROWS * rules;
    double column[ROWS], sum[ROWS] = {0};
    for (int64_t t = 0; t < anfis->term_count; t++) {
        take_column(job, anfis->terms[t].input, block * ROWS, rows, column);
        membership(anfis->terms[t].shape, job->premise + t * ANFIS_PREMISE, mu + t * ROWS, column,
                   rows);
    }
    for (int64_t r = 0; r < rules; r++) {
        rule_degrees(anfis, r, mu, rows, column);
        for (int64_t i = 0; i < rows; i++) {
            shares[i * rules + r] = column[i];
            sum[i] += column[i];
        }
    }
    for (int64_t i = 0; i < rows; i++) {
        const double share = sum[i] != 0 ? 1 / sum[i] : 0;
        neural_kernels()->affine_f64(shares + i * rules, shares + i * rules, rules, share, 0);
    }
}

static void forward_blocks(void *context, int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
        forward_block(context, block);
    }
}

/* --- backward --- */

/* Adds h_r to the terms of a rule: to all of a product, to the first smallest of a minimum. */
static void add_to_terms(const neural_anfis *anfis, const int64_t *places, const double *mu,
                         double grad, double *h) {
    int64_t least = -1;
    for (int64_t k = 0; k < anfis->rule_len; k++) {
        const int64_t at = places[k] * ROWS;
        if (places[k] < 0) {
            continue;
        }
        if (anfis->conjunction != NEURAL_FUZZY_MINIMUM) {
            h[at] += grad;
        } else if (least < 0 || mu[at] < mu[least]) {
            least = at;
        }
    }
    if (least >= 0) {
        h[least] += grad;
    }
}

static void log_membership_grads(const fire_job *job, int64_t block, double *h) {
    const neural_anfis *anfis = job->anfis;
    const int64_t rules = anfis->rule_count, rows = rows_of_block(job, block);
    const double *mu = columns_of_block(job, job->memberships, block);
    memset(h, 0, (size_t)anfis->term_count * ROWS * sizeof *h);
    for (int64_t i = 0; i < rows; i++) {
        const int64_t at = (block * ROWS + i) * rules;
        const double *v = job->shares + at, *g = job->grad + at;
        const double mean = neural_kernels()->dot_f64(g, v, rules);
        for (int64_t r = 0; r < rules; r++) {
            if (v[r] != 0) {
                add_to_terms(anfis, anfis->places + r * anfis->rule_len, mu + i,
                             v[r] * (g[r] - mean), h + i);
            }
        }
    }
}

/* From h = dL / d log mu to sums over the rows in d, and dL / dx in h. */
static void gaussian_grad(const double *p, double *h, const double *x, int64_t rows, double *d) {
    const double scale = exp(-p[1]);
    for (int64_t i = 0; i < rows; i++) {
        const double z = (x[i] - p[0]) * scale;
        d[1] += h[i] != 0 ? h[i] * z * z : 0;
        h[i] = h[i] != 0 ? -h[i] * z * scale : 0;
        d[0] -= h[i];
    }
}

static void bell_grad(const double *p, double *h, const double *mu, const double *x, int64_t rows,
                      double *d) {
    const double twice = 2 * exp(p[2]);
    double power[ROWS];
    bell_power(p, power, x, rows);
    for (int64_t i = 0; i < rows; i++) {
        if (h[i] == 0 || x[i] == p[0]) {
            h[i] = 0;
            continue;
        }
        const double rest = h[i] * (1 - mu[i]);
        d[1] += twice * rest;
        d[2] -= rest * power[i];
        h[i] = -twice * rest / (x[i] - p[0]);
        d[0] -= h[i];
    }
}

static void flanks_grad(neural_fuzzy_shape shape, const double *p, double *h, const double *mu,
                        const double *x, int64_t rows, double *d) {
    const double left = exp(p[1]), right = exp(p[2]);
    const double core = shape == NEURAL_FUZZY_TRAPEZOID ? exp(p[3]) : 0;
    for (int64_t i = 0; i < rows; i++) {
        double distance = 0;
        const place at = find_place(shape, p, x[i], &distance);
        if (h[i] == 0 || at == ON_CORE) {
            h[i] = 0;
            continue;
        }
        const double dmu = h[i] / mu[i];
        const double slope = at == ON_LEFT ? dmu / left : -dmu / right;
        d[at == ON_LEFT ? 1 : 2] += dmu * (1 - mu[i]);
        d[3] -= at == ON_RIGHT ? slope * core : 0;
        d[0] -= slope;
        h[i] = slope;
    }
}

static void backward_block(const fire_job *job, int64_t block) {
    const neural_anfis *anfis = job->anfis;
    const int64_t rows = rows_of_block(job, block), inputs = anfis->input_count;
    const double *mu = columns_of_block(job, job->memberships, block);
    double *h = columns_of_block(job, job->scratch, block);
    double *sums = job->partial + block * anfis->term_count * ANFIS_PREMISE;
    double x[ROWS];
    log_membership_grads(job, block, h);
    for (int64_t t = 0; t < anfis->term_count; t++, h += ROWS, mu += ROWS) {
        const anfis_term *term = &anfis->terms[t];
        const double *p = job->premise + t * ANFIS_PREMISE;
        double *d = sums + t * ANFIS_PREMISE;
        take_column(job, term->input, block * ROWS, rows, x);
        if (term->shape == NEURAL_FUZZY_GAUSSIAN) {
            gaussian_grad(p, h, x, rows, d);
        } else if (term->shape == NEURAL_FUZZY_BELL) {
            bell_grad(p, h, mu, x, rows, d);
        } else {
            flanks_grad(term->shape, p, h, mu, x, rows, d);
        }
        for (int64_t i = 0; job->dx && i < rows; i++) {
            job->dx[(block * ROWS + i) * inputs + term->input] += h[i];
        }
    }
}

static void backward_blocks(void *context, int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
        backward_block(context, block);
    }
}

/* --- the op --- */

static int64_t count_blocks(int64_t rows) {
    return (rows + ROWS - 1) / ROWS;
}

/* Blocks that are worth a thread. */
static int64_t grain(const neural_anfis *anfis) {
    return 1 + WORK / (ROWS * (anfis->rule_count * anfis->rule_len + 8 * anfis->term_count));
}

static neural_status forward(neural_op_call *call) {
    const neural_anfis *anfis = call->attrs.context;
    neural_tensor *x = NULL;
    const int64_t blocks = count_blocks(call->in[0]->shape.dim[0]);
    const neural_shape shape = {.ndim = 2, .dim = {blocks, anfis->term_count * ROWS}};
    NEURAL_TRY(neural_tensor_create(shape.ndim, shape.dim, NEURAL_DTYPE_F64, &call->saved[0]));
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    fire_job job = {.anfis = anfis,
                    .x = neural_tensor_f64(x),
                    .premise = neural_tensor_f64(call->in[1]),
                    .memberships = neural_tensor_f64(call->saved[0]),
                    .shares = neural_tensor_f64(call->out),
                    .rows = x->shape.dim[0]};
    neural_parallel_for(blocks, grain(anfis), forward_blocks, &job);
    neural_tensor_release(x);
    return NEURAL_OK;
}

/* Adds the sums of the blocks in their order. */
static void add_partials(const fire_job *job, neural_tensor *grad, int accumulate) {
    const int64_t len = job->anfis->term_count * ANFIS_PREMISE;
    double *dst = neural_tensor_f64(grad);
    if (!accumulate) {
        memset(dst, 0, (size_t)len * sizeof *dst);
    }
    for (int64_t block = 0; block < count_blocks(job->rows); block++) {
        neural_kernels()->add_f64(dst, dst, job->partial + block * len, len);
    }
}

static neural_status run_backward(neural_op_call *call, neural_tensor *x, neural_tensor *scratch,
                                  neural_tensor *partial) {
    neural_tensor *dx = call->grad_in[0];
    const neural_anfis *anfis = call->attrs.context;
    if (dx && !call->accumulate[0]) {
        memset(dx->data, 0, (size_t)neural_tensor_bytes(dx));
    }
    fire_job job = {.anfis = anfis,
                    .x = neural_tensor_f64(x),
                    .premise = neural_tensor_f64(call->in[1]),
                    .memberships = neural_tensor_f64(call->saved[0]),
                    .shares = neural_tensor_f64(call->out),
                    .grad = neural_tensor_f64(call->grad_out),
                    .scratch = neural_tensor_f64(scratch),
                    .partial = neural_tensor_f64(partial),
                    .dx = dx ? neural_tensor_f64(dx) : NULL,
                    .rows = x->shape.dim[0]};
    neural_parallel_for(count_blocks(job.rows), grain(anfis), backward_blocks, &job);
    if (call->grad_in[1]) {
        add_partials(&job, call->grad_in[1], call->accumulate[1]);
    }
    return NEURAL_OK;
}

static neural_status backward(neural_op_call *call) {
    const neural_anfis *anfis = call->attrs.context;
    neural_tensor *x = NULL, *scratch = NULL, *partial = NULL;
    const int64_t dims[] = {count_blocks(call->in[0]->shape.dim[0]),
                            anfis->term_count * ANFIS_PREMISE};
    neural_status status = neural_tensor_contiguous(call->in[0], &x);
    status = status ? status
                    : neural_tensor_create(call->saved[0]->shape.ndim, call->saved[0]->shape.dim,
                                           NEURAL_DTYPE_F64, &scratch);
    status = status ? status : neural_tensor_zeros(2, dims, NEURAL_DTYPE_F64, &partial);
    status = status ? status : run_backward(call, x, scratch, partial);
    neural_tensor_release(x);
    neural_tensor_release(scratch);
    neural_tensor_release(partial);
    return status;
}

static const neural_op fire_op = {.name = "anfis_fire",
                                  .inputs = 2,
                                  .infer = infer,
                                  .forward = forward,
                                  .backward = backward,
                                  .flags = NEURAL_OP_ACCUMULATES};

neural_status anfis_fire(neural_anfis *anfis, neural_tensor *x, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, anfis->premise->value};
    const neural_op_attrs attrs = {.context = anfis};
    return neural_op_apply(&fire_op, inputs, &attrs, out);
}
