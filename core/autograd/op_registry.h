/* The op list as data, the one door through which every op runs, and ops that users register. */
#ifndef CORE_AUTOGRAD_OP_REGISTRY_H_
#define CORE_AUTOGRAD_OP_REGISTRY_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NEURAL_OP_VIEW = 1,         /* out shares storage with in[0]: forward sets it */
    NEURAL_OP_ACCUMULATES = 2,  /* backward honours accumulate[]; two grad_in may be one tensor */
    NEURAL_OP_OPTIONAL_LAST = 4 /* the last input may be NULL */
};

typedef struct neural_op {
    const char *name;
    int inputs;
    neural_op_infer *infer;
    neural_op_forward *forward;
    neural_op_backward *backward; /* NULL: not differentiable */
    int flags;
} neural_op;

/* Ids of the built-in ops: NEURAL_OP_ID_add, ... */
typedef enum neural_op_id {
#define NEURAL_OP(name, inputs, infer, forward, backward, flags) NEURAL_OP_ID_##name,
#include "core/autograd/op_list.inc"
#undef NEURAL_OP
    NEURAL_OP_ID_COUNT
} neural_op_id;

extern const neural_op neural_op_list[NEURAL_OP_ID_COUNT];

/* Infers the shape of the result, allocates it, runs forward and, when needed, records the node.
 * The result has the dtype of inputs[0]. The last input may be NULL where the op allows it. attrs
 * NULL = zeros. *out has one reference. When forward fails, what it left in out and saved is
 * released. */
neural_status neural_op_apply(const neural_op *op, neural_tensor *const *inputs,
                              const neural_op_attrs *attrs, neural_tensor **out);

/* A user's own op: the struct must outlive every graph that uses it. Found by name afterwards;
 * NEURAL_ERR_INVALID_ARGUMENT when the name is taken or a function is missing. */
neural_status neural_op_register(const neural_op *op);

/* A built-in or registered op; NULL when unknown. */
const neural_op *neural_op_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_OP_REGISTRY_H_ */
