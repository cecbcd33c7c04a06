/* Focal loss of class labels, from logits (Lin et al. 2017). */
#include <math.h>

#include "core/base/threads.h"
#include "core/tensor/class_loss.h"
#include "core/tensor/softmax.h"

enum { GRAIN = 1 << 14 };

neural_status neural_focal_loss_infer(const neural_op_call *call, neural_shape *out) {
    const double gamma = call->attrs.scalar[0];
    NEURAL_REQUIRE(gamma >= 0 && isfinite(gamma), NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: gamma is %g, want a number from 0 up", call->name, gamma);
    return neural_class_loss_infer(call, out);
}

/* (1 - p)^gamma from log p; squares are the common case. */
static double miss_power(double log_p, double gamma) {
    const double miss = -expm1(log_p);
    return gamma == 2 ? miss * miss : pow(miss, gamma);
}

/* d (-(1 - p)^gamma log p) / d log p = gamma (1 - p)^(gamma - 1) p log p - (1 - p)^gamma */
static double slope(double log_p, double gamma) {
    const double miss = -expm1(log_p), power = miss_power(log_p, gamma);
    const double entropy = isinf(log_p) ? 0 : exp(log_p) * log_p;
    return miss > 0 && gamma > 0 ? gamma * power / miss * entropy - power : -power;
}

/* mean_i -w_y (1 - p)^gamma log p, p = softmax(logits_i)[y_i] */
neural_status neural_focal_loss_forward(neural_op_call *call) {
    neural_class_loss loss;
    NEURAL_TRY(neural_class_loss_open(call, 0, &loss));
    const neural_tensor *x = loss.scores;
    const neural_status status = neural_tensor_like_shape(&x->shape, x->dtype, &call->saved[0]);
    if (!status) {
        double sum = 0;
        neural_log_softmax_rows(x->dtype, call->saved[0]->data, x->data, loss.rows, loss.classes);
        for (int64_t i = 0; i < loss.rows; i++) {
            const int64_t y = loss.label[i];
            const double log_p = neural_class_loss_at(&loss, call->saved[0], i, y);
            const double power = miss_power(log_p, call->attrs.scalar[0]);
            neural_class_loss_add(call, i, -neural_class_loss_weight(&loss, y) * power * log_p,
                                  &sum);
        }
        neural_class_loss_finish(call, &loss, sum);
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
    double gamma;
} grad_job;

static void grad_range(void *context, int64_t begin, int64_t end) {
    const grad_job *job = context;
    const neural_kernel_table *k = neural_kernels();
    const int64_t classes = job->loss->classes;
    for (int64_t i = begin; i < end; i++) {
        const int64_t y = job->loss->label[i], at = i * classes;
        const double factor = neural_class_loss_scale(job->call, job->loss, i) *
                              neural_class_loss_weight(job->loss, y) *
                              slope(neural_class_loss_at(job->loss, job->log_p, i, y), job->gamma);
        if (job->dx->dtype == NEURAL_DTYPE_F32) {
            float *dx = neural_tensor_f32(job->dx) + at;
            k->exp_f32(dx, neural_tensor_f32(job->log_p) + at, classes);
            dx[y] -= 1;
            k->affine_f32(dx, dx, classes, (float)-factor, 0);
        } else {
            double *dx = neural_tensor_f64(job->dx) + at;
            k->exp_f64(dx, neural_tensor_f64(job->log_p) + at, classes);
            dx[y] -= 1;
            k->affine_f64(dx, dx, classes, -factor, 0);
        }
    }
}

/* dx_ic = w_y slope(log p) ([c = y_i] - softmax(logits_i)[c]) / B */
neural_status neural_focal_loss_backward(neural_op_call *call) {
    neural_class_loss loss;
    NEURAL_TRY(neural_class_loss_check_grads(call));
    if (!call->grad_in[0]) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_class_loss_open(call, 0, &loss));
    grad_job job = {call, &loss, call->saved[0], call->grad_in[0], call->attrs.scalar[0]};
    neural_parallel_for(loss.rows, 1 + GRAIN / (loss.classes + 1), grad_range, &job);
    neural_class_loss_close(&loss);
    return NEURAL_OK;
}
