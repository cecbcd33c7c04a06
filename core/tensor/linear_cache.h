/* A linear layer's weight copied once for inference: packed for few rows, or, where enough of it is
 * 0, sparse for any number. y = x W^T + b, optionally through relu, with the bits of
 * neural_linear_forward (sparse: as core/tensor/sparse.h says). A packed copy takes the weight's
 * memory again. */
#ifndef CORE_TENSOR_LINEAR_CACHE_H_
#define CORE_TENSOR_LINEAR_CACHE_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Any number of threads may multiply at once; the copy is made under a lock. */
typedef struct neural_linear_cache neural_linear_cache;

neural_status neural_linear_cache_create(neural_linear_cache **out);
void neural_linear_cache_destroy(neural_linear_cache *cache); /* accepts NULL */

/* Gives the copy back. */
void neural_linear_cache_clear(neural_linear_cache *cache);

/* x [.., fan_in], weight [fan_out, fan_in], bias [fan_out] or NULL. *out is NULL where a copy does
 * not pay or fit: a weight that is not sparse and more than 8 rows (14 where fan_in takes a
 * multiple of 4096 bytes), less than 4 KB of weight, strided or unlike operands, and the first
 * product with this version of the weight; the caller then computes as usual. Fails with
 * NEURAL_ERR_OUT_OF_MEMORY. */
neural_status neural_linear_cache_multiply(neural_linear_cache *cache, const neural_tensor *x,
                                           const neural_tensor *weight, const neural_tensor *bias,
                                           int relu, neural_tensor **out);

/* For other ways to multiply, whose bits are not those of the dense way: the sparse copy of weight
 * [fan_out, ...] as a matrix [fan_out, rest], from the first product on. *out is NULL where the
 * weight is not sparse, has less than 4 KB, is strided or not f32 or f64. A copy lives until it is
 * released, whatever becomes of the cache. Fails with NEURAL_ERR_OUT_OF_MEMORY. */
typedef struct neural_linear_copy neural_linear_copy;
neural_status neural_linear_cache_hold_sparse(neural_linear_cache *cache,
                                              const neural_tensor *weight,
                                              neural_linear_copy **out);
const struct neural_sparse *neural_linear_copy_sparse(const neural_linear_copy *copy);
void neural_linear_copy_release(neural_linear_copy *copy); /* accepts NULL */

/* Bytes that copies take at present, 0 for none. */
int64_t neural_linear_cache_bytes(neural_linear_cache *cache);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_LINEAR_CACHE_H_ */
