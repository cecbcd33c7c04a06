#include "core/autograd/block_ops.h"

#include <string.h>

#include "core/autograd/op_list.h"
#include "core/autograd/ops.h"
#include "core/base/memory.h"

static neural_status check(const char *name, neural_tensor *const *tensors, int count,
                           neural_tensor **out) {
    NEURAL_REQUIRE(tensors && out, NEURAL_ERR_NULL_POINTER, "%s: tensors and out must be given",
                   name);
    NEURAL_REQUIRE(count >= 1, NEURAL_ERR_INVALID_ARGUMENT, "%s: %d tensors, want at least 1", name,
                   count);
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(tensors[i], NEURAL_ERR_NULL_POINTER, "%s: tensor %d is NULL", name, i);
    }
    return NEURAL_OK;
}

/* One op: as many as an op takes. */
static neural_status join(neural_tensor *const *tensors, int count, int axis, neural_tensor **out) {
    neural_tensor *input[NEURAL_OP_MAX_INPUTS] = {NULL};
    const neural_op_attrs attrs = {.integer = {axis}};
    memcpy(input, tensors, (size_t)count * sizeof *input);
    return neural_op_apply(&neural_op_list[NEURAL_OP_ID_concat], input, &attrs, out);
}

/* Any number: split into equal parts, each joined on its own, until an op can take them. */
static neural_status join_many(neural_tensor *const *tensors, int count, int axis,
                               neural_tensor **out) {
    if (count <= NEURAL_OP_MAX_INPUTS) {
        return join(tensors, count, axis, out);
    }
    neural_tensor *part[NEURAL_OP_MAX_INPUTS] = {NULL};
    neural_status status = NEURAL_OK;
    for (int i = 0, begin = 0; i < NEURAL_OP_MAX_INPUTS && !status; i++) {
        const int end = (int)((int64_t)count * (i + 1) / NEURAL_OP_MAX_INPUTS);
        status = join_many(tensors + begin, end - begin, axis, &part[i]);
        begin = end;
    }
    if (!status) {
        status = join(part, NEURAL_OP_MAX_INPUTS, axis, out);
    }
    for (int i = 0; i < NEURAL_OP_MAX_INPUTS; i++) {
        neural_tensor_release(part[i]);
    }
    return status;
}

neural_status neural_concat(neural_tensor *const *tensors, int count, int axis,
                            neural_tensor **out) {
    NEURAL_TRY(check("concat", tensors, count, out));
    return join_many(tensors, count, axis, out);
}

/* tensor with a size of 1 put in at `axis`. */
static neural_status widen(neural_tensor *tensor, int axis, neural_tensor **out) {
    const int ndim = neural_tensor_ndim(tensor);
    const int64_t *dims = neural_tensor_dims(tensor);
    int64_t wide[NEURAL_MAX_DIMS];
    NEURAL_REQUIRE(ndim < NEURAL_MAX_DIMS, NEURAL_ERR_INVALID_ARGUMENT,
                   "stack: the tensors have %d dimensions, want at most %d", ndim,
                   NEURAL_MAX_DIMS - 1);
    for (int d = 0; d <= ndim; d++) {
        wide[d] = d == axis ? 1 : dims[d - (d > axis)];
    }
    return neural_reshape(tensor, ndim + 1, wide, out);
}

/* The sizes along the new dimension are all 1, so concat compares the whole shapes. */
static neural_status stack_widened(neural_tensor *const *tensors, int count, int axis,
                                   neural_tensor **wide, neural_tensor **out) {
    const int ndim = neural_tensor_ndim(tensors[0]);
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(neural_tensor_ndim(tensors[i]) == ndim, NEURAL_ERR_SHAPE_MISMATCH,
                       "stack: tensor 0 has %d dimensions, tensor %d has %d", ndim, i,
                       neural_tensor_ndim(tensors[i]));
        NEURAL_TRY(widen(tensors[i], axis, &wide[i]));
    }
    return join_many(wide, count, axis, out);
}

neural_status neural_stack(neural_tensor *const *tensors, int count, int axis,
                           neural_tensor **out) {
    NEURAL_TRY(check("stack", tensors, count, out));
    const int ndim = neural_tensor_ndim(tensors[0]);
    NEURAL_REQUIRE(axis >= -ndim - 1 && axis <= ndim, NEURAL_ERR_INVALID_ARGUMENT,
                   "stack: axis %d is outside [%d, %d]", axis, -ndim - 1, ndim);
    neural_tensor **wide = neural_pool_alloc((size_t)count * sizeof *wide);
    if (!wide) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status =
        stack_widened(tensors, count, axis < 0 ? axis + ndim + 1 : axis, wide, out);
    for (int i = 0; i < count; i++) {
        neural_tensor_release(wide[i]);
    }
    neural_pool_free(wide, (size_t)count * sizeof *wide);
    return status;
}
