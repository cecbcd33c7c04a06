/* A table of vectors, looked up by index. */
#ifndef LAYERS_EMBEDDING_H_
#define LAYERS_EMBEDDING_H_

#include "layers/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* weight [rows, cols], Xavier-uniform from Philox(seed, INIT). The input holds whole numbers below
 * `rows`, in any dtype: [N, T] gives [N, T, cols]. padding_index (-1: none) names a row that begins
 * as zeros and gets no gradient. */
NEURAL_API neural_status neural_embedding_create(int64_t rows, int64_t cols, int64_t padding_index,
                                                 neural_dtype dtype, uint64_t seed,
                                                 neural_layer **out);

/* 1 when the layer is one. */
int neural_embedding_is(const neural_layer *layer);

#ifdef __cplusplus
}
#endif

#endif /* LAYERS_EMBEDDING_H_ */
