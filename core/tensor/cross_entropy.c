/* Cross entropy of class labels, from logits or from log-probabilities. */
#include <string.h>

#include "core/base/threads.h"
#include "core/tensor/class_loss.h"
#include "core/tensor/softmax.h"

enum { BLOCK = 4096 }; /* elements of whole rows that stay in the first cache */

static neural_status check_smoothing(const neural_op_call *call) {
    const double smoothing = call->attrs.scalar[0];
    NEURAL_REQUIRE(smoothing >= 0 && smoothing <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: label_smoothing is %g, want a number from 0 to 1", call->name, smoothing);
    return NEURAL_OK;
}

neural_status neural_cross_entropy_loss_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_smoothing(call));
    return neural_class_loss_infer(call, out);
}

/* sum_c w_c log_p[row, c] */
static double weighted_row_sum(const neural_class_loss *loss, const neural_tensor *log_p,
                               int64_t row) {
    const neural_kernel_table *k = neural_kernels();
    const int64_t at = row * loss->classes;
    if (log_p->dtype == NEURAL_DTYPE_F32) {
        const float *x = neural_tensor_f32(log_p) + at;
        return loss->weights ? k->dot_f32(neural_tensor_f32(loss->weights), x, loss->classes)
                             : k->sum_f32(x, loss->classes);
    }
    const double *x = neural_tensor_f64(log_p) + at;
    return loss->weights ? k->dot_f64(neural_tensor_f64(loss->weights), x, loss->classes)
                         : k->sum_f64(x, loss->classes);
}

/* -((1 - s) w_y log_p[row, y] + s / C sum_c w_c log_p[row, c]) of each row to the result */
static void add_rows(neural_op_call *call, const neural_class_loss *loss,
                     const neural_tensor *log_p, double smoothing) {
    double sum = 0;
    for (int64_t i = 0; i < loss->rows; i++) {
        const int64_t y = loss->label[i];
        double term = 0;
        if (y >= 0) {
            term = -(1 - smoothing) * neural_class_loss_weight(loss, y) *
                   neural_class_loss_at(loss, log_p, i, y);
            term -= smoothing > 0
                        ? smoothing / (double)loss->classes * weighted_row_sum(loss, log_p, i)
                        : 0;
        }
        neural_class_loss_add(call, i, term, &sum);
    }
    neural_class_loss_finish(call, loss, sum);
}

/* The weighted mean of -sum_c target_ic log_softmax(logits_i)[c],
 * target_ic = w_c ((1 - s) [c = y_i] + s / C) (Szegedy et al. 2016) */
neural_status neural_cross_entropy_loss_forward(neural_op_call *call) {
    neural_class_loss loss;
    NEURAL_TRY(neural_class_loss_open(call, 1, &loss));
    const neural_tensor *x = loss.scores;
    const neural_status status = neural_tensor_like_shape(&x->shape, x->dtype, &call->saved[0]);
    if (!status) {
        neural_log_softmax_rows(x->dtype, call->saved[0]->data, x->data, loss.rows, loss.classes);
        add_rows(call, &loss, call->saved[0], call->attrs.scalar[0]);
    }
    neural_class_loss_close(&loss);
    return status;
}

/* Gradients of some rows. */
typedef struct grad_job {
    const neural_op_call *call;
    const neural_class_loss *loss;
    const neural_tensor *log_p;
    neural_tensor *dx;
    double smoothing, weight_sum; /* weight_sum: over the classes */
    int is_even; /* all weights are 1, and the gradient of all rows is multiplied by one number */
} grad_job;

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/cross_entropy_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/cross_entropy_template.inc"
#undef T
#undef NAME

static void grad_range(void *context, int64_t begin, int64_t end) {
    const grad_job *job = context;
    const int64_t classes = job->loss->classes, step = 1 + BLOCK / (classes + 1);
    for (int64_t row = begin; row < end; row += step) {
        const int64_t rows = end - row < step ? end - row : step;
        (job->dx->dtype == NEURAL_DTYPE_F32 ? grad_rows_f32 : grad_rows_f64)(job, row, rows);
    }
}

/* dx_ic = (softmax(logits_i)[c] sum_k target_ik - target_ic) / divisor */
neural_status neural_cross_entropy_loss_backward(neural_op_call *call) {
    neural_class_loss loss;
    NEURAL_TRY(neural_class_loss_check_grads(call));
    if (!call->grad_in[0]) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_class_loss_open(call, 1, &loss)); /* the caller's memory may have changed */
    grad_job job = {.call = call,
                    .loss = &loss,
                    .log_p = call->saved[0],
                    .dx = call->grad_in[0],
                    .smoothing = call->attrs.scalar[0],
                    .is_even = !loss.weights && !loss.left_out && !neural_loss_keeps_terms(call)};
    for (int64_t c = 0; c < loss.classes; c++) {
        job.weight_sum += neural_class_loss_weight(&loss, c);
    }
    neural_parallel_for(loss.rows, 1 + 4 * BLOCK / (loss.classes + 1), grad_range, &job);
    neural_class_loss_close(&loss);
    return NEURAL_OK;
}

/* The weighted mean of -log_p[i, y_i] */
neural_status neural_nll_loss_forward(neural_op_call *call) {
    neural_class_loss loss;
    NEURAL_TRY(neural_class_loss_open(call, 1, &loss));
    add_rows(call, &loss, loss.scores, 0);
    neural_class_loss_close(&loss);
    return NEURAL_OK;
}

/* dx_ic = -[c = y_i] w_c / divisor */
neural_status neural_nll_loss_backward(neural_op_call *call) {
    neural_class_loss loss;
    neural_tensor *dx = call->grad_in[0];
    NEURAL_TRY(neural_class_loss_check_grads(call));
    if (!dx) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_class_loss_open(call, 1, &loss));
    memset(dx->data, 0, (size_t)neural_tensor_bytes(dx));
    for (int64_t i = 0; i < loss.rows; i++) {
        const int64_t y = loss.label[i];
        if (y >= 0) {
            neural_loss_set(dx, i * loss.classes + y,
                            -neural_class_loss_scale(call, &loss, i) *
                                neural_class_loss_weight(&loss, y));
        }
    }
    neural_class_loss_close(&loss);
    return NEURAL_OK;
}
