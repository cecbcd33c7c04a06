/* Fused optimizer updates: SGD, Adam, AMSGrad, RMSprop, Adagrad, Lion, moving averages. */
#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "core/asm/kernel_table.h"

/* The offsets that x86/update.asm, rmsprop.asm and lion.asm read. */
static_assert(offsetof(neural_sgd_args, momentum) == 8, "SGD_MOMENTUM");
static_assert(offsetof(neural_sgd_args, dampening) == 16, "SGD_DAMPENING");
static_assert(offsetof(neural_sgd_args, weight_decay) == 24, "SGD_WEIGHT_DECAY");
static_assert(offsetof(neural_sgd_args, nesterov) == 32, "SGD_NESTEROV");
static_assert(offsetof(neural_sgd_args, first) == 36, "SGD_FIRST");
static_assert(offsetof(neural_adam_args, beta1) == 8, "ADAM_BETA1");
static_assert(offsetof(neural_adam_args, beta2) == 16, "ADAM_BETA2");
static_assert(offsetof(neural_adam_args, epsilon) == 24, "ADAM_EPSILON");
static_assert(offsetof(neural_adam_args, weight_decay) == 32, "ADAM_WEIGHT_DECAY");
static_assert(offsetof(neural_adam_args, step_size) == 40, "ADAM_STEP_SIZE");
static_assert(offsetof(neural_adam_args, inv_sqrt_bias2) == 48, "ADAM_INV_SQRT_BIAS2");
static_assert(offsetof(neural_adam_args, decoupled) == 56, "ADAM_DECOUPLED");
static_assert(offsetof(neural_rmsprop_args, alpha) == 8, "RMSPROP_ALPHA");
static_assert(offsetof(neural_rmsprop_args, epsilon) == 16, "RMSPROP_EPSILON");
static_assert(offsetof(neural_rmsprop_args, weight_decay) == 24, "RMSPROP_WEIGHT_DECAY");
static_assert(offsetof(neural_rmsprop_args, momentum) == 32, "RMSPROP_MOMENTUM");
static_assert(offsetof(neural_rmsprop_args, centered) == 40, "RMSPROP_CENTERED");
static_assert(offsetof(neural_adagrad_args, epsilon) == 8, "ADAGRAD_EPSILON");
static_assert(offsetof(neural_adagrad_args, weight_decay) == 16, "ADAGRAD_WEIGHT_DECAY");
static_assert(offsetof(neural_lion_args, beta1) == 8, "LION_BETA1");
static_assert(offsetof(neural_lion_args, beta2) == 16, "LION_BETA2");
static_assert(offsetof(neural_lion_args, weight_decay) == 24, "LION_WEIGHT_DECAY");

#define T float
#define NAME(op) neural_##op##_f32_c
#define SQRT sqrtf
#include "core/asm/reference/update_template.inc"
#undef T
#undef NAME
#undef SQRT

#define T double
#define NAME(op) neural_##op##_f64_c
#define SQRT sqrt
#include "core/asm/reference/update_template.inc"
#undef T
#undef NAME
#undef SQRT
