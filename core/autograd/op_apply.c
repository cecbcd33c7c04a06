#include "core/autograd/node.h"
#include "core/autograd/tape.h"
#include "core/base/threads.h"

/* *needs: bit i when input i requires a gradient. */
static neural_status check_inputs(const neural_op *op, neural_tensor *const *inputs,
                                  unsigned *needs) {
    const int required = op->flags & NEURAL_OP_VARIADIC
                             ? 1
                             : op->inputs - ((op->flags & NEURAL_OP_OPTIONAL_LAST) != 0);
    unsigned bits = 0;
    for (int i = 0; i < op->inputs; i++) {
        NEURAL_REQUIRE(inputs[i] || i >= required, NEURAL_ERR_NULL_POINTER, "%s: input %d is NULL",
                       op->name, i);
        bits |= inputs[i] && inputs[i]->requires_grad ? 1u << i : 0u;
    }
    *needs = bits;
    return NEURAL_OK;
}

static void call_fill(neural_op_call *call, const neural_op *op, neural_tensor *const *inputs,
                      const neural_op_attrs *attrs) {
    call->name = op->name;
    call->inputs = op->inputs;
    for (int i = 0; i < op->inputs; i++) {
        call->in[i] = inputs[i];
    }
    if (attrs) {
        call->attrs = *attrs;
    }
}

static void call_drop_saved(neural_op_call *call) {
    for (int i = 0; i < NEURAL_OP_MAX_SAVED; i++) {
        neural_tensor_release(call->saved[i]);
        call->saved[i] = NULL;
    }
}

static neural_status call_forward(neural_op_call *call, const neural_op *op) {
    neural_shape shape;
    NEURAL_TRY(op->infer(call, &shape));
    if (!(op->flags & NEURAL_OP_VIEW)) {
        NEURAL_TRY(neural_tensor_like_shape(&shape, call->in[0]->dtype, &call->out));
    }
    const neural_status status = op->forward(call);
    if (status) {
        neural_tensor_release(call->out);
        call->out = NULL;
        call_drop_saved(call);
    }
    return status;
}

static neural_status apply_plain(const neural_op *op, neural_tensor *const *inputs,
                                 const neural_op_attrs *attrs, neural_tensor **out) {
    neural_op_call call = {0};
    call_fill(&call, op, inputs, attrs);
    NEURAL_TRY(call_forward(&call, op));
    call_drop_saved(&call);
    *out = call.out;
    return NEURAL_OK;
}

static neural_status apply_recorded(const neural_op *op, neural_tensor *const *inputs,
                                    const neural_op_attrs *attrs, unsigned needs,
                                    neural_tensor **out) {
    neural_node *node = neural_node_create(op);
    if (!node) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    call_fill(&node->call, op, inputs, attrs);
    const neural_status status = call_forward(&node->call, op);
    if (status) {
        node->call.inputs = 0; /* they were not retained yet */
        neural_ref_release(&node->ref);
        return status;
    }
    neural_node_record(node, needs);
    *out = node->call.out;
    return NEURAL_OK;
}

neural_status neural_op_apply(const neural_op *op, neural_tensor *const *inputs,
                              const neural_op_attrs *attrs, neural_tensor **out) {
    NEURAL_REQUIRE(op && inputs && out, NEURAL_ERR_NULL_POINTER,
                   "op_apply: op, inputs or out is NULL");
    unsigned needs = 0;
    NEURAL_TRY(check_inputs(op, inputs, &needs));
    const neural_fp_state state = neural_fp_enter();
    const neural_status status = needs && op->backward && neural_grad_enabled()
                                     ? apply_recorded(op, inputs, attrs, needs, out)
                                     : apply_plain(op, inputs, attrs, out);
    neural_fp_leave(state);
    return status;
}
