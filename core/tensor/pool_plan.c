#include "core/tensor/pool_plan.h"

#include "core/tensor/pool.h"
#include "core/tensor/pool_pieces.h"
#include "core/tensor/storage.h"

static int64_t out_side(const neural_pool_axis *axis, int ceil_mode) {
    const int64_t room = axis->in + 2 * axis->pad - axis->dilation * (axis->window - 1) - 1;
    if (room < 0) {
        return 0;
    }
    int64_t out = (room + (ceil_mode ? axis->stride - 1 : 0)) / axis->stride + 1;
    if (ceil_mode && (out - 1) * axis->stride >= axis->in + axis->pad) {
        out--;
    }
    return out;
}

static neural_pool_axis axis_of(const int64_t *integer, int side, int64_t in) {
    return (neural_pool_axis){.in = in,
                              .window = integer[side],
                              .stride = integer[2 + side],
                              .pad = integer[4 + side],
                              .dilation = integer[6 + side]};
}

static neural_status check_input(const neural_op_call *call) {
    const neural_tensor *x = call->in[0];
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_dtype_is_float(x->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: x is %s, want f32 or f64", call->name, neural_dtype_name(x->dtype));
    NEURAL_REQUIRE(x->shape.ndim == 3 || x->shape.ndim == 4, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, want [N, C, H, W] or [C, H, W]", call->name,
                   neural_shape_text(&x->shape, text, sizeof(text)));
    for (int i = 1; i <= 2; i++) {
        const int64_t side = x->shape.dim[x->shape.ndim - i];
        NEURAL_REQUIRE(side >= 1 && side <= NEURAL_POOL_MAX_SIDE, NEURAL_ERR_SHAPE_MISMATCH,
                       "%s: x is %s, want sides from 1 to 2^30", call->name,
                       neural_shape_text(&x->shape, text, sizeof(text)));
    }
    return NEURAL_OK;
}

static neural_status check_axis(const char *name, const neural_pool_axis *axis) {
    NEURAL_REQUIRE(axis->window >= 1 && axis->window <= 1 << 15, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: a side of the window is %lld, want 1 to 32768", name,
                   (long long)axis->window);
    NEURAL_REQUIRE(axis->stride >= 1 && axis->stride <= NEURAL_POOL_MAX_SIDE,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: stride is %lld, want at least 1", name,
                   (long long)axis->stride);
    NEURAL_REQUIRE(axis->dilation >= 1 && axis->dilation <= 1 << 15, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: dilation is %lld, want 1 to 32768", name, (long long)axis->dilation);
    NEURAL_REQUIRE(axis->pad >= 0 && axis->pad <= axis->window / 2, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: pad is %lld, want 0 to %lld, half of the window's side %lld", name,
                   (long long)axis->pad, (long long)(axis->window / 2), (long long)axis->window);
    return NEURAL_OK;
}

neural_status neural_pool_side_len(const char *name, const int64_t *integer, int side, int64_t in,
                                   const neural_shape *x, int64_t *out) {
    const neural_pool_axis axis = axis_of(integer, side, in);
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_TRY(check_axis(name, &axis));
    const int64_t len = out_side(&axis, integer[8] != 0);
    NEURAL_REQUIRE(len >= 1, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s, padded by %lld the %s is %lld, but the window spans %lld", name,
                   neural_shape_text(x, text, sizeof(text)), (long long)axis.pad,
                   side ? "width" : "height", (long long)(axis.in + 2 * axis.pad),
                   (long long)(axis.dilation * (axis.window - 1) + 1));
    *out = len;
    return NEURAL_OK;
}

neural_status neural_pool_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_input(call));
    const neural_shape *x = &call->in[0]->shape;
    *out = *x;
    for (int side = 0; side < 2; side++) {
        const int d = x->ndim - 2 + side;
        NEURAL_TRY(neural_pool_side_len(call->name, call->attrs.integer, side, x->dim[d], x,
                                        &out->dim[d]));
    }
    return NEURAL_OK;
}

neural_status neural_adaptive_pool_infer(const neural_op_call *call, neural_shape *out) {
    NEURAL_TRY(check_input(call));
    *out = call->in[0]->shape;
    for (int side = 0; side < 2; side++) {
        const int64_t len = call->attrs.integer[side];
        NEURAL_REQUIRE(len >= 1 && len <= NEURAL_POOL_MAX_SIDE, NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: the result is to be %lld x %lld, want sides of at least 1", call->name,
                       (long long)call->attrs.integer[0], (long long)call->attrs.integer[1]);
        out->dim[out->ndim - 2 + side] = len;
    }
    return NEURAL_OK;
}

static neural_pool_plan plan_around(const neural_op_call *call) {
    const neural_shape *shape = &call->in[0]->shape;
    neural_pool_plan plan = {.planes = 1,
                             .y = axis_of(call->attrs.integer, 0, shape->dim[shape->ndim - 2]),
                             .x = axis_of(call->attrs.integer, 1, shape->dim[shape->ndim - 1])};
    for (int i = 0; i < shape->ndim - 2; i++) {
        plan.planes *= shape->dim[i];
    }
    plan.y.out = call->out->shape.dim[shape->ndim - 2];
    plan.x.out = call->out->shape.dim[shape->ndim - 1];
    return plan;
}

neural_pool_plan neural_pool_plan_of(const neural_op_call *call) {
    neural_pool_plan plan = plan_around(call);
    plan.count_pad = call->attrs.integer[9] != 0;
    return plan;
}

neural_pool_plan neural_adaptive_pool_plan_of(const neural_op_call *call) {
    neural_pool_plan plan = plan_around(call);
    plan.y.window = plan.x.window = 0;
    return plan;
}

neural_pool_span neural_pool_span_of(const neural_pool_axis *axis, int64_t o, int count_pad) {
    if (!axis->window) {
        const int64_t begin = o * axis->in / axis->out;
        const int64_t end = ((o + 1) * axis->in + axis->out - 1) / axis->out;
        return (neural_pool_span){begin, end, end - begin};
    }
    const int64_t begin = o * axis->stride - axis->pad, wide = axis->in + axis->pad;
    const int64_t end = begin + axis->window < wide ? begin + axis->window : wide;
    neural_pool_span span = {begin > 0 ? begin : 0, end < axis->in ? end : axis->in, end - begin};
    if (!count_pad) {
        span.count = span.end - span.begin;
    }
    return span;
}

int64_t neural_pool_grain(const neural_pool_plan *plan) {
    const int64_t elements = plan->y.in * plan->x.in + plan->y.out * plan->x.out;
    return elements < 1 << 15 ? (1 << 15) / elements : 1;
}

static int is_side(const neural_pool_axis *axis, int64_t window, int64_t stride) {
    return axis->window == window && axis->stride == stride && axis->dilation == 1;
}

neural_pool_kernel neural_pool_kernel_of(const neural_pool_plan *plan) {
    static const int64_t sides[][2] = {{2, 2}, {3, 2}, {3, 1}};
    const neural_pool_axis *y = &plan->y, *x = &plan->x;
    const int64_t stride = x->stride;
    if (neural_pool_reach(x) * y->window > NEURAL_POOL_SCRATCH ||
        y->window * x->window > NEURAL_POOL_CODES) {
        return NEURAL_POOL_NONE;
    }
    for (int i = 0; i < 3; i++) {
        if (is_side(y, sides[i][0], sides[i][1]) && is_side(x, sides[i][0], sides[i][1])) {
            return (neural_pool_kernel)(NEURAL_POOL_2X2_S2 + i);
        }
    }
    if (!is_side(y, y->window, stride) || !is_side(x, x->window, stride) || stride > 2 ||
        x->window < stride) {
        return NEURAL_POOL_NONE;
    }
    return stride == 1 ? NEURAL_POOL_S1 : NEURAL_POOL_S2;
}

static neural_pool_axis axis_back(const neural_pool_axis *axis) {
    neural_pool_axis back = *axis;
    back.in = axis->out;
    back.out = axis->in;
    back.pad = axis->window - 1 - axis->pad;
    return back;
}

neural_pool_plan neural_pool_plan_back(const neural_pool_plan *plan) {
    neural_pool_plan back = *plan;
    back.y = axis_back(&plan->y);
    back.x = axis_back(&plan->x);
    return back;
}

int neural_pool_touches(const neural_pool_plan *plan) {
    const neural_pool_axis *y = &plan->y, *x = &plan->x;
    return neural_pool_kernel_of(plan) == NEURAL_POOL_2X2_S2 && y->pad == 0 && x->pad == 0 &&
           neural_pool_reach(y) <= y->in && neural_pool_reach(x) <= x->in;
}

int neural_pool_overlaps(const neural_pool_plan *plan) {
    const neural_pool_kernel kernel = neural_pool_kernel_of(plan);
    const neural_pool_plan back = neural_pool_plan_back(plan);
    return (kernel == NEURAL_POOL_3X3_S1 || kernel == NEURAL_POOL_S1) &&
           neural_pool_kernel_of(&back) != NEURAL_POOL_NONE;
}
