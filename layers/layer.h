/* Layers: owners of parameters that compose ops. A layer contains no arithmetic of its own.
 *
 * Every layer maps a batch [N, ...] to a batch [N, ...]. Each kind has a header with its
 * constructor; this one holds what all share. */
#ifndef LAYERS_LAYER_H_
#define LAYERS_LAYER_H_

#include "core/tensor/parameter.h"
#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_layer neural_layer;

/* Accepts NULL; destroys children and parameters too. */
NEURAL_API void neural_layer_destroy(neural_layer *layer);

/* *out has one reference. NEURAL_ERR_SHAPE_MISMATCH names the layer and both shapes. */
NEURAL_API neural_status neural_layer_forward(neural_layer *layer, neural_tensor *x,
                                              neural_tensor **out);

/* Training (dropout active) or evaluation; new layers train. Applies to children. */
NEURAL_API void neural_layer_set_training(neural_layer *layer, int training);
NEURAL_API int neural_layer_training(const neural_layer *layer);
/* While set, every layer evaluates on the calling thread, whatever its mode, and stays as it is: so
 * any number of threads may use one network. Returns the previous value. */
int neural_layer_set_evaluating(int evaluating);

/* Position in the random streams of stochastic layers: the training step about to run. A stochastic
 * layer draws from (seed, step) and does not count by itself. Applies to children. */
NEURAL_API void neural_layer_set_step(neural_layer *layer, uint64_t step);

/* Shape of the result for an input of shape `in`, both without the batch dimension. */
NEURAL_API neural_status neural_layer_output_shape(const neural_layer *layer,
                                                   const neural_shape *in, neural_shape *out);

/* Parameters of the layer and its children, in order; names carry the child's index ("0.weight").
 * Borrowed. NULL when i is out of range. */
NEURAL_API int neural_layer_parameter_count(const neural_layer *layer);
neural_parameter *neural_layer_parameter(const neural_layer *layer, int i);
/* The value tensor and the full name of parameter i; borrowed. */
NEURAL_API neural_tensor *neural_layer_weight(const neural_layer *layer, int i);
NEURAL_API const char *neural_layer_weight_name(const neural_layer *layer, int i);

/* To be called after writing into weights through neural_tensor_data: layers may keep copies for
 * inference, which follow all other writes by themselves. */
NEURAL_API void neural_layer_weights_written(neural_layer *layer);

/* Moves all parameters into new flat vectors, as optimizers want them; the layer must outlive *out
 * (destroy it with neural_parameters_destroy). */
NEURAL_API neural_status neural_layer_flatten(neural_layer *layer, neural_parameters **out);

/* Buffers of the layer and its children, in order: state that is saved with the parameters but not
 * trained, such as BatchNorm's running mean ("1.running_mean"). Borrowed; NULL out of range. */
NEURAL_API int neural_layer_buffer_count(const neural_layer *layer);
neural_parameter *neural_layer_buffer(const neural_layer *layer, int i);
NEURAL_API neural_tensor *neural_layer_buffer_value(const neural_layer *layer, int i);
NEURAL_API const char *neural_layer_buffer_name(const neural_layer *layer, int i);

/* Moves all buffers into one new vector; as neural_layer_flatten. */
NEURAL_API neural_status neural_layer_flatten_buffers(neural_layer *layer, neural_parameters **out);

/* "Linear(in_features=784, out_features=256, bias=True)", PyTorch's way; truncated to bytes. */
NEURAL_API const char *neural_layer_describe(const neural_layer *layer, char *text, int64_t bytes);

/* Children of a container; 0 and NULL for the others. Borrowed. */
NEURAL_API int neural_layer_child_count(const neural_layer *layer);
NEURAL_API neural_layer *neural_layer_child(const neural_layer *layer, int i);

/* A layer's name within the one it is a child of: "0" in a Sequential, "shortcut" in a Residual; ""
 * when it has none. It stands in the names of the parameters. */
NEURAL_API const char *neural_layer_name(const neural_layer *layer);
/* 1 when every child runs on the layer's own input (Residual, Concat), 0 for a chain. */
NEURAL_API int neural_layer_is_side_by_side(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_LAYER_H_ */
