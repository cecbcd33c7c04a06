/* Activations as layers, by name. */
#ifndef LAYERS_ACTIVATION_H_
#define LAYERS_ACTIVATION_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_activation {
    NEURAL_ACTIVATION_NONE = 0, /* "none", "linear", "identity" */
    NEURAL_ACTIVATION_RELU = 1,
    NEURAL_ACTIVATION_LEAKY_RELU = 2, /* alpha 0.01 */
    NEURAL_ACTIVATION_SIGMOID = 3,
    NEURAL_ACTIVATION_TANH = 4,
    NEURAL_ACTIVATION_SOFTMAX = 5, /* over the last dimension */
    NEURAL_ACTIVATION_GELU = 6,    /* exact, with erf */
    NEURAL_ACTIVATION_GELU_TANH = 7,
    NEURAL_ACTIVATION_SILU = 8, /* also "swish" */
    NEURAL_ACTIVATION_ELU = 9,  /* alpha 1 */
    NEURAL_ACTIVATION_SELU = 10,
    NEURAL_ACTIVATION_MISH = 11,
    NEURAL_ACTIVATION_HARDSWISH = 12,
    NEURAL_ACTIVATION_SOFTPLUS = 13,
    NEURAL_ACTIVATION_HARDTANH = 14, /* alpha -1, beta 1: the limits */
    NEURAL_ACTIVATION_HARDSIGMOID = 15,
    NEURAL_ACTIVATION_LOG_SOFTMAX = 16, /* over the last dimension */
    NEURAL_ACTIVATION_COUNT = 17
} neural_activation;

/* Case-insensitive; also the class spellings ("ReLU", "LeakyReLU", "HardSwish").
 * NEURAL_ERR_INVALID_ARGUMENT names the word and the nearest known one. */
NEURAL_API neural_status neural_activation_parse(const char *word, neural_activation *out);
NEURAL_API const char *neural_activation_name(neural_activation activation);

/* alpha, beta: as commented above; use neural_activation_create for the defaults. */
NEURAL_API neural_status neural_activation_create(neural_activation activation, neural_layer **out);
NEURAL_API neural_status neural_activation_create_with(neural_activation activation, double alpha,
                                                       double beta, neural_layer **out);

/* Applies the activation with its defaults to a tensor. */
NEURAL_API neural_status neural_activation_apply(neural_activation activation, neural_tensor *x,
                                                 neural_tensor **out);

/* Which activation a layer is, NEURAL_ACTIVATION_NONE for another kind. */
neural_activation neural_activation_of(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_ACTIVATION_H_ */
