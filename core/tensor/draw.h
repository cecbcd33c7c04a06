/* Random numbers into the elements of a tensor. */
#ifndef CORE_TENSOR_DRAW_H_
#define CORE_TENSOR_DRAW_H_

#include "core/base/random.h"
#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element i of a contiguous f32 or f64 tensor becomes draw i of the stream, scaled: low +
 * (high - low) * uniform, mean + std * normal; rounding may reach `high`. The caller has the
 * default floating-point state. */
void neural_tensor_draw_uniform(neural_tensor *tensor, const neural_random *stream, double low,
                                double high);
void neural_tensor_draw_normal(neural_tensor *tensor, const neural_random *stream, double mean,
                               double std);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_DRAW_H_ */
