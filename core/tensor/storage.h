/* The inside of a tensor, for floors 2 and 3 and the layers' flat buffers. */
#ifndef CORE_TENSOR_STORAGE_H_
#define CORE_TENSOR_STORAGE_H_

#include "core/base/memory.h"
#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct neural_tensor {
    int refs; /* __atomic builtins only */
    neural_dtype dtype;
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS]; /* elements */
    int64_t len;
    char *data;           /* first element */
    neural_block *home;   /* holds this header; small tensors keep their elements there, too */
    neural_block *block;  /* pool storage shared with views (may be home), or NULL */
    neural_ref *external; /* owner of wrapped memory, or NULL */
    uint32_t *version; /* counts in-place writes through the API; one for all views of a storage */
    uint32_t own_version; /* where version points when the elements are in home */
    uint8_t contiguous;
    /* what floor 3 attaches; floor 2 only gives it back on release */
    uint8_t requires_grad;
    neural_ref *producer;       /* node that computed this tensor, NULL for a leaf */
    struct neural_tensor *grad; /* accumulated gradient of a leaf, or NULL */
    neural_ref *hooks;
};

/* Uninitialised contiguous tensor of `shape` (valid) and dtype. The hot path of every op. */
neural_status neural_tensor_like_shape(const neural_shape *shape, neural_dtype dtype,
                                       neural_tensor **out);

/* A view of base's storage at `offset` elements after its first; no checks. */
neural_status neural_tensor_alias(const neural_tensor *base, const neural_shape *shape,
                                  const int64_t *strides, int64_t offset, neural_tensor **out);

/* Points tensor at storage of `holder` (same dtype, at least offset + len elements), contiguous;
 * the old storage is released and its values are copied over first when keep is set. Used to move
 * parameters into one flat buffer. */
neural_status neural_tensor_rehome(neural_tensor *tensor, const neural_tensor *holder,
                                   int64_t offset, int keep);

/* In-place writes so far to the storage that tensor looks at. */
static inline uint32_t neural_tensor_version(const neural_tensor *tensor) {
    return __atomic_load_n(tensor->version, __ATOMIC_RELAXED);
}

/* To be called by whoever has written into a tensor's elements. */
static inline void neural_tensor_touch(neural_tensor *tensor) {
    __atomic_fetch_add(tensor->version, 1, __ATOMIC_RELAXED);
}

/* Typed data pointers. */
static inline float *neural_tensor_f32(const neural_tensor *tensor) {
    return (float *)(void *)tensor->data;
}
static inline double *neural_tensor_f64(const neural_tensor *tensor) {
    return (double *)(void *)tensor->data;
}

#ifdef __cplusplus
}
#endif

#endif /* CORE_TENSOR_STORAGE_H_ */
