/* Gradient check: analytic gradients against central differences in f64. */
#ifndef CORE_AUTOGRAD_GRADCHECK_H_
#define CORE_AUTOGRAD_GRADCHECK_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Computes *out from the f64 inputs; called many times. */
typedef neural_status (*neural_grad_function)(void *context, neural_tensor *const *inputs,
                                              int count, neural_tensor **out);

typedef struct neural_gradcheck_args {
    double epsilon; /* step, 0 = 1e-6 */
    double atol;    /* 0 = 1e-5 */
    double rtol;    /* 0 = 1e-3 */
} neural_gradcheck_args;

/* Compares d sum(w * f(inputs)) / d input, for a fixed pseudo-random w, for every element of every
 * input that requires a gradient. NEURAL_ERR_GRAD_CHECK names the input, the element, and both
 * numbers. args NULL = defaults. *max_error (may be NULL) gets the largest |a - n| / (atol + rtol
 * |n|). */
NEURAL_API neural_status neural_gradcheck(neural_grad_function function, void *context,
                                          neural_tensor *const *inputs, int count,
                                          const neural_gradcheck_args *args, double *max_error);

/* Runs the check on every op of the op list; report(context, name, status, max_error) per op, may
 * be NULL. Returns the first failure. */
typedef void (*neural_gradcheck_report)(void *context, const char *op, neural_status status,
                                        double max_error);
NEURAL_API neural_status neural_gradcheck_ops(neural_gradcheck_report report, void *context);

#ifdef __cplusplus
}
#endif

#endif /* CORE_AUTOGRAD_GRADCHECK_H_ */
