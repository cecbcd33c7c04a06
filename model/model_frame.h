/* What stands around the weights: all that was fitted on the training data before the first step.
 * Model files and checkpoints hold the same. */
#ifndef MODEL_MODEL_FRAME_H_
#define MODEL_MODEL_FRAME_H_

#include "model/model.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Names in files. */
#define NEURAL_FRAME_OFFSET "transform.offset"
#define NEURAL_FRAME_SCALE "transform.scale"
#define NEURAL_FRAME_CLASS_WEIGHTS "loss.class_weights"

extern const char *const neural_frame_transforms[3]; /* by neural_normalize */

/* Texts transform, class_names, feature_names, columns, and the three tensors above; nothing for
 * what the model does not have. */
neural_status neural_model_frame_add(const neural_model *model, neural_safetensors_writer *writer);

/* NEURAL_ERR_DATA that names the first part of the file which is not the model's, bit by bit. */
neural_status neural_model_frame_check(const neural_model *model, const neural_safetensors *file);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_MODEL_FRAME_H_ */
