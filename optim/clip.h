/* Gradient clipping over the flat gradient buffer. */
#ifndef OPTIM_CLIP_H_
#define OPTIM_CLIP_H_

#include "core/tensor/parameter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scales all gradients by max_norm / (norm + 1e-6) when the global L2 norm exceeds max_norm, as
 * torch.nn.utils.clip_grad_norm_; *norm (may be NULL) gets the norm before. A norm that is not
 * finite: NEURAL_ERR_NAN_DETECTED or _INF_DETECTED naming the first bad parameter, gradients left.
 * Pruned weights do not count: their gradients become 0 first. */
NEURAL_API neural_status neural_clip_grad_norm(neural_parameters *parameters, double max_norm,
                                               double *norm);

/* Clamps every gradient to [-max_value, max_value], as torch.nn.utils.clip_grad_value_; NaN stays.
 * max_value >= 0. */
NEURAL_API neural_status neural_clip_grad_value(neural_parameters *parameters, double max_value);

#ifdef __cplusplus
}
#endif

#endif /* OPTIM_CLIP_H_ */
