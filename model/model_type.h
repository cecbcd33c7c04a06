/* The inside of a model. Only for this library. */
#ifndef MODEL_MODEL_TYPE_H_
#define MODEL_MODEL_TYPE_H_

#include "model/config_fields.h"
#include "model/model.h"

struct neural_model {
    neural_layer *network; /* Sequential */
    neural_parameters *parameters, *buffers;
    neural_shape input_shape; /* of one row */
    int64_t features, outputs;
    neural_dtype dtype;
    neural_loss loss;
    neural_activation output_activation; /* applied in predict only */
    neural_transform *transform;         /* or NULL */
    char **class_names;                  /* or NULL */
    int64_t class_count;
    char *config; /* portable */
};

/* Layers, parameters and contract from a config; a layer that would need more than `budget` weights
 * is refused. The weights are still to be initialised. */
neural_status neural_model_build(const neural_config *config, int64_t budget, neural_model **out);

#endif /* MODEL_MODEL_TYPE_H_ */
