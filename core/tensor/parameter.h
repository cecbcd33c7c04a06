/* Parameters: named trainable tensors, and the flat buffers in which a model's parameters live.
 *
 * After flattening, all values are views into one vector and all gradients into another, in order:
 * zero-grad, clipping, the optimizer step and a checkpoint are each one pass over one vector. */
#ifndef CORE_TENSOR_PARAMETER_H_
#define CORE_TENSOR_PARAMETER_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_PARAMETER_NAME_BYTES 96

typedef enum neural_parameter_flag {
    NEURAL_PARAMETER_NO_DECAY = 1,   /* biases and norms: parameter groups may exempt them */
    NEURAL_PARAMETER_FROZEN = 2,     /* the optimizer leaves it alone */
    NEURAL_PARAMETER_BUFFER = 4,     /* state that is kept, not trained: running statistics */
    NEURAL_PARAMETER_KEEPS_START = 8 /* initialisations pass it by: norms, tables */
} neural_parameter_flag;

typedef struct neural_parameter {
    char name[NEURAL_PARAMETER_NAME_BYTES]; /* "0.weight" within a model, "weight" in a layer */
    neural_tensor *value;                   /* requires_grad unless it is a buffer */
    neural_tensor *grad;                    /* zero at first; value->grad is it; buffers: NULL */
    neural_tensor *mask;                    /* u8 of value's shape, 1 = kept, 0 = pruned; or NULL */
    uint32_t flags;                         /* neural_parameter_flag */
} neural_parameter;

/* A zeroed parameter of its own. */
neural_status neural_parameter_create(const char *name, int ndim, const int64_t *dims,
                                      neural_dtype dtype, uint32_t flags, neural_parameter **out);
void neural_parameter_destroy(neural_parameter *parameter);

/* The parameter's pruning mask from now on: a new reference to a contiguous u8 tensor of 0s and 1s
 * and of the value's shape (NEURAL_ERR_INVALID_DTYPE, _SHAPE_MISMATCH, _INVALID_ARGUMENT), or NULL
 * to make pruning permanent. Nothing is zeroed before neural_parameter_apply_mask. */
neural_status neural_parameter_set_mask(neural_parameter *parameter, neural_tensor *mask);

/* Pruned values become +0, whatever they were, NaN included; nothing without a mask. */
void neural_parameter_apply_mask(neural_parameter *parameter);

/* The same for the gradients: pruned weights have none, so they do not count in norms and momentum
 * cannot gather for them. */
void neural_parameter_mask_grad(neural_parameter *parameter);

/* The flat home of several parameters. Does not own the neural_parameter objects; they must not
 * outlive their use here. */
typedef struct neural_parameters {
    neural_parameter **item;
    int64_t *offset; /* elements, of item i in values and grads; starts are 64-byte aligned */
    int count;
    int64_t len;           /* elements, padding included (padding is zero and stays zero) */
    neural_tensor *values; /* [len] */
    neural_tensor *grads;  /* [len]; of buffers [0] */
    int owns_items;        /* destroy takes the items along */
} neural_parameters;

/* Moves the given parameters (all of one dtype, and either all of them NEURAL_PARAMETER_BUFFER or
 * none) into new flat vectors, values and gradients kept. An empty list is legal. */
neural_status neural_parameters_create(neural_parameter *const *item, int count,
                                       neural_parameters **out);

/* The same for tensors that somebody else made: leaves of one dtype that require a gradient, each
 * once, with names that may be NULL or NULL each ("parameter 3"). Their gradients, zero where there
 * were none, stay theirs. NEURAL_ERR_INVALID_ARGUMENT and _DTYPE_MISMATCH name the tensor. */
NEURAL_API neural_status neural_parameters_gather(neural_tensor *const *tensors,
                                                  const char *const *names, int count,
                                                  neural_parameters **out);
NEURAL_API void neural_parameters_destroy(neural_parameters *parameters);

/* Sets all gradients to 0: one pass. */
NEURAL_API neural_status neural_parameters_zero_grad(neural_parameters *parameters);

/* The two above for every parameter. */
void neural_parameters_apply_masks(neural_parameters *parameters);
void neural_parameters_mask_grads(neural_parameters *parameters);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_PARAMETER_H_ */
