/* From a call of the layers line to a layer. Only for the model library. */
#ifndef MODEL_LAYER_BUILDERS_H_
#define MODEL_LAYER_BUILDERS_H_

#include "layers/layer.h"
#include "model/layer_call.h"

/* What a builder may know. */
typedef struct neural_layer_site {
    neural_shape shape; /* of the input, without the batch dimension */
    neural_dtype dtype;
    uint64_t seed;
    int position;   /* in the network, from 0 */
    int64_t budget; /* weights that may still be made; builders take theirs off */
} neural_layer_site;

/* Errors as "layer 2 (linera): unknown layer; did you mean linear?". */
neural_status neural_layer_call_build(neural_layer_call *call, neural_layer_site *site,
                                      neural_layer **out);

#endif /* MODEL_LAYER_BUILDERS_H_ */
