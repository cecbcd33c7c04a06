#include "core/tensor/dlpack.h"

#include <string.h>

#include "core/tensor/storage.h"

enum { CPU = 1 };

typedef enum kind { SIGNED = 0, UNSIGNED = 1, FLOATING = 2, BFLOAT = 4, BOOLEAN = 6 } kind;

typedef struct element_type {
    uint8_t kind, bits;
    uint16_t lanes;
} element_type;

typedef struct managed_tensor {
    void *data;
    int32_t device_type, device_id;
    int32_t ndim;
    element_type type;
    int64_t *dims;
    int64_t *strides; /* elements; NULL: row-major */
    uint64_t byte_offset;
    void *context;
    void (*deleter)(struct managed_tensor *self);
} managed_tensor;

/* What to_dlpack hands out: the struct first. */
typedef struct lent_tensor {
    managed_tensor managed;
    int64_t dims[NEURAL_MAX_DIMS], strides[NEURAL_MAX_DIMS];
} lent_tensor;

static const element_type types[NEURAL_DTYPE_COUNT] = {
    [NEURAL_DTYPE_F32] = {FLOATING, 32, 1}, [NEURAL_DTYPE_F64] = {FLOATING, 64, 1},
    [NEURAL_DTYPE_I8] = {SIGNED, 8, 1},     [NEURAL_DTYPE_U8] = {UNSIGNED, 8, 1},
    [NEURAL_DTYPE_I32] = {SIGNED, 32, 1},   [NEURAL_DTYPE_I64] = {SIGNED, 64, 1},
    [NEURAL_DTYPE_BOOL] = {BOOLEAN, 8, 1},  [NEURAL_DTYPE_BF16] = {BFLOAT, 16, 1},
};

static void give_back(managed_tensor *self) {
    neural_tensor_release(self->context);
    neural_pool_free(self, sizeof(lent_tensor));
}

neural_status neural_tensor_to_dlpack(neural_tensor *tensor, void **out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "to_dlpack: %s is NULL",
                   tensor ? "out" : "tensor");
    neural_tensor *view = NULL; /* keeps this storage, wherever tensor may move */
    NEURAL_TRY(neural_tensor_alias(tensor, &tensor->shape, tensor->strides, 0, &view));
    lent_tensor *lent = neural_pool_alloc(sizeof(*lent));
    if (!lent) {
        neural_tensor_release(view);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const size_t bytes = (size_t)tensor->shape.ndim * sizeof(int64_t);
    memcpy(lent->dims, tensor->shape.dim, bytes);
    memcpy(lent->strides, tensor->strides, bytes);
    lent->managed = (managed_tensor){
        .data = tensor->data,
        .device_type = CPU,
        .ndim = tensor->shape.ndim,
        .type = types[tensor->dtype],
        .dims = lent->dims,
        .strides = lent->strides,
        .context = view,
        .deleter = give_back,
    };
    *out = lent;
    return NEURAL_OK;
}

void neural_dlpack_delete(void *managed) {
    managed_tensor *self = managed;
    if (self && self->deleter) {
        self->deleter(self);
    }
}

static neural_status dtype_of(const element_type *type, neural_dtype *out) {
    for (int dtype = 0; dtype < NEURAL_DTYPE_COUNT; dtype++) {
        if (memcmp(&types[dtype], type, sizeof(*type)) == 0) {
            *out = (neural_dtype)dtype;
            return NEURAL_OK;
        }
    }
    return neural_error(NEURAL_ERR_INVALID_DTYPE,
                        "from_dlpack: elements of kind %d with %d bits in %d lanes are no dtype",
                        type->kind, type->bits, type->lanes);
}

neural_status neural_tensor_from_dlpack(void *managed, neural_tensor **out) {
    managed_tensor *self = managed;
    neural_dtype dtype = NEURAL_DTYPE_F32;
    NEURAL_REQUIRE(self && out, NEURAL_ERR_NULL_POINTER, "from_dlpack: %s is NULL",
                   self ? "out" : "managed");
    NEURAL_REQUIRE(self->device_type == CPU, NEURAL_ERR_INVALID_ARGUMENT,
                   "from_dlpack: the tensor is on a device of type %d, not in main memory",
                   (int)self->device_type);
    NEURAL_TRY(dtype_of(&self->type, &dtype));
    char *data = self->data ? (char *)self->data + self->byte_offset : NULL;
    return neural_tensor_wrap(data, self->ndim, self->dims, self->strides, dtype,
                              neural_dlpack_delete, self, out);
}
