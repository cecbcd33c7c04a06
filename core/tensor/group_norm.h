/* Normalization of each sample's channels in groups (Wu & He 2018). */
#ifndef CORE_TENSOR_GROUP_NORM_H_
#define CORE_TENSOR_GROUP_NORM_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: x [N, C, ...], gamma, beta [C] or NULL. attrs.integer[0] = groups, a divisor of C;
 * attrs.scalar[0] = epsilon. out: x's shape. C groups are instance normalization, 1 group is layer
 * normalization with gamma and beta per channel. saved[0] is [2, N groups]: mean, rstd.
 *     y = (x - mean) / sqrt(variance + epsilon) gamma + beta, over the C/groups channels of a group
 */
neural_op_infer neural_group_norm_infer;
neural_op_forward neural_group_norm_forward;
neural_op_backward neural_group_norm_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_GROUP_NORM_H_ */
