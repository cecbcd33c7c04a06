/* Storage, ownership and queries. Every header lies in a pool block of its own; up to
 * EMBEDDED_BYTES of elements follow it there, so that a small tensor is one block. Larger elements
 * have a second block, whose first line counts the writes. */
#include "core/tensor/tensor.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "core/tensor/storage.h"

enum {
    LINE = NEURAL_ALIGNMENT,
    HEADER_BYTES = (int)((sizeof(neural_tensor) + LINE - 1) / LINE * LINE),
    EMBEDDED_BYTES = 4096
};

/* A tensor without elements always is. */
static int is_row_major(const neural_shape *shape, const int64_t *strides) {
    int64_t expected = 1;
    int dense = 1;
    for (int i = shape->ndim - 1; i >= 0; i--) {
        dense &= shape->dim[i] == 1 || strides[i] == expected;
        expected *= shape->dim[i];
    }
    return dense || expected == 0;
}

/* A header with everything but strides, data, version and storage set. */
static neural_tensor *header_create(const neural_shape *shape, neural_dtype dtype, int64_t len,
                                    size_t extra_bytes) {
    neural_block *home = neural_block_create(HEADER_BYTES + extra_bytes);
    if (!home) {
        return NULL;
    }
    neural_tensor *tensor = neural_block_data(home);
    tensor->refs = 1;
    tensor->dtype = dtype;
    tensor->shape = *shape;
    tensor->len = len;
    tensor->home = home;
    tensor->external = NULL;
    tensor->own_version = 0;
    tensor->requires_grad = 0;
    tensor->producer = NULL;
    tensor->grad = NULL;
    tensor->hooks = NULL;
    return tensor;
}

static void place_in_home(neural_tensor *tensor) {
    tensor->block = tensor->home;
    tensor->data = (char *)tensor + HEADER_BYTES;
    tensor->version = &tensor->own_version;
}

/* Takes over the reference to block. */
static void place_in_block(neural_tensor *tensor, neural_block *block) {
    tensor->block = block;
    tensor->data = (char *)neural_block_data(block) + LINE;
    tensor->version = neural_block_data(block);
    *tensor->version = 0;
}

neural_status neural_tensor_like_shape(const neural_shape *shape, neural_dtype dtype,
                                       neural_tensor **out) {
    NEURAL_TRY(neural_shape_check_bytes("tensor", shape, dtype));
    const int64_t len = neural_shape_len(shape), bytes = len * neural_dtype_bytes(dtype);
    neural_block *block = NULL;
    const int embedded = bytes <= EMBEDDED_BYTES;
    if (!embedded && !(block = neural_block_create((size_t)bytes + LINE))) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_tensor *tensor = header_create(shape, dtype, len, embedded ? (size_t)bytes : 0);
    if (!tensor) {
        neural_block_release(block);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    if (embedded) {
        place_in_home(tensor);
    } else {
        place_in_block(tensor, block);
    }
    neural_shape_strides(shape, tensor->strides);
    tensor->contiguous = 1;
    *out = tensor;
    return NEURAL_OK;
}

neural_status neural_tensor_alias(const neural_tensor *base, const neural_shape *shape,
                                  const int64_t *strides, int64_t offset, neural_tensor **out) {
    neural_tensor *view = header_create(shape, base->dtype, neural_shape_len(shape), 0);
    if (!view) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(view->strides, strides, (size_t)shape->ndim * sizeof(*strides));
    view->block = neural_block_retain(base->block);
    view->external = neural_ref_retain(base->external);
    view->data = base->data + offset * neural_dtype_bytes(base->dtype);
    view->version = base->version;
    view->contiguous = (uint8_t)is_row_major(shape, strides);
    *out = view;
    return NEURAL_OK;
}

neural_tensor *neural_tensor_retain(neural_tensor *tensor) {
    if (tensor) {
        __atomic_fetch_add(&tensor->refs, 1, __ATOMIC_RELAXED);
    }
    return tensor;
}

/* Whoever sees a count of 1 is the only owner: nobody else can raise it. */
void neural_tensor_release(neural_tensor *tensor) {
    if (!tensor || (__atomic_load_n(&tensor->refs, __ATOMIC_ACQUIRE) != 1 &&
                    __atomic_fetch_sub(&tensor->refs, 1, __ATOMIC_ACQ_REL) != 1)) {
        return;
    }
    neural_ref_release(tensor->producer);
    neural_ref_release(tensor->hooks);
    neural_tensor_release(tensor->grad);
    neural_ref_release(tensor->external);
    if (tensor->block != tensor->home) {
        neural_block_release(tensor->block);
    }
    neural_block_release(tensor->home);
}

neural_status neural_tensor_rehome(neural_tensor *tensor, const neural_tensor *holder,
                                   int64_t offset, int keep) {
    NEURAL_REQUIRE(tensor->dtype == holder->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "tensor_rehome: tensor is %s, holder is %s", neural_dtype_name(tensor->dtype),
                   neural_dtype_name(holder->dtype));
    NEURAL_REQUIRE(holder->contiguous && offset >= 0 && offset <= holder->len &&
                       tensor->len <= holder->len - offset,
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_rehome: %" PRId64 " elements at %" PRId64 " do not fit into %" PRId64,
                   tensor->len, offset, holder->len);
    neural_tensor moved = *tensor;
    neural_shape_strides(&tensor->shape, moved.strides);
    moved.data = holder->data + offset * neural_dtype_bytes(holder->dtype);
    moved.contiguous = 1;
    moved.version = holder->version;
    if (keep) {
        NEURAL_TRY(neural_tensor_copy(&moved, tensor));
    }
    neural_ref_release(tensor->external);
    if (tensor->block != tensor->home) {
        neural_block_release(tensor->block);
    }
    moved.block = neural_block_retain(holder->block);
    moved.external = neural_ref_retain(holder->external);
    *tensor = moved;
    return NEURAL_OK;
}

neural_dtype neural_tensor_dtype(const neural_tensor *tensor) {
    return tensor->dtype;
}
int neural_tensor_ndim(const neural_tensor *tensor) {
    return tensor->shape.ndim;
}
const int64_t *neural_tensor_dims(const neural_tensor *tensor) {
    return tensor->shape.dim;
}
const int64_t *neural_tensor_strides(const neural_tensor *tensor) {
    return tensor->strides;
}
int64_t neural_tensor_len(const neural_tensor *tensor) {
    return tensor->len;
}
void *neural_tensor_data(const neural_tensor *tensor) {
    return tensor->data;
}
int neural_tensor_is_contiguous(const neural_tensor *tensor) {
    return tensor->contiguous;
}

int64_t neural_tensor_bytes(const neural_tensor *tensor) {
    return tensor->len * neural_dtype_bytes(tensor->dtype);
}
