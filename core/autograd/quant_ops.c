#include "core/autograd/quant_ops.h"

#include "core/autograd/op_list.h"
#include "core/tensor/fake_quant.h"

enum { BITS = 8 };

neural_status neural_fake_quant(neural_tensor *x, double min, double max, neural_tensor **out) {
    const neural_op_attrs attrs = {.scalar = {min, max},
                                   .integer = {NEURAL_FAKE_QUANT_ONE_GRID, BITS, 0, 0}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_fake_quant], &x, &attrs, out);
}

neural_status neural_fake_quant_channels(neural_tensor *x, int axis, neural_tensor **out) {
    NEURAL_REQUIRE(axis >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "fake_quant: axis is %d, expected at least 0", axis);
    const neural_op_attrs attrs = {.integer = {axis, BITS, 1, 1}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_fake_quant], &x, &attrs, out);
}
