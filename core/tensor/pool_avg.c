/* The mean of each window. */
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/pool.h"
#include "core/tensor/pool_pieces.h"
#include "core/tensor/storage.h"

typedef struct avg_job {
    neural_pool_plan plan;
    neural_pool_kernel kernel;                              /* forward */
    enum { ANY = 0, TOUCHING = 1, OVERLAPPING = 2 } spread; /* backward */
    int whole;                                              /* the window is the plane */
    const neural_tensor *x;
    neural_tensor *y;
    neural_tensor *dx;
    const neural_tensor *dy;
} avg_job;

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/pool_avg_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/pool_avg_template.inc"
#undef T
#undef NAME

static void forward_range(void *context, int64_t begin, int64_t end) {
    const avg_job *job = context;
    if (job->y->dtype == NEURAL_DTYPE_F32) {
        job->whole    ? run_whole_f32(job, begin, end)
        : job->kernel ? run_kernel_f32(job, begin, end)
                      : run_planes_f32(job, begin, end);
    } else {
        job->whole    ? run_whole_f64(job, begin, end)
        : job->kernel ? run_kernel_f64(job, begin, end)
                      : run_planes_f64(job, begin, end);
    }
}

static void backward_range(void *context, int64_t begin, int64_t end) {
    const avg_job *job = context;
    if (job->dx->dtype == NEURAL_DTYPE_F32) {
        job->whole                   ? spread_whole_f32(job, begin, end)
        : job->spread == TOUCHING    ? spread_kernel_f32(job, begin, end)
        : job->spread == OVERLAPPING ? spread_overlapping_f32(job, begin, end)
                                     : spread_planes_f32(job, begin, end);
    } else {
        job->whole                   ? spread_whole_f64(job, begin, end)
        : job->spread == TOUCHING    ? spread_kernel_f64(job, begin, end)
        : job->spread == OVERLAPPING ? spread_overlapping_f64(job, begin, end)
                                     : spread_planes_f64(job, begin, end);
    }
}

static int is_full(const neural_pool_axis *axis, int count_pad) {
    return neural_pool_reach(axis) <= axis->in + 2 * axis->pad && (count_pad || axis->pad == 0);
}

/* Whether every divisor is the window's area. */
static int has_one_divisor(const neural_pool_plan *plan) {
    return is_full(&plan->y, plan->count_pad) && is_full(&plan->x, plan->count_pad);
}

static neural_status forward(neural_op_call *call, avg_job *job) {
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    job->x = x;
    job->y = call->out;
    neural_parallel_for(job->plan.planes, neural_pool_grain(&job->plan), forward_range, job);
    neural_tensor_release(x);
    return NEURAL_OK;
}

static neural_status backward(neural_op_call *call, avg_job *job) {
    job->dx = call->grad_in[0];
    job->dy = call->grad_out;
    neural_parallel_for(job->plan.planes, neural_pool_grain(&job->plan), backward_range, job);
    return NEURAL_OK;
}

/* y = sum of the window / divisor */
neural_status neural_avg_pool2d_forward(neural_op_call *call) {
    avg_job job = {.plan = neural_pool_plan_of(call)};
    const neural_pool_plan *plan = &job.plan;
    const neural_pool_kernel kernel = neural_pool_kernel_of(plan);
    if (has_one_divisor(plan) && kernel <= NEURAL_POOL_3X3_S1) {
        job.kernel = kernel;
    }
    return forward(call, &job);
}

/* dx = the sum of dy / divisor over the windows around an element, in their order */
neural_status neural_avg_pool2d_backward(neural_op_call *call) {
    avg_job job = {.plan = neural_pool_plan_of(call)};
    const neural_pool_plan *plan = &job.plan;
    if (neural_pool_touches(plan)) {
        job.spread = TOUCHING;
    } else if (neural_pool_kernel_of(plan) == NEURAL_POOL_3X3_S1 && neural_pool_overlaps(plan) &&
               has_one_divisor(plan)) {
        job.spread = OVERLAPPING;
    }
    return backward(call, &job);
}

neural_status neural_adaptive_avg_pool2d_forward(neural_op_call *call) {
    avg_job job = {.plan = neural_adaptive_pool_plan_of(call)};
    job.whole = job.plan.y.out == 1 && job.plan.x.out == 1;
    return forward(call, &job);
}

neural_status neural_adaptive_avg_pool2d_backward(neural_op_call *call) {
    avg_job job = {.plan = neural_adaptive_pool_plan_of(call)};
    job.whole = job.plan.y.out == 1 && job.plan.x.out == 1;
    return backward(call, &job);
}
