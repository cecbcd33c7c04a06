/* A model: a layer graph built from a config, with what it needs to be used again: input contract,
 * fitted transform, class names. Saved as one safetensors file. */
#ifndef MODEL_MODEL_H_
#define MODEL_MODEL_H_

#include "core/tensor/parameter.h"
#include "data/columns.h"
#include "data/transform.h"
#include "layers/activation.h"
#include "layers/layer.h"
#include "layers/loss.h"
#include "model/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_model neural_model;

/* Builds the layers of the config's [model] section, initialised from the config's seed, parameters
 * in flat buffers. A final softmax or sigmoid under cross-entropy or BCE is taken off: the loss
 * works on logits and the activation is applied in predict only. NEURAL_ERR_INVALID_CONFIG names
 * line, word and position in the layers line. */
NEURAL_API neural_status neural_model_create(const neural_config *config, neural_model **out);
NEURAL_API void neural_model_destroy(neural_model *model);

/* Logits (or values): x [N, features] -> [N, outputs], through the tape. x is reshaped to the
 * model's input shape. */
NEURAL_API neural_status neural_model_forward(neural_model *model, neural_tensor *x,
                                              neural_tensor **out);
/* x as the network takes it: [N, features], or [N, C, H, W] where it begins with images. A new
 * reference to x itself when it is that already. */
neural_status neural_model_shape_rows(const neural_model *model, neural_tensor *x,
                                      neural_tensor **out);
/* For users of a trained model: raw rows are copied, transformed as in training, run in evaluation
 * mode without recording; the output activation is applied (probabilities for classes). Any number
 * of threads may predict with one model at once, while none changes it. */
NEURAL_API neural_status neural_model_predict(neural_model *model, const neural_tensor *rows,
                                              neural_tensor **out);

NEURAL_API neural_layer *neural_model_network(const neural_model *model); /* borrowed */
NEURAL_API int64_t neural_model_features(const neural_model *model);      /* of one input row */
NEURAL_API int64_t neural_model_outputs(const neural_model *model);
NEURAL_API int64_t neural_model_weight_count(const neural_model *model); /* trainable numbers */
NEURAL_API neural_dtype neural_model_dtype(const neural_model *model);
NEURAL_API neural_loss neural_model_loss(const neural_model *model);
NEURAL_API neural_activation neural_model_output_activation(const neural_model *model);
/* The loss with all its settings; borrowed. */
NEURAL_API const neural_criterion *neural_model_criterion(const neural_model *model);
/* 1 when outputs are class scores (cross_entropy, nll, focal). */
NEURAL_API int neural_model_is_classifier(const neural_model *model);
/* A row of data as the network takes it, without the batch; borrowed. */
const neural_shape *neural_model_row_shape(const neural_model *model);
/* Borrowed, flat: what is trained, and what is only kept (running statistics). */
neural_parameters *neural_model_parameters(const neural_model *model);
neural_parameters *neural_model_buffers(const neural_model *model);

/* A copy for faster predictions: every BatchNorm that directly follows a convolution or linear is
 * folded into it (layers/fold.h), and predictions change by rounding only. The copy predicts and
 * scores; it is neither trained nor saved (NEURAL_ERR_INVALID_ARGUMENT). *folded (may be NULL): how
 * many batch norms. */
NEURAL_API neural_status neural_model_fold_batch_norm(const neural_model *model, int *folded,
                                                      neural_model **out);

/* `config` with the network of the model in place of its own, and with overrides: what trains a
 * model further whose channels were pruned. */
NEURAL_API neural_status neural_model_adapt_config(const neural_model *model,
                                                   const neural_config *config,
                                                   const char *const *overrides, int override_count,
                                                   neural_config **out);

/* The table people expect: layer, output shape, parameters, totals. Free with neural_text_free. */
NEURAL_API neural_status neural_model_summary(const neural_model *model, char **out);

/* 1 when the config asks for class weights made from the training data. */
int neural_model_wants_balance(const neural_config *config);
/* Weights of the classes in the loss, one above 0 per output (copied). */
neural_status neural_model_set_class_weights(neural_model *model, const double *weights,
                                             int64_t count);

/* NEURAL_ERR_INVALID_CONFIG "layer 3 (BatchNorm1d) ..." when the network cannot be trained on a
 * batch of one row. */
neural_status neural_model_check_single_row(const neural_model *model);

/* Fitted transform (takes ownership, NULL = none) and class names (copied). */
neural_status neural_model_set_transform(neural_model *model, neural_transform *transform);
const neural_transform *neural_model_transform(const neural_model *model);

/* What files' columns become before that: taken over; NULL = features as they are. */
void neural_model_set_columns(neural_model *model, neural_columns *columns);
const neural_columns *neural_model_columns(const neural_model *model);
neural_status neural_model_set_class_names(neural_model *model, const char *const *names,
                                           int64_t count);
NEURAL_API const char *neural_model_class_name(const neural_model *model, int64_t c); /* or NULL */
const char *const *neural_model_class_names(const neural_model *model);               /* or NULL */
/* Names of the columns that the model was trained on (copied; count 0 = unknown). */
neural_status neural_model_set_feature_names(neural_model *model, const char *const *names,
                                             int64_t count);
NEURAL_API const char *neural_model_feature_name(const neural_model *model, int64_t feature);

/* Writes parameters ("0.weight", ...), transform (transform.offset, transform.scale), and metadata:
 * format version, portable config, class names, epoch, loss. Nothing of the machine. */
typedef struct neural_model_facts {
    int64_t epoch, step;
    double loss;
    char digest[65]; /* of the training data, "" unknown */
} neural_model_facts;
NEURAL_API neural_status neural_model_save(const neural_model *model,
                                           const neural_model_facts *facts, const char *path);

/* SHA-256, as text, of name (with its NUL) and bytes of every parameter and running statistic, in
 * strcmp order of the names: equal weights, equal digest, and the tensors of a model file give it.
 */
enum { NEURAL_MODEL_DIGEST = 65 };
NEURAL_API neural_status neural_model_digest(const neural_model *model,
                                             char out[NEURAL_MODEL_DIGEST]);

/* Rebuilds a model from the file alone. */
NEURAL_API neural_status neural_model_load(const char *path, neural_model **out);
/* 1 for a model file in 8 bits, which load alone takes; 0 for any other and for none. */
NEURAL_API int neural_model_file_is_8bit(const char *path);
/* 1 when the network computes in 8 bits; it predicts and scores and can be saved. */
NEURAL_API int neural_model_is_8bit(const neural_model *model);
/* Loads into a model built from a config; refused with both shapes when they do not fit. */
NEURAL_API neural_status neural_model_restore(neural_model *model, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_MODEL_H_ */
