/* Masked parameters in safetensors files: of NAME only what its mask keeps is written, so that the
 * file follows the number of kept elements. Two tensors stand for NAME:
 *
 *   NAME.mask    U8 [8*ceil(len/64)]   bit i%8 of byte i/8: element i (rows in order) is kept; the
 *                                      bits behind the last element are 0
 *   NAME.values  value's dtype [kept]  the kept elements in order
 *
 * A kept element may be 0. What is not kept reads as +0. */
#ifndef MODEL_MASKED_H_
#define MODEL_MASKED_H_

#include "core/tensor/parameter.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A parameter with a mask (u8 of the value's shape, contiguous, 1 = kept). Whatever the value has
 * under a 0 is not written. */
neural_status neural_masked_add(neural_safetensors_writer *writer,
                                const neural_parameter *parameter);

/* Whether the file holds `parameter` so, or plainly. */
int neural_masked_stands(const neural_safetensors *file, const char *parameter);

/* Whether `name` is one of the two tensors of `parameter`. */
int neural_masked_is_part(const char *name, const char *parameter);

/* What a file tells of a masked parameter: value and mask, of its shape. */
typedef struct neural_masked {
    neural_tensor *value, *mask;
} neural_masked;

/* Refuses (NEURAL_ERR_DATA, _DTYPE_MISMATCH, _SHAPE_MISMATCH): a part missing
 * or beside the plain tensor, another dtype or shape, bits behind the last element, values that are
 * not as many as the bits. With `out` NULL it only checks; release both tensors after use. */
neural_status neural_masked_read(const neural_safetensors *file, const neural_parameter *parameter,
                                 neural_masked *out);

/* Elements that the masks of a file stand for, kept or not: how large its model may be. */
int64_t neural_masked_elements(const neural_safetensors *file);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_MASKED_H_ */
