/* Plans in safetensors files:
 *
 *   quantized.grids     F32 [nodes, 2]  scale and zero point of each node's results
 *   quantized.kinds     U8 [nodes]      neural_quantized_kind
 *   quantized.table.ID  U8 [256]        of an activation
 *   NAME                I8              of a node in 8 bits, "3.weight"; beside it
 *   NAME_scale          F32 [filters]
 *   3.bias              F32 [filters]   where the layer has one */
#ifndef MODEL_QUANTIZED_FILE_H_
#define MODEL_QUANTIZED_FILE_H_

#include "model/quantized.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

neural_status neural_quantized_add(neural_safetensors_writer *writer,
                                   const neural_quantized_plan *plan);

/* The plan in the file for a network as its config says, batch norms folded. Refuses
 * (NEURAL_ERR_DATA, _DTYPE_MISMATCH, _SHAPE_MISMATCH) what is missing or does not fit, scales that
 * are not positive and finite, zero points outside 0 ... 255. */
neural_status neural_quantized_read(const neural_safetensors *file, const neural_layer *network,
                                    neural_quantized_plan **out);

/* Whether `name` is one of the plan's tensors. */
int neural_quantized_knows(const neural_quantized_plan *plan, const char *name);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_QUANTIZED_FILE_H_ */
