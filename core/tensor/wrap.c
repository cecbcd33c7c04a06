/* Tensors over memory of the caller's. */
#include <string.h>

#include "core/tensor/storage.h"

/* Wrapped memory: what is called, and with what, when the last view is gone. */
typedef struct owner {
    neural_ref ref; /* first member */
    void (*release)(void *context);
    void *context;
    uint32_t version;
} owner;

/* The last element's offset fits, counted in bytes. */
static int extent_fits(const neural_shape *shape, const int64_t *strides, int64_t bytes) {
    int64_t extent = bytes, step;
    for (int i = 0; i < shape->ndim; i++) {
        const int64_t last = shape->dim[i] ? shape->dim[i] - 1 : 0;
        if (strides[i] < 0 || __builtin_mul_overflow(strides[i], last, &step) ||
            __builtin_mul_overflow(step, bytes, &step) ||
            __builtin_add_overflow(extent, step, &extent)) {
            return 0;
        }
    }
    return 1;
}

static void owner_destroy(neural_ref *self) {
    owner *wrapped = (owner *)self;
    if (wrapped->release) {
        wrapped->release(wrapped->context);
    }
    neural_pool_free(wrapped, sizeof(*wrapped));
}

static owner *owner_create(void (*release)(void *context), void *context) {
    owner *wrapped = neural_pool_alloc(sizeof(*wrapped));
    if (wrapped) {
        *wrapped = (owner){{1, owner_destroy}, release, context, 0};
    }
    return wrapped;
}

neural_status neural_tensor_wrap(void *data, int ndim, const int64_t *dims, const int64_t *strides,
                                 neural_dtype dtype, void (*release)(void *context), void *context,
                                 neural_tensor **out) {
    neural_shape shape;
    int64_t steps[NEURAL_MAX_DIMS];
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "tensor_wrap: out is NULL");
    NEURAL_REQUIRE(neural_dtype_bytes(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "tensor_wrap: dtype %d is unknown", (int)dtype);
    NEURAL_TRY(neural_shape_make(ndim, dims, &shape));
    NEURAL_TRY(neural_shape_check_bytes("tensor_wrap", &shape, dtype));
    NEURAL_REQUIRE(data || neural_shape_len(&shape) == 0, NEURAL_ERR_NULL_POINTER,
                   "tensor_wrap: data is NULL");
    NEURAL_REQUIRE((uintptr_t)data % (uintptr_t)neural_dtype_bytes(dtype) == 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "tensor_wrap: data is not aligned for %s",
                   neural_dtype_name(dtype));
    neural_shape_strides(&shape, steps);
    if (strides) {
        memcpy(steps, strides, (size_t)ndim * sizeof(*steps));
    }
    NEURAL_REQUIRE(extent_fits(&shape, steps, neural_dtype_bytes(dtype)),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_wrap: strides are negative or reach beyond the largest size");
    owner *wrapped = owner_create(release, context);
    NEURAL_REQUIRE(wrapped, NEURAL_ERR_OUT_OF_MEMORY, "tensor_wrap: out of memory");
    const neural_tensor base = {
        .dtype = dtype, .data = data, .external = &wrapped->ref, .version = &wrapped->version};
    const neural_status status = neural_tensor_alias(&base, &shape, steps, 0, out);
    if (status) {
        wrapped->release = NULL; /* the memory stays the caller's */
    }
    neural_ref_release(&wrapped->ref);
    return status;
}
