/* What the normalizations ask of their inputs. */
#ifndef CORE_TENSOR_NORM_INPUTS_H_
#define CORE_TENSOR_NORM_INPUTS_H_

#include "core/tensor/op.h"
#include "core/tensor/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input 0 is f32 or f64; input i is absent or has its dtype and the shape `want`; `role` names it
 * in the message. */
neural_status neural_norm_check_x(const neural_op_call *call);
neural_status neural_norm_check(const neural_op_call *call, int i, const char *role,
                                const neural_shape *want);

/* [size] */
neural_shape neural_norm_vector(int64_t size);

/* Inputs 0 .. 2 (x, gamma, beta) as contiguous tensors, NULL where absent. */
typedef struct neural_norm_inputs {
    neural_tensor *x, *gamma, *beta;
} neural_norm_inputs;

neural_status neural_norm_open(const neural_op_call *call, neural_norm_inputs *out);
void neural_norm_close(neural_norm_inputs *inputs);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_NORM_INPUTS_H_ */
