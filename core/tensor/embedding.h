/* Lookup in a table of vectors. */
#ifndef CORE_TENSOR_EMBEDDING_H_
#define CORE_TENSOR_EMBEDDING_H_

#include "core/tensor/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in[0]: weight [V, D]; in[1]: index of any shape; attrs.integer[0]: the padding index, or -1.
 * saved[0]: the indices as i64. */
neural_op_infer neural_embedding_infer;
neural_op_forward neural_embedding_forward;
neural_op_backward neural_embedding_backward;

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_EMBEDDING_H_ */
