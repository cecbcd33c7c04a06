#include "core/autograd/conv_ops.h"

#include "core/autograd/op_list.h"

/* The order of core/tensor/conv2d.h. */
static neural_op_attrs attrs_of(const neural_conv_options *options) {
    static const neural_conv_options plain = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    const neural_conv_options *o = options ? options : &plain;
    return (neural_op_attrs){.integer = {o->stride[0], o->stride[1], o->pad[0], o->pad[1],
                                         o->pad[2], o->pad[3], o->dilation[0], o->dilation[1],
                                         o->groups, o->relu != 0}};
}

neural_status neural_conv2d(neural_tensor *x, neural_tensor *weight, neural_tensor *bias,
                            const neural_conv_options *options, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, weight, bias};
    const neural_op_attrs attrs = attrs_of(options);
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_conv2d], inputs, &attrs, out);
}
