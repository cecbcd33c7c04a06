/* Smaller models from larger ones: channels taken out of a network, physically. */
#ifndef MODEL_SHRINK_H_
#define MODEL_SHRINK_H_

#include "model/channels.h"
#include "model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The channels of the model's network. Free with neural_channels_destroy; the model must outlive
 * them. */
neural_status neural_model_channels(const neural_model *model, neural_channels **out);

/* A model without the channels whose keep is 0: weights, biases, statistics and masks lose their
 * places, the layers line of its config has the new sizes, all else is copied. keep has one byte
 * per channel; tied channels have to agree, fixed ones to stay, and of every maker one has to stay
 * (NEURAL_ERR_INVALID_ARGUMENT). */
neural_status neural_model_shrink(const neural_model *model, const neural_channels *channels,
                                  const uint8_t *keep, neural_model **out);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_SHRINK_H_ */
