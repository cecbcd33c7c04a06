#include "core/tensor/activation.h"

#include "core/tensor/map.h"

static neural_map_args args_of(const neural_op_call *call) {
    return (neural_map_args){call->in[0]->dtype, call->attrs.scalar[0], call->attrs.scalar[1]};
}

static neural_status forward(neural_op_call *call, neural_map_body *body) {
    const neural_map_args args = args_of(call);
    neural_map(body, &args, &call->out->shape, call->out->data, 1, call->in);
    return NEURAL_OK;
}

/* dx = body(dy, saved) */
static neural_status backward(neural_op_call *call, neural_map_body *body, neural_tensor *saved) {
    neural_tensor *grad = call->grad_in[0];
    if (grad) {
        const neural_map_args args = args_of(call);
        neural_map(body, &args, &grad->shape, grad->data, 2,
                   (neural_tensor *[]){call->grad_out, saved});
    }
    return NEURAL_OK;
}

#define BODY(name, ...)                                                                            \
    static void name(const neural_map_args *args, void *dst, const void *const *src,               \
                     int64_t len) {                                                                \
        NEURAL_FLOAT_KERNEL(args->dtype, __VA_ARGS__);                                             \
    }

/* Function and gradient through slots <op> and <op>_grad; saved is what the latter reads. The
 * formulas stand in core/asm/slots.inc. */
#define ACTIVATION(op, saved)                                                                      \
    BODY(op##_body, op, dst, src[0], len)                                                          \
    BODY(op##_grad_body, op##_grad, dst, src[0], src[1], len)                                      \
    neural_status neural_##op##_forward(neural_op_call *call) {                                    \
        return forward(call, op##_body);                                                           \
    }                                                                                              \
    neural_status neural_##op##_backward(neural_op_call *call) {                                   \
        return backward(call, op##_grad_body, saved);                                              \
    }
ACTIVATION(relu, call->out)
ACTIVATION(sigmoid, call->out)
ACTIVATION(tanh, call->out)
ACTIVATION(gelu, call->in[0])
ACTIVATION(gelu_tanh, call->in[0])
ACTIVATION(silu, call->in[0])
ACTIVATION(selu, call->out)
ACTIVATION(mish, call->in[0])
ACTIVATION(hardswish, call->in[0])
ACTIVATION(hardsigmoid, call->in[0])
ACTIVATION(softplus, call->in[0])
#undef ACTIVATION

#define PARAM_BODIES(op)                                                                           \
    BODY(op##_body, op, dst, src[0], len, args->alpha, args->beta)                                 \
    BODY(op##_grad_body, op##_grad, dst, src[0], src[1], len, args->alpha, args->beta)
PARAM_BODIES(leaky_relu)
PARAM_BODIES(elu)
PARAM_BODIES(hardtanh)
#undef PARAM_BODIES

neural_status neural_leaky_relu_forward(neural_op_call *call) {
    return forward(call, leaky_relu_body);
}

neural_status neural_leaky_relu_backward(neural_op_call *call) {
    return backward(call, leaky_relu_grad_body, call->in[0]);
}

neural_status neural_elu_forward(neural_op_call *call) {
    NEURAL_REQUIRE(call->attrs.scalar[0] >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: alpha is %g, expected at least 0", call->name, call->attrs.scalar[0]);
    return forward(call, elu_body);
}

neural_status neural_elu_backward(neural_op_call *call) {
    return backward(call, elu_grad_body, call->out);
}

neural_status neural_hardtanh_forward(neural_op_call *call) {
    NEURAL_REQUIRE(call->attrs.scalar[0] <= call->attrs.scalar[1], NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: low is %g, high is %g, expected low <= high", call->name,
                   call->attrs.scalar[0], call->attrs.scalar[1]);
    return forward(call, hardtanh_body);
}

neural_status neural_hardtanh_backward(neural_op_call *call) {
    return backward(call, hardtanh_grad_body, call->in[0]);
}
