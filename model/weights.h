/* Parameters and buffers in safetensors files: what model files and checkpoints have in common. */
#ifndef MODEL_WEIGHTS_H_
#define MODEL_WEIGHTS_H_

#include "core/tensor/parameter.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every parameter under its name ("0.weight"); one with a mask as model/masked.h says. */
neural_status neural_weights_add(neural_safetensors_writer *writer,
                                 const neural_parameters *parameters);

/* What neural_weights_read would refuse, without reading. */
neural_status neural_weights_check(const neural_safetensors *file,
                                   const neural_parameters *parameters);

/* Whether a tensor of this name belongs to one of the parameters. */
int neural_weights_knows(const neural_parameters *parameters, const char *name);

/* Reads every parameter's value and mask; parameters that the file has without a mask lose theirs.
 * Errors as of neural_safetensors_read_into, which names the first tensor that does not fit, and of
 * neural_masked_read; no value changes before all have been checked. */
neural_status neural_weights_read(const neural_safetensors *file,
                                  const neural_parameters *parameters);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_WEIGHTS_H_ */
