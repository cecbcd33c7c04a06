/* The largest element of each window. */
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/pool.h"
#include "core/tensor/pool_pieces.h"
#include "core/tensor/storage.h"

typedef struct max_job {
    neural_pool_plan plan;
    int kernel;             /* neural_pool_kernel_of */
    const neural_tensor *x; /* contiguous */
    neural_tensor *y;
    neural_tensor *codes;
    neural_tensor *dx;
    const neural_tensor *dy;
} max_job;

static inline void code_put(const neural_tensor *codes, int64_t i, int64_t code) {
    if (codes->dtype == NEURAL_DTYPE_U8) {
        ((uint8_t *)codes->data)[i] = (uint8_t)code;
    } else {
        ((int32_t *)(void *)codes->data)[i] = (int32_t)code;
    }
}

static inline int64_t code_get(const neural_tensor *codes, int64_t i) {
    return codes->dtype == NEURAL_DTYPE_U8 ? ((const uint8_t *)codes->data)[i]
                                           : ((const int32_t *)(const void *)codes->data)[i];
}

/* The numbers [begin, end) of the window's elements along a side that are in the input. */
typedef struct inner_range {
    int64_t start, begin, end; /* start: where number 0 lies */
} inner_range;

static inline inner_range inner_of(const neural_pool_axis *axis, int64_t o) {
    const int64_t start = o * axis->stride - axis->pad, d = axis->dilation;
    inner_range range = {start, start < 0 ? (d - 1 - start) / d : 0, axis->window};
    if (start + (axis->window - 1) * d >= axis->in) {
        range.end = start < axis->in ? (axis->in - start + d - 1) / d : 0;
    }
    return range;
}

#define T float
#define NAME(stem) stem##_f32
#include "core/tensor/pool_max_template.inc"
#undef T
#undef NAME
#define T double
#define NAME(stem) stem##_f64
#include "core/tensor/pool_max_template.inc"
#undef T
#undef NAME

static void forward_range(void *context, int64_t begin, int64_t end) {
    const max_job *job = context;
    if (job->y->dtype == NEURAL_DTYPE_F32) {
        job->kernel ? run_kernel_f32(job, begin, end) : run_planes_f32(job, begin, end);
    } else {
        job->kernel ? run_kernel_f64(job, begin, end) : run_planes_f64(job, begin, end);
    }
}

static void backward_range(void *context, int64_t begin, int64_t end) {
    const max_job *job = context;
    if (job->dx->dtype == NEURAL_DTYPE_F32) {
        job->kernel ? spread_kernel_f32(job, begin, end) : spread_planes_f32(job, begin, end);
    } else {
        job->kernel ? spread_kernel_f64(job, begin, end) : spread_planes_f64(job, begin, end);
    }
}

/* y = max of the window */
neural_status neural_max_pool2d_forward(neural_op_call *call) {
    max_job job = {.plan = neural_pool_plan_of(call), .y = call->out};
    const int64_t area = job.plan.y.window * job.plan.x.window;
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_dtype dtype = area <= 256 ? NEURAL_DTYPE_U8 : NEURAL_DTYPE_I32;
    const neural_status status =
        neural_tensor_like_shape(&call->out->shape, dtype, &call->saved[0]);
    if (!status) {
        job.kernel = neural_pool_kernel_of(&job.plan);
        job.x = x;
        job.codes = call->saved[0];
        neural_parallel_for(job.plan.planes, neural_pool_grain(&job.plan), forward_range, &job);
    }
    neural_tensor_release(x);
    return status;
}

/* dx = the sum of dy over the windows whose largest element it is, in the order of the windows */
neural_status neural_max_pool2d_backward(neural_op_call *call) {
    max_job job = {.plan = neural_pool_plan_of(call),
                   .codes = call->saved[0],
                   .dx = call->grad_in[0],
                   .dy = call->grad_out};
    const neural_pool_plan *plan = &job.plan;
    job.kernel = neural_pool_kernel_of(plan) == NEURAL_POOL_2X2_S2 && plan->y.pad == 0 &&
                 plan->x.pad == 0 && neural_pool_reach(&plan->y) <= plan->y.in &&
                 neural_pool_reach(&plan->x) <= plan->x.in;
    neural_parallel_for(plan->planes, neural_pool_grain(plan), backward_range, &job);
    return NEURAL_OK;
}
