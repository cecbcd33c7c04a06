/* Arguments of a call that are sizes of images: "3x3", "pad=1x2". Only for the model library. */
#ifndef MODEL_LAYER_SIZES_H_
#define MODEL_LAYER_SIZES_H_

#include "model/layer_builders.h"

/* Argument i by position or by name as height and width, each from min to max: "3x5", or "3" for
 * both. When it is missing, pair stays as it is if optional. */
neural_status neural_layer_pair(neural_layer_call *call, int i, const char *name, int optional,
                                int64_t min, int64_t max, int64_t pair[2]);

/* Refuses a site whose input is not [channels, ...] with `axes` (1 or 2) further sizes. */
neural_status neural_layer_site_image(const neural_layer_site *site, const neural_layer_call *call,
                                      int axes);

#endif /* MODEL_LAYER_SIZES_H_ */
