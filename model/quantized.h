/* Networks in 8 bits: what is known of each layer, and a network converted by it.
 *
 * Nodes of a layer tree are numbered depth first, the network itself is 0. A plan has a record for
 * each: the grid of the node's results (of node 0: of the network's input) and, where the node is
 * to compute in 8 bits, its weights. Everything between such layers that can stays in 8 bits, too:
 * pools, activations, Flatten, Residual, Concat. */
#ifndef MODEL_QUANTIZED_H_
#define MODEL_QUANTIZED_H_

#include "core/tensor/qops.h"
#include "layers/layer.h"
#include "model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_quantized_kind {
    NEURAL_QUANTIZED_NOT = 0,
    NEURAL_QUANTIZED_STATIC = 1, /* Linear over [N, F], Conv2d: on the grids of the plan */
    NEURAL_QUANTIZED_DYNAMIC = 2 /* Linear: rows on their own grids. Embedding: 8-bit tables */
} neural_quantized_kind;

/* Tensors are owned; NULL where there are none. */
typedef struct neural_quantized_record {
    neural_qformat grid;
    int input; /* while calibrating: the node whose grid the input is on */
    neural_quantized_kind kind;
    neural_tensor *weight;                  /* s8, of the f32 weight's shape */
    neural_tensor *scales;                  /* f32 [weight's first size] */
    neural_tensor *bias;                    /* f32, alike */
    neural_tensor *table; /* u8 [256] of an activation but ReLU, from the grid before it */
    char name[NEURAL_PARAMETER_NAME_BYTES]; /* of the weight: "3.weight" */
} neural_quantized_record;

typedef struct neural_quantized_plan {
    int count;
    neural_quantized_record *record;
} neural_quantized_plan;

/* Nodes of a tree. */
int neural_quantized_nodes(const neural_layer *network);

/* Whether a layer does nothing in evaluation, and whether what it gives is on its input's grid. */
int neural_quantized_skips(const neural_layer *layer);
int neural_quantized_keeps_grid(const neural_layer *layer);

/* Records without anything, grids of scale 1. */
neural_status neural_quantized_plan_create(int count, neural_quantized_plan **out);
void neural_quantized_plan_destroy(neural_quantized_plan *plan); /* accepts NULL */
/* Shares the tensors. */
neural_status neural_quantized_plan_copy(const neural_quantized_plan *plan,
                                         neural_quantized_plan **out);

/* What a layer can be: DYNAMIC alone for Embedding, STATIC or DYNAMIC for Linear, STATIC for
 * Conv2d, given the shape of its input. */
int neural_quantized_can(const neural_layer *layer, const neural_shape *in,
                         neural_quantized_kind kind);

/* Fills weight, scales, bias and name from an f32 layer: symmetric, a scale for each filter. */
neural_status neural_quantized_record_weights(const neural_layer *layer,
                                              neural_quantized_record *record);

/* Fills the table of an activation from the grid of its input to record->grid; nothing for other
 * layers, softmax and ReLU, whose table follows from the grids. */
neural_status neural_quantized_record_table(neural_layer *activation, const neural_qformat *input,
                                            neural_quantized_record *record);

/* A layer of its own by a record that has weights, on rows of shape `in` and that grid: to measure
 * what a conversion costs and gains. It takes f32 or u8 [N, elements, channels last]. */
neural_status neural_quantized_layer_alone(const neural_layer *layer, const neural_shape *in,
                                           const neural_qformat *input,
                                           const neural_quantized_record *record, int gives_f32,
                                           neural_layer **out);

/* Replaces layers of the network in place, names and positions kept. in: the shape of a row. After
 * an error the network can only be destroyed. NEURAL_ERR_DATA where the plan does not fit. */
neural_status neural_quantized_convert(neural_layer *network, const neural_shape *in,
                                       const neural_quantized_plan *plan);

/* An 8-bit copy of a model. The plan, whose nodes are those of its copy with batch norms folded, is
 * taken over on success. The copy predicts, scores and can be saved; it is not trained. */
neural_status neural_model_quantized(const neural_model *model, neural_quantized_plan *plan,
                                     neural_model **out);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_QUANTIZED_H_ */
