/* Automatic differentiation: a dynamic graph of the operations applied, run backwards once.
 *
 * While gradients are enabled on the calling thread, an op with an input that requires a gradient
 * records a node: its op, inputs and what it saved. Nodes are reference counted from the tensors
 * they made, so a graph lives exactly as long as someone can still differentiate through it. */
#ifndef CORE_AUTOGRAD_TAPE_H_
#define CORE_AUTOGRAD_TAPE_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Recording on the calling thread (default on). set returns the previous value. */
NEURAL_API int neural_grad_enabled(void);
NEURAL_API int neural_set_grad_enabled(int enabled);

/* Leaves (tensors no recorded op made) of float dtype may require a gradient. */
NEURAL_API neural_status neural_tensor_set_requires_grad(neural_tensor *tensor, int requires_grad);
NEURAL_API int neural_tensor_requires_grad(const neural_tensor *tensor);
NEURAL_API int neural_tensor_is_leaf(const neural_tensor *tensor);
/* The name of the op that made the tensor, NULL for a leaf. */
NEURAL_API const char *neural_tensor_producer_name(const neural_tensor *tensor);

/* The accumulated gradient, borrowed; NULL when there is none. set takes a reference (NULL clears);
 * the shape and dtype must be the tensor's, and it must be contiguous. */
NEURAL_API neural_tensor *neural_tensor_grad(const neural_tensor *tensor);
NEURAL_API neural_status neural_tensor_set_grad(neural_tensor *tensor, neural_tensor *grad);

/* Keeps the gradient of a computed tensor as well, as if it were a leaf. */
NEURAL_API neural_status neural_tensor_retain_grad(neural_tensor *tensor);

/* A view of the same storage without history. */
NEURAL_API neural_status neural_tensor_detach(neural_tensor *tensor, neural_tensor **out);

/* Adds d root / d leaf to the .grad of every leaf that requires one (creating it when absent).
 * grad is d result / d root, of root's shape; NULL stands for 1 and needs a root of len 1. Nodes
 * run in decreasing order of creation, so sums of gradients have a fixed order. Unless retain_graph
 * is set, what nodes saved is freed on the way and a second backward through them is refused with
 * NEURAL_ERR_INVALID_ARGUMENT. A tensor that was written in place after an op saved it is refused.
 */
NEURAL_API neural_status neural_backward(neural_tensor *root, neural_tensor *grad,
                                         int retain_graph);

/* Calls hook(context, gradient) when the gradient of tensor has been computed, before it goes on;
 * the hook may write into it. remove: NEURAL_ERR_INVALID_ARGUMENT for an unknown id. */
typedef neural_status (*neural_grad_hook)(void *context, neural_tensor *gradient);
NEURAL_API neural_status neural_tensor_add_hook(neural_tensor *tensor, neural_grad_hook hook,
                                                void *context, int64_t *out_id);
/* The same; release(context) is called once, when the hook was removed or the tensor goes. */
NEURAL_API neural_status neural_tensor_add_hook_owned(neural_tensor *tensor, neural_grad_hook hook,
                                                      void (*release)(void *context), void *context,
                                                      int64_t *out_id);
NEURAL_API neural_status neural_tensor_remove_hook(neural_tensor *tensor, int64_t id);

/* Nodes alive in the process: a test asserts that none leak. */
NEURAL_API int64_t neural_node_count(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_TAPE_H_ */
