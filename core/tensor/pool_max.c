/* The largest element of each window. */
#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/pool.h"
#include "core/tensor/pool_pieces.h"
#include "core/tensor/storage.h"

enum { CODES = NEURAL_POOL_CODES };

/* Windows [begin, end) of a row are in the input, or at least the element that a code names. */
typedef struct inside_range {
    int64_t begin, end;
} inside_range;

typedef struct max_job {
    neural_pool_plan plan;
    neural_pool_kernel kernel; /* forward */
    const neural_tensor *x;    /* contiguous */
    neural_tensor *y;
    neural_tensor *codes;
    neural_tensor *dx;
    const neural_tensor *dy;
    int touching; /* backward; windows side by side have a kernel */
    int evenly;   /* all windows of a plane are in the input and equally far apart */
    inside_range inside;
    int64_t offset[CODES]; /* of each element of a window from its first */
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

/* Windows that begin before the input and are -inf throughout: code 0, padding, becomes that of
 * their first element. */
static void leave_padding(const max_job *job, int64_t begin, int64_t end) {
    const neural_pool_axis *y = &job->plan.y, *x = &job->plan.x;
    const int64_t left = (x->pad + x->stride - 1) / x->stride;
    uint8_t *code = (uint8_t *)job->codes->data + begin * y->out * x->out;
    for (int64_t p = begin; p < end && (x->pad || y->pad); p++) {
        for (int64_t oy = 0; oy < y->out; oy++, code += x->out) {
            const int64_t first = inner_of(y, oy).begin;
            const int64_t count = first || left > x->out ? x->out : left;
            for (int64_t ox = 0; ox < count; ox++) {
                if (code[ox] == 0) {
                    code[ox] = (uint8_t)(first * x->window + inner_of(x, ox).begin);
                }
            }
        }
    }
}

/* Whether a code names an element of the input for certain: where elements lie side by side, half
 * of the window is inside. */
static int is_inside(const neural_pool_axis *axis, int64_t o) {
    const int64_t start = o * axis->stride - axis->pad;
    return axis->dilation == 1 ||
           (start >= 0 && start + (axis->window - 1) * axis->dilation < axis->in);
}

/* Where the first element of a window lies in its plane, or would lie. */
static int64_t first_of(const neural_pool_plan *plan, int64_t oy, int64_t ox) {
    const neural_pool_axis *y = &plan->y, *x = &plan->x;
    return (oy * y->stride - y->pad) * x->in + ox * x->stride - x->pad;
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
        job->touching ? spread_kernel_f32(job, begin, end) : spread_planes_f32(job, begin, end);
    } else {
        job->touching ? spread_kernel_f64(job, begin, end) : spread_planes_f64(job, begin, end);
    }
}

/* y = max of the window */
neural_status neural_max_pool2d_forward(neural_op_call *call) {
    max_job job = {.plan = neural_pool_plan_of(call), .y = call->out};
    const int64_t area = job.plan.y.window * job.plan.x.window;
    neural_tensor *x = NULL;
    NEURAL_TRY(neural_tensor_contiguous(call->in[0], &x));
    const neural_dtype dtype = area <= CODES ? NEURAL_DTYPE_U8 : NEURAL_DTYPE_I32;
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

/* What spread_planes reads; no window goes by the table when codes are wider than a byte. */
static void prepare_offsets(max_job *job) {
    const neural_pool_axis *y = &job->plan.y, *x = &job->plan.x;
    const int64_t area = y->window * x->window;
    inside_range *inside = &job->inside;
    if (job->codes->dtype != NEURAL_DTYPE_U8) {
        *inside = (inside_range){x->out, x->out};
        return;
    }
    for (int64_t code = 0; code < area; code++) {
        job->offset[code] = code / x->window * y->dilation * x->in + code % x->window * x->dilation;
    }
    while (inside->begin < x->out && !is_inside(x, inside->begin)) {
        inside->begin++;
    }
    inside->end = x->out;
    while (inside->end > inside->begin && !is_inside(x, inside->end - 1)) {
        inside->end--;
    }
    job->evenly = y->dilation == 1 && x->dilation == 1 && y->stride * x->in == x->out * x->stride;
}

/* dx = the sum of dy over the windows whose largest element it is, in the order of the windows */
neural_status neural_max_pool2d_backward(neural_op_call *call) {
    max_job job = {.plan = neural_pool_plan_of(call),
                   .codes = call->saved[0],
                   .dx = call->grad_in[0],
                   .dy = call->grad_out};
    const neural_pool_plan *plan = &job.plan;
    job.touching = neural_pool_touches(plan);
    prepare_offsets(&job);
    neural_parallel_for(plan->planes, neural_pool_grain(plan), backward_range, &job);
    return NEURAL_OK;
}
