/* The inside of quantization: a walk over the layers of a folded f32 model. */
#ifndef TRAIN_QUANTIZE_TYPE_H_
#define TRAIN_QUANTIZE_TYPE_H_

#include "layers/layer_type.h"
#include "model/quantized.h"
#include "train/quantize.h"

/* A node of the tree (model/quantized.h numbers them) ran: x its input, y its result. */
typedef neural_status (*quantize_visit)(void *context, int id, neural_layer *layer,
                                        neural_tensor *x, neural_tensor *y);

/* Runs the network on x layer by layer and tells of each node, children first. */
neural_status quantize_trace(neural_layer *network, neural_tensor *x, quantize_visit visit,
                             void *context);

/* `count` rows from `first` on of those that calibration looks at, as the network takes them. */
neural_status quantize_rows(const neural_model *model, const neural_dataset *dataset,
                            int64_t samples, int64_t first, int64_t count, neural_tensor **out);

/* Grids, weights and tables of everything that can be in 8 bits. */
neural_status quantize_calibrate(const neural_model *folded, const neural_dataset *dataset,
                                 const neural_quantize_options *options,
                                 neural_quantized_plan **out);

/* Fills name, kind, SNR and times of every node with weights on x; ids[i] is the node of layer i of
 * the report. */
neural_status quantize_measure(const neural_model *folded, const neural_quantized_plan *plan,
                               neural_tensor *x, neural_quantize_report *report, int **ids);

/* Predictions of speed->rows rows by both models. */
neural_status quantize_race(neural_model *f32, neural_model *int8, const neural_dataset *data,
                            neural_quantize_speed *speed);

#endif /* TRAIN_QUANTIZE_TYPE_H_ */
