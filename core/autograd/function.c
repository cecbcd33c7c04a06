/* The callback and its context lie in a box that belongs to an empty tensor among those the node
 * saves: it goes with the node, or with what the node saved. */
#include "core/autograd/function.h"

#include <string.h>

#include "core/autograd/op_registry.h"
#include "core/tensor/storage.h"

typedef struct box {
    neural_function_backward backward;
    void (*release)(void *context);
    void *context;
    neural_tensor *result; /* borrowed, during the call of record only */
    int *is_kept;          /* of that call: the node has taken the box over */
} box;

static void box_destroy(void *context) {
    box *self = context;
    if (self->release) {
        self->release(self->context);
    }
    neural_pool_free(self, sizeof(*self));
}

static neural_status infer(const neural_op_call *call, neural_shape *out) {
    const box *self = call->attrs.context;
    *out = self->result->shape;
    return NEURAL_OK;
}

static neural_status forward(neural_op_call *call) {
    box *self = call->attrs.context;
    const neural_tensor *result = self->result;
    NEURAL_TRY(neural_tensor_alias(result, &result->shape, result->strides, 0, &call->out));
    NEURAL_TRY(neural_tensor_wrap(NULL, 1, (const int64_t[]){0}, NULL, NEURAL_DTYPE_F32,
                                  box_destroy, self, &call->saved[0]));
    *self->is_kept = 1;
    return NEURAL_OK;
}

static neural_status backward(neural_op_call *call) {
    const box *self = call->attrs.context;
    int count = 0;
    while (count < call->inputs && call->in[count]) {
        if (call->grad_in[count]) {
            memset(call->grad_in[count]->data, 0,
                   (size_t)neural_tensor_bytes(call->grad_in[count]));
        }
        count++;
    }
    return self->backward(self->context, call->grad_out, call->grad_in, count);
}

static const neural_op function_op = {
    "function", NEURAL_OP_MAX_INPUTS, infer, forward, backward, NEURAL_OP_VIEW | NEURAL_OP_VARIADIC,
};

static neural_status check(neural_function_backward callback, neural_tensor *const *inputs,
                           int count, const neural_tensor *result, neural_tensor *const *out) {
    NEURAL_REQUIRE(callback && inputs && result && out, NEURAL_ERR_NULL_POINTER,
                   "function_record: backward, inputs, result or out is NULL");
    NEURAL_REQUIRE(count >= 1 && count <= NEURAL_OP_MAX_INPUTS, NEURAL_ERR_INVALID_ARGUMENT,
                   "function_record: %d inputs, wants 1 to %d", count, NEURAL_OP_MAX_INPUTS);
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(inputs[i], NEURAL_ERR_NULL_POINTER, "function_record: input %d is NULL", i);
    }
    NEURAL_REQUIRE(neural_dtype_is_float(result->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "function_record: the result is %s, expected f32 or f64",
                   neural_dtype_name(result->dtype));
    return NEURAL_OK;
}

neural_status neural_function_record(neural_function_backward callback,
                                     void (*release)(void *context), void *context,
                                     neural_tensor *const *inputs, int count, neural_tensor *result,
                                     neural_tensor **out) {
    neural_tensor *all[NEURAL_OP_MAX_INPUTS] = {NULL};
    int is_kept = 0;
    neural_status status = check(callback, inputs, count, result, out);
    box *self = status ? NULL : neural_pool_alloc(sizeof(*self));
    if (!self) {
        if (release) {
            release(context);
        }
        return status ? status
                      : neural_error(NEURAL_ERR_OUT_OF_MEMORY, "function_record: out of memory");
    }
    *self = (box){callback, release, context, result, &is_kept};
    memcpy(all, inputs, (size_t)count * sizeof(*all));
    status = neural_op_apply(&function_op, all, &(neural_op_attrs){.context = self}, out);
    if (!is_kept) {
        box_destroy(self);
    }
    return status;
}
