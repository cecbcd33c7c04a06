/* The inside of a model. Only for this library. */
#ifndef MODEL_MODEL_TYPE_H_
#define MODEL_MODEL_TYPE_H_

#include "model/config_fields.h"
#include "model/model.h"
#include "model/quantized.h"

/* Owned texts; {0} = none. */
typedef struct neural_model_names {
    char **item;
    int64_t count;
} neural_model_names;

struct neural_model {
    neural_layer *network; /* Sequential */
    neural_parameters *parameters, *buffers;
    neural_shape input_shape; /* of one row */
    neural_shape row_shape;   /* as the network takes a row */
    int64_t features, outputs;
    neural_dtype dtype;
    neural_criterion criterion;          /* owns its class weights */
    neural_activation output_activation; /* applied in predict only */
    neural_transform *transform;         /* or NULL */
    neural_columns *columns;             /* or NULL */
    neural_model_names class_names, feature_names;
    char *config;                /* portable */
    int is_folded;               /* what the config says is no longer what the network is */
    neural_quantized_plan *plan; /* of a network in 8 bits, else NULL */
};

/* Layers, parameters and contract from a config; a layer that would need more than `budget` weights
 * is refused. The weights are still to be initialised. */
neural_status neural_model_build(const neural_config *config, int64_t budget, neural_model **out);

/* A new model with everything that `from` holds, as trained. */
neural_status neural_model_copy(const neural_model *from, neural_model **out);
/* In place: the batch norms folded; then, the network converted (the plan is taken over on
 * success). */
neural_status neural_model_fold(neural_model *model, int *folded);
neural_status neural_model_convert(neural_model *model, neural_quantized_plan *plan);

/* Refuses a folded copy: "model_save: its batch norms are folded, expected the model as trained".
 */
neural_status neural_model_check_whole(const neural_model *model, const char *caller);

/* Transform, columns, class weights and names. */
neural_status neural_model_copy_frame(const neural_model *from, neural_model *to);

/* One name per line, \ and line ends inside names as \\ and \n: to a text, freed by neural_free,
 * and back. */
neural_status neural_model_names_write(const neural_model_names *names, char **out);
neural_status neural_model_names_read(const char *text, neural_model_names *out);
void neural_model_names_free(neural_model_names *names);

#endif /* MODEL_MODEL_TYPE_H_ */
