/* The orthogonal start of a weight. Only for initialisation. */
#ifndef LAYERS_INIT_ORTHOGONAL_H_
#define LAYERS_INIT_ORTHOGONAL_H_

#include "core/base/random.h"
#include "core/tensor/tensor.h"

/* The Q of a matrix [dim 0, the others together] of normal draws, R's diagonal positive:
 * orthonormal rows, or columns where there are fewer. The tensor is contiguous, f32 or f64. */
neural_status neural_init_orthogonal(neural_tensor *tensor, const neural_random *stream);

#endif /* LAYERS_INIT_ORTHOGONAL_H_ */
