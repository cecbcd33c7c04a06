/* Optimizers over a model's flat parameter buffers: one fused pass per step. */
#ifndef OPTIM_OPTIMIZER_H_
#define OPTIM_OPTIMIZER_H_

#include "core/tensor/parameter.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_optimizer neural_optimizer;

/* SGD (Sutskever et al. 2013, torch.optim.SGD's form): g += weight_decay*w; v = momentum*v +
 * (1-dampening)*g (v = g at the first step); g = nesterov ? g + momentum*v : v; w -= lr*g. */
typedef struct neural_sgd_options {
    double lr, momentum, dampening, weight_decay;
    int nesterov; /* needs momentum > 0 and dampening 0 */
} neural_sgd_options;

/* Adam (Kingma & Ba 2015) with L2 decay in the gradient; AdamW (Loshchilov & Hutter 2019) when
 * decoupled; amsgrad divides by the largest second moment so far (Reddi et al. 2018). Formulas, as
 * those of the kinds below, in core/asm/kernel_types.h. */
typedef struct neural_adam_options {
    double lr, beta1, beta2, epsilon, weight_decay;
    int decoupled, amsgrad;
} neural_adam_options;

/* Hinton's lecture 6e, torch.optim.RMSprop's form. PyTorch's defaults: lr 0.01, alpha 0.99, epsilon
 * 1e-8. */
typedef struct neural_rmsprop_options {
    double lr, alpha, epsilon, weight_decay, momentum;
    int centered;
} neural_rmsprop_options;

/* Duchi et al. 2011, torch.optim.Adagrad's form: rate lr / (1 + (t - 1) lr_decay), the sum of
 * squares starts at initial_sum. PyTorch's defaults: lr 0.01, epsilon 1e-10, the others 0. */
typedef struct neural_adagrad_options {
    double lr, lr_decay, epsilon, weight_decay, initial_sum;
} neural_adagrad_options;

/* Chen et al. 2023. The paper's defaults: lr 1e-4, betas 0.9 and 0.99. */
typedef struct neural_lion_options {
    double lr, beta1, beta2, weight_decay;
} neural_lion_options;

/* The parameters must outlive the optimizer; its state tensors are zero at first and of the
 * parameters' dtype. Ranges are PyTorch's: lr >= 0, momentum >= 0, betas in [0, 1), Adam's epsilon
 * > 0, weight_decay >= 0; else NEURAL_ERR_INVALID_ARGUMENT naming the value. */
NEURAL_API neural_status neural_sgd_create(neural_parameters *parameters,
                                           const neural_sgd_options *options,
                                           neural_optimizer **out);
NEURAL_API neural_status neural_adam_create(neural_parameters *parameters,
                                            const neural_adam_options *options,
                                            neural_optimizer **out);
NEURAL_API neural_status neural_rmsprop_create(neural_parameters *parameters,
                                               const neural_rmsprop_options *options,
                                               neural_optimizer **out);
NEURAL_API neural_status neural_adagrad_create(neural_parameters *parameters,
                                               const neural_adagrad_options *options,
                                               neural_optimizer **out);
NEURAL_API neural_status neural_lion_create(neural_parameters *parameters,
                                            const neural_lion_options *options,
                                            neural_optimizer **out);
NEURAL_API void neural_optimizer_destroy(neural_optimizer *optimizer);

/* One update from the gradients; counts a step. No allocation after the first call. Masked elements
 * stay 0, frozen parameters stay as they are. */
NEURAL_API neural_status neural_optimizer_step(neural_optimizer *optimizer);
NEURAL_API neural_status neural_optimizer_zero_grad(neural_optimizer *optimizer);

NEURAL_API neural_status neural_optimizer_set_lr(neural_optimizer *optimizer, double lr);
NEURAL_API double neural_optimizer_lr(const neural_optimizer *optimizer);

/* What PyTorch's parameter groups are for: parameter i (its place among the optimizer's parameters)
 * is updated with lr * lr_scale and weight_decay * decay_scale, both at least 0 and 1 at first.
 * Neighbours with equal scales are one pass. */
NEURAL_API neural_status neural_optimizer_set_scale(neural_optimizer *optimizer, int parameter,
                                                    double lr_scale, double decay_scale);

/* What a schedule cycles against the rate: momentum of sgd and rmsprop (when they were created with
 * one), beta1 of adam, adamw and lion; in [0, 1). */
NEURAL_API neural_status neural_optimizer_set_momentum(neural_optimizer *optimizer,
                                                       double momentum);
NEURAL_API double neural_optimizer_momentum(const neural_optimizer *optimizer);

/* Steps taken so far. */
NEURAL_API int64_t neural_optimizer_steps(const neural_optimizer *optimizer);
NEURAL_API neural_status neural_optimizer_set_steps(neural_optimizer *optimizer, int64_t steps);

/* State for checkpoints: flat tensors by PyTorch's names (exp_avg, exp_avg_sq, momentum_buffer
 * ...). Borrowed; writing into them restores a state. NULL past the end; name may be NULL. */
NEURAL_API neural_tensor *neural_optimizer_state(neural_optimizer *optimizer, int i,
                                                 const char **name);

/* "sgd", "adam", "adamw", "rmsprop", "adagrad" or "lion". */
NEURAL_API const char *neural_optimizer_name(const neural_optimizer *optimizer);

#ifdef __cplusplus
}
#endif

#endif /* OPTIM_OPTIMIZER_H_ */
