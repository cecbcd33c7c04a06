#include "core/autograd/embedding_ops.h"

#include "core/autograd/op_list.h"

neural_status neural_embedding(neural_tensor *weight, neural_tensor *index, int64_t padding_index,
                               neural_tensor **out) {
    neural_tensor *const inputs[] = {weight, index};
    const neural_op_attrs attrs = {.integer = {padding_index}};
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_embedding], inputs, &attrs, out);
}
