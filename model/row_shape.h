/* How a row of data enters the network. Only for the model library. */
#ifndef MODEL_ROW_SHAPE_H_
#define MODEL_ROW_SHAPE_H_

#include "model/config_fields.h"

/* Where the layers line has a word for images (conv2d, maxpool2d, ...): the shape of `input`, with
 * a channel dimension of 1 in front when that is missing, so 28x28 is [1, 28, 28]. Otherwise all
 * numbers in one row. */
neural_shape neural_row_shape(const neural_config *config);

/* Refuses a network that ends with an image. */
neural_status neural_row_shape_check_end(const neural_shape *end);

#endif /* MODEL_ROW_SHAPE_H_ */
