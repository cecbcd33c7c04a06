/* Reductions over one axis or over everything. The bits do not depend on the number of threads:
 * sums are taken over fixed chunks whose results are summed the same way. */
#ifndef CORE_TENSOR_REDUCE_H_
#define CORE_TENSOR_REDUCE_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* integer[0] as axis: over all elements. Has the value of NEURAL_ALL_AXES. */
#define NEURAL_REDUCE_ALL 127

/* integer[0] = axis (negative counts from the end) or NEURAL_REDUCE_ALL, integer[1] = keepdim.
 * NEURAL_ERR_INVALID_ARGUMENT for an axis out of range. */
neural_op_infer neural_reduce_infer;

/* The sum over nothing is 0, the mean NaN; max and min over nothing are refused with
 * NEURAL_ERR_INVALID_ARGUMENT. Max and min give NaN where there is one; their gradient goes to the
 * first of equal elements. */
neural_op_forward neural_sum_forward, neural_mean_forward, neural_max_forward, neural_min_forward;
neural_op_backward neural_sum_backward, neural_mean_backward, neural_max_backward,
    neural_min_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_REDUCE_H_ */
