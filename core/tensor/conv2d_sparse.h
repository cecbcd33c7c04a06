/* Convolutions whose weights are mostly 0, for inference: blocks of 16 filters x 1 tap (a tap is a
 * channel and a place in the kernel). y is the chain of core/tensor/conv2d.h without its terms that
 * are 0, so with finite x the bits of the dense convolution wherever that is one chain, with the
 * exceptions of core/tensor/sparse.h. docs/sparse.md. */
#ifndef CORE_TENSOR_CONV2D_SPARSE_H_
#define CORE_TENSOR_CONV2D_SPARSE_H_

#include "core/tensor/linear_cache.h"
#include "core/tensor/op.h"
#include "core/tensor/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether it is faster than the dense convolution of this call, as neural_conv2d_forward gets it:
 * by shape and pattern alone. */
int neural_conv2d_sparse_pays(const neural_sparse *sparse, const neural_op_call *call);

/* The call of neural_conv2d_forward, one group, with weight [filters, channels*KH*KW] as `sparse`:
 * in[1] is not read. Fails with NEURAL_ERR_OUT_OF_MEMORY. */
neural_status neural_conv2d_sparse_forward(const neural_sparse *sparse, neural_op_call *call);

/* The convolution of call->in with call->attrs through the weight's sparse copy in the cache. *out
 * is NULL where there is none or it does not pay, and the caller computes as usual, which also
 * finds what is wrong with operands that do not fit. Fails with NEURAL_ERR_OUT_OF_MEMORY. */
neural_status neural_conv2d_cached(neural_linear_cache *cache, neural_op_call *call,
                                   neural_tensor **out);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_CONV2D_SPARSE_H_ */
