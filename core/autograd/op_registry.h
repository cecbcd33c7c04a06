/* Ops as data: the one door through which every op runs, and ops of the user's own.
 *
 * An own op is a static neural_op: infer names the shape of the result, forward fills call->out
 * from call->in, backward fills call->grad_in from call->grad_out (core/tensor/op.h has the rules).
 * It is applied by neural_op_apply and is differentiated, hooked and checked like the built-in
 * ones. */
#ifndef CORE_AUTOGRAD_OP_REGISTRY_H_
#define CORE_AUTOGRAD_OP_REGISTRY_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NEURAL_OP_VIEW = 1,          /* out shares storage with in[0]: forward sets it */
    NEURAL_OP_ACCUMULATES = 2,   /* backward honours accumulate[]; two grad_in may be one tensor */
    NEURAL_OP_OPTIONAL_LAST = 4, /* the last input may be NULL */
    NEURAL_OP_VARIADIC = 8       /* all inputs but the first may be NULL */
};

typedef struct neural_op {
    const char *name;
    int inputs;
    neural_op_infer *infer;
    neural_op_forward *forward;
    neural_op_backward *backward; /* NULL: not differentiable */
    int flags;
} neural_op;

/* Infers the shape of the result, allocates it, runs forward and, when needed, records the node.
 * The result has the dtype of inputs[0]. Inputs may be NULL where the op allows it. attrs NULL
 * = zeros. *out has one reference. When forward fails, what it left in out and saved is
 * released. */
NEURAL_API neural_status neural_op_apply(const neural_op *op, neural_tensor *const *inputs,
                                         const neural_op_attrs *attrs, neural_tensor **out);

/* A user's own op: the struct must outlive every graph that uses it. Found by name afterwards;
 * NEURAL_ERR_INVALID_ARGUMENT when the name is taken or a function is missing. */
NEURAL_API neural_status neural_op_register(const neural_op *op);

/* A built-in or registered op; NULL when unknown. */
NEURAL_API const neural_op *neural_op_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_OP_REGISTRY_H_ */
