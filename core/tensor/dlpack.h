/* DLPack: tensors shared with other frameworks without a copy (dmlc/dlpack, the structs of version
 * 0.x, which every "dltensor" capsule of Python's protocol holds). */
#ifndef CORE_TENSOR_DLPACK_H_
#define CORE_TENSOR_DLPACK_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *out = a new DLManagedTensor on tensor's storage, which it keeps alive until its deleter is
 * called. */
NEURAL_API neural_status neural_tensor_to_dlpack(neural_tensor *tensor, void **out);

/* *out = a tensor on the memory of a DLManagedTensor, which it takes over: the deleter is called
 * once, when the last view is gone. On failure the managed tensor stays the caller's.
 * NEURAL_ERR_INVALID_ARGUMENT unless it lies in main memory, has at most 8 dimensions and no
 * negative stride; NEURAL_ERR_INVALID_DTYPE for elements that no neural_dtype stands for. */
NEURAL_API neural_status neural_tensor_from_dlpack(void *managed, neural_tensor **out);

/* Calls the deleter of a DLManagedTensor that nobody took over; accepts NULL. */
NEURAL_API void neural_dlpack_delete(void *managed);

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_DLPACK_H_ */
