/* The loss of a model: which one, and what its keys say. Only for this library. */
#ifndef MODEL_MODEL_LOSS_H_
#define MODEL_MODEL_LOSS_H_

#include "model/model_type.h"

/* Fixes criterion and output activation of a model whose network ends with the activation `last`
 * and has its outputs counted; *strip says whether `last` is left out of the network. */
neural_status neural_model_choose_loss(neural_model *model, const neural_config *config,
                                       neural_activation last, int *strip);

#endif /* MODEL_MODEL_LOSS_H_ */
