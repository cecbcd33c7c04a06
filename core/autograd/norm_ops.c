#include "core/autograd/norm_ops.h"

#include "core/autograd/op_list.h"

static neural_status batch_norm(neural_tensor *const *inputs, int training, int relu,
                                double momentum, double eps, neural_tensor **out) {
    const neural_op_attrs attrs = {.integer = {training != 0, relu}, .scalar = {momentum, eps}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_batch_norm], inputs, &attrs, out);
}

neural_status neural_batch_norm(neural_tensor *x, neural_tensor *gamma, neural_tensor *beta,
                                neural_tensor *running_mean, neural_tensor *running_var,
                                int training, double momentum, double eps, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, gamma, beta, running_mean, running_var};
    return batch_norm(inputs, training, 0, momentum, eps, out);
}

neural_status neural_batch_norm_relu(neural_tensor *x, neural_tensor *gamma, neural_tensor *beta,
                                     neural_tensor *running_mean, neural_tensor *running_var,
                                     int training, double momentum, double eps,
                                     neural_tensor **out) {
    neural_tensor *const inputs[] = {x, gamma, beta, running_mean, running_var};
    return batch_norm(inputs, training, 1, momentum, eps, out);
}

neural_status neural_layer_norm(neural_tensor *x, neural_tensor *gamma, neural_tensor *beta,
                                int dims, double eps, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, gamma, beta};
    const neural_op_attrs attrs = {.integer = {dims}, .scalar = {eps}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_layer_norm], inputs, &attrs, out);
}

neural_status neural_rms_norm(neural_tensor *x, neural_tensor *gamma, int dims, double eps,
                              neural_tensor **out) {
    neural_tensor *const inputs[] = {x, gamma};
    const neural_op_attrs attrs = {.integer = {dims}, .scalar = {eps}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_rms_norm], inputs, &attrs, out);
}

neural_status neural_group_norm(neural_tensor *x, neural_tensor *gamma, neural_tensor *beta,
                                int64_t groups, double eps, neural_tensor **out) {
    neural_tensor *const inputs[] = {x, gamma, beta};
    const neural_op_attrs attrs = {.integer = {groups}, .scalar = {eps}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_group_norm], inputs, &attrs, out);
}
