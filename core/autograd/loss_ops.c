#include "core/autograd/loss_ops.h"

#include "core/autograd/op_list.h"

static neural_status apply(neural_op_id id, neural_tensor *const inputs[3],
                           const neural_op_attrs *attrs, neural_tensor **out) {
    const int64_t reduction = attrs->integer[0];
    NEURAL_REQUIRE(reduction >= NEURAL_REDUCE_MEAN && reduction <= NEURAL_REDUCE_NONE,
                   NEURAL_ERR_INVALID_ARGUMENT, "%s: %lld is no reduction", neural_op_list[id].name,
                   (long long)reduction);
    return neural_op_apply(&neural_op_list[id], inputs, attrs, out);
}

#define LOSS_OF_VALUES(function, op)                                                               \
    neural_status neural_##function(neural_tensor *prediction, neural_tensor *target,              \
                                    neural_reduction reduction, neural_tensor **out) {             \
        neural_tensor *const inputs[3] = {prediction, target};                                     \
        return apply(NEURAL_OP_ID_##op, inputs, &(neural_op_attrs){.integer = {reduction}}, out);  \
    }

LOSS_OF_VALUES(mse_loss_with, mse_loss)
LOSS_OF_VALUES(bce_loss_with, bce_loss)
LOSS_OF_VALUES(bce_with_logits_loss_with, bce_with_logits_loss)
LOSS_OF_VALUES(l1_loss, l1_loss)

neural_status neural_huber_loss(neural_tensor *prediction, neural_tensor *target, double delta,
                                neural_reduction reduction, neural_tensor **out) {
    neural_tensor *const inputs[3] = {prediction, target};
    const neural_op_attrs attrs = {.scalar = {delta, 1}, .integer = {reduction}};
    return apply(NEURAL_OP_ID_huber_loss, inputs, &attrs, out);
}

neural_status neural_smooth_l1_loss(neural_tensor *prediction, neural_tensor *target, double beta,
                                    neural_reduction reduction, neural_tensor **out) {
    neural_tensor *const inputs[3] = {prediction, target};
    if (beta == 0) {
        return neural_l1_loss(prediction, target, reduction, out);
    }
    const neural_op_attrs attrs = {.scalar = {beta, 1 / beta}, .integer = {reduction}};
    return apply(NEURAL_OP_ID_huber_loss, inputs, &attrs, out);
}

neural_status neural_kl_div_loss(neural_tensor *log_prediction, neural_tensor *target,
                                 int log_target, neural_reduction reduction, neural_tensor **out) {
    neural_tensor *const inputs[3] = {log_prediction, target};
    const neural_op_attrs attrs = {.integer = {reduction, log_target != 0}};
    return apply(NEURAL_OP_ID_kl_div_loss, inputs, &attrs, out);
}

neural_status neural_cross_entropy_loss_with(neural_tensor *logits, neural_tensor *target,
                                             neural_tensor *weights, double label_smoothing,
                                             int64_t ignore_index, neural_reduction reduction,
                                             neural_tensor **out) {
    neural_tensor *const inputs[3] = {logits, target, weights};
    const neural_op_attrs attrs = {
        .scalar = {label_smoothing},
        .integer = {reduction, ignore_index != NEURAL_IGNORE_NONE, ignore_index}};
    return apply(NEURAL_OP_ID_cross_entropy_loss, inputs, &attrs, out);
}

neural_status neural_nll_loss(neural_tensor *log_p, neural_tensor *target, neural_tensor *weights,
                              int64_t ignore_index, neural_reduction reduction,
                              neural_tensor **out) {
    neural_tensor *const inputs[3] = {log_p, target, weights};
    const neural_op_attrs attrs = {
        .integer = {reduction, ignore_index != NEURAL_IGNORE_NONE, ignore_index}};
    return apply(NEURAL_OP_ID_nll_loss, inputs, &attrs, out);
}

neural_status neural_focal_loss(neural_tensor *logits, neural_tensor *target,
                                neural_tensor *weights, double gamma, neural_reduction reduction,
                                neural_tensor **out) {
    neural_tensor *const inputs[3] = {logits, target, weights};
    const neural_op_attrs attrs = {.scalar = {gamma}, .integer = {reduction}};
    return apply(NEURAL_OP_ID_focal_loss, inputs, &attrs, out);
}
