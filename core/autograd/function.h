/* Recorded operations whose result is known already and whose gradient a callback computes. */
#ifndef CORE_AUTOGRAD_FUNCTION_H_
#define CORE_AUTOGRAD_FUNCTION_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* grad_in[i] is zeros of input i's shape, to be written with d loss / d input i from grad_out = d
 * loss / d result; NULL where none is wanted. Called at most once per backward. */
typedef neural_status (*neural_function_backward)(void *context, neural_tensor *grad_out,
                                                  neural_tensor *const *grad_in, int count);

/* *out = a view of result that was computed from inputs[0 .. count), 1 <= count <=
 * NEURAL_OP_MAX_INPUTS, recorded when one of them requires a gradient. release(context), which may
 * be NULL, is called exactly once: when the graph gives its memory back, or at once when nothing is
 * recorded or the call fails. */
NEURAL_API neural_status neural_function_record(neural_function_backward backward,
                                                void (*release)(void *context), void *context,
                                                neural_tensor *const *inputs, int count,
                                                neural_tensor *result, neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_FUNCTION_H_ */
