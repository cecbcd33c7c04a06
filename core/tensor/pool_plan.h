/* Where the windows of a pooling op lie. Only for the files of pool. */
#ifndef CORE_TENSOR_POOL_PLAN_H_
#define CORE_TENSOR_POOL_PLAN_H_

#include "core/tensor/op.h"

/* One side; window == 0: adaptive. */
typedef struct neural_pool_axis {
    int64_t in, out, window, stride, pad, dilation;
} neural_pool_axis;

typedef struct neural_pool_plan {
    int64_t planes;
    neural_pool_axis y, x;
    int count_pad;
} neural_pool_plan;

/* The elements [begin, end) of a window that are in the input, and how many the divisor counts. */
typedef struct neural_pool_span {
    int64_t begin, end, count;
} neural_pool_span;

/* Of an op whose shapes have been inferred. */
neural_pool_plan neural_pool_plan_of(const neural_op_call *call);
neural_pool_plan neural_adaptive_pool_plan_of(const neural_op_call *call);

neural_pool_span neural_pool_span_of(const neural_pool_axis *axis, int64_t o, int count_pad);

/* Planes of a part of a parallel loop, by the size of a plane alone. */
int64_t neural_pool_grain(const neural_pool_plan *plan);

/* Elements of the padded input that the windows reach along a side. */
static inline int64_t neural_pool_reach(const neural_pool_axis *axis) {
    return (axis->out - 1) * axis->stride + axis->window;
}

/* What a plan's windows are to the kernels: both sides alike and no dilation, or none of these. The
 * last two have no size of their own. */
typedef enum neural_pool_kernel {
    NEURAL_POOL_NONE = 0,
    NEURAL_POOL_2X2_S2 = 1,
    NEURAL_POOL_3X3_S2 = 2,
    NEURAL_POOL_3X3_S1 = 3,
    NEURAL_POOL_S1 = 4,
    NEURAL_POOL_S2 = 5
} neural_pool_kernel;
neural_pool_kernel neural_pool_kernel_of(const neural_pool_plan *plan);

/* Windows 1 apart: the same geometry backward. Each element of the input has a window of the
 * results that it is in, in results padded by as much as their own windows reach beyond them. */
neural_pool_plan neural_pool_plan_back(const neural_pool_plan *plan);

/* Gradients that have kernels: windows of 2x2 side by side, inside the input; windows 1 apart. */
int neural_pool_touches(const neural_pool_plan *plan);
int neural_pool_overlaps(const neural_pool_plan *plan);

#endif /* CORE_TENSOR_POOL_PLAN_H_ */
