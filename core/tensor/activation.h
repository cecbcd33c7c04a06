/* Activation functions; formulas in core/asm/slots.inc; inferred by neural_same_infer. */
#ifndef CORE_TENSOR_ACTIVATION_H_
#define CORE_TENSOR_ACTIVATION_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

neural_op_forward neural_relu_forward, neural_sigmoid_forward, neural_tanh_forward,
    neural_gelu_forward, neural_gelu_tanh_forward, neural_silu_forward, neural_selu_forward,
    neural_mish_forward, neural_hardswish_forward, neural_hardsigmoid_forward,
    neural_softplus_forward;
neural_op_backward neural_relu_backward, neural_sigmoid_backward, neural_tanh_backward,
    neural_gelu_backward, neural_gelu_tanh_backward, neural_silu_backward, neural_selu_backward,
    neural_mish_backward, neural_hardswish_backward, neural_hardsigmoid_backward,
    neural_softplus_backward;

/* scalar[0] = alpha; elu keeps y for its backward, which needs alpha >= 0. */
neural_op_forward neural_leaky_relu_forward, neural_elu_forward;
neural_op_backward neural_leaky_relu_backward, neural_elu_backward;

/* scalar[0] = low, scalar[1] = high; low > high is refused. */
neural_op_forward neural_hardtanh_forward;
neural_op_backward neural_hardtanh_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_ACTIVATION_H_ */
