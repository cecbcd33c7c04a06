/* Views: other shapes and strides over the same storage. */
#include <inttypes.h>

#include "core/tensor/storage.h"
#include "core/tensor/view_shape.h"
#include "core/tensor/walk.h"

neural_status neural_view_shape(const char *name, const neural_tensor *tensor, int ndim,
                                const int64_t *dims, neural_shape *out) {
    char have[NEURAL_SHAPE_TEXT];
    int64_t sizes[NEURAL_MAX_DIMS] = {0};
    int unknown = -1;
    NEURAL_REQUIRE(ndim >= 0 && ndim <= NEURAL_MAX_DIMS, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: %d dimensions, expected 0 to %d", name, ndim, NEURAL_MAX_DIMS);
    for (int i = 0; i < ndim; i++) {
        sizes[i] = dims[i];
        if (dims[i] == -1) {
            NEURAL_REQUIRE(unknown < 0, NEURAL_ERR_INVALID_ARGUMENT,
                           "%s: dimensions %d and %d are both -1", name, unknown, i);
            unknown = i;
            sizes[i] = 1;
        }
    }
    neural_shape shape;
    NEURAL_TRY(neural_shape_make(ndim, sizes, &shape));
    const int64_t known = neural_shape_len(&shape);
    if (unknown >= 0) {
        NEURAL_REQUIRE(known && tensor->len % known == 0, NEURAL_ERR_SHAPE_MISMATCH,
                       "%s: the -1 of %d dimensions cannot be found: the others make %" PRId64
                       ", x is %s",
                       name, ndim, known, neural_shape_text(&tensor->shape, have, sizeof(have)));
        shape.dim[unknown] = tensor->len / known;
    }
    char want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(neural_shape_len(&shape) == tensor->len, NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: x is %s (%" PRId64 " elements), the new shape is %s (%" PRId64 ")", name,
                   neural_shape_text(&tensor->shape, have, sizeof(have)), tensor->len,
                   neural_shape_text(&shape, want, sizeof(want)), neural_shape_len(&shape));
    *out = shape;
    return NEURAL_OK;
}

/* Lays the new dimensions before `end` over one run of `size` elements `stride` apart, the last
 * first; returns how many new dimensions are left before it, -1 when their sizes do not fit. */
static int split_run(const neural_shape *shape, int end, int64_t size, int64_t stride,
                     int64_t *strides) {
    while (size > 1) {
        const int64_t part = end > 0 ? shape->dim[end - 1] : 0;
        if (part == 0 || size % part) {
            return -1;
        }
        strides[--end] = stride;
        stride *= part;
        size /= part;
    }
    return end;
}

/* A walk over the tensor alone gives its runs: dimensions that lie behind each other in memory. */
int neural_view_strides(const neural_tensor *tensor, const neural_shape *shape, int64_t *strides) {
    neural_shape_strides(shape, strides);
    if (tensor->contiguous) {
        return 1;
    }
    neural_walk walk;
    neural_walk_make(&walk, &tensor->shape, 1, (const int64_t *[]){tensor->strides});
    int left = shape->ndim;
    for (int i = walk.ndim - 1; i >= 0 && left >= 0; i--) {
        left = split_run(shape, left, walk.dim[i], walk.stride[0][i], strides);
    }
    return left >= 0;
}

neural_status neural_tensor_view(neural_tensor *tensor, int ndim, const int64_t *dims,
                                 neural_tensor **out) {
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS] = {0};
    char have[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(tensor && out && (dims || ndim == 0), NEURAL_ERR_NULL_POINTER,
                   "tensor_view: %s is NULL",
                   !tensor ? "tensor"
                   : out   ? "dims"
                           : "out");
    NEURAL_TRY(neural_view_shape("tensor_view", tensor, ndim, dims, &shape));
    NEURAL_REQUIRE(neural_view_strides(tensor, &shape, strides), NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_view: the strides of %s do not allow %s without a copy",
                   neural_shape_text(&tensor->shape, have, sizeof(have)),
                   neural_shape_text(&shape, want, sizeof(want)));
    return neural_tensor_alias(tensor, &shape, strides, 0, out);
}

neural_status neural_permute_shape(const char *name, const neural_tensor *tensor,
                                   const int64_t *order, neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    neural_shape shape = {.ndim = tensor->shape.ndim};
    unsigned seen = 0;
    for (int i = 0; i < shape.ndim; i++) {
        const int64_t from = order[i];
        NEURAL_REQUIRE(from >= 0 && from < shape.ndim && !(seen >> from & 1),
                       NEURAL_ERR_INVALID_ARGUMENT, "%s: order[%d] = %" PRId64 " of x %s is %s",
                       name, i, from, neural_shape_text(&tensor->shape, text, sizeof(text)),
                       from >= 0 && from < shape.ndim ? "given twice" : "out of range");
        seen |= 1u << from;
        shape.dim[i] = tensor->shape.dim[from];
    }
    *out = shape;
    return NEURAL_OK;
}

neural_status neural_tensor_permute(neural_tensor *tensor, const int *order, neural_tensor **out) {
    neural_shape shape;
    int64_t wide[NEURAL_MAX_DIMS] = {0}, strides[NEURAL_MAX_DIMS] = {0};
    NEURAL_REQUIRE(tensor && out && (order || tensor->shape.ndim == 0), NEURAL_ERR_NULL_POINTER,
                   "tensor_permute: %s is NULL",
                   !tensor ? "tensor"
                   : out   ? "order"
                           : "out");
    for (int i = 0; i < tensor->shape.ndim; i++) {
        wide[i] = order[i];
    }
    NEURAL_TRY(neural_permute_shape("tensor_permute", tensor, wide, &shape));
    for (int i = 0; i < shape.ndim; i++) {
        strides[i] = tensor->strides[order[i]];
    }
    return neural_tensor_alias(tensor, &shape, strides, 0, out);
}

neural_status neural_slice_shape(const char *name, const neural_tensor *tensor,
                                 const neural_slice_range *range, neural_shape *out) {
    char text[NEURAL_SHAPE_TEXT];
    neural_shape_text(&tensor->shape, text, sizeof(text));
    NEURAL_REQUIRE(range->dim >= 0 && range->dim < tensor->shape.ndim, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: x is %s, there is no dimension %" PRId64, name, text, range->dim);
    const int64_t size = tensor->shape.dim[range->dim];
    NEURAL_REQUIRE(
        range->step >= 1 && range->count >= 0 && range->start >= 0 && range->start <= size &&
            (range->count == 0 ||
             (range->start < size && range->count - 1 <= (size - 1 - range->start) / range->step)),
        NEURAL_ERR_INVALID_ARGUMENT,
        "%s: %" PRId64 " elements from %" PRId64 " by %" PRId64 " do not lie in dimension %" PRId64
        " of %s",
        name, range->count, range->start, range->step, range->dim, text);
    *out = tensor->shape;
    out->dim[range->dim] = range->count;
    return NEURAL_OK;
}

neural_status neural_tensor_slice(neural_tensor *tensor, int dim, int64_t start, int64_t count,
                                  int64_t step, neural_tensor **out) {
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS] = {0};
    const neural_slice_range range = {dim, start, count, step};
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_slice: %s is NULL",
                   tensor ? "out" : "tensor");
    NEURAL_TRY(neural_slice_shape("tensor_slice", tensor, &range, &shape));
    for (int i = 0; i < shape.ndim; i++) {
        strides[i] = tensor->strides[i];
    }
    strides[dim] = count > 1 ? strides[dim] * step : strides[dim];
    const int64_t offset = neural_shape_len(&shape) ? start * tensor->strides[dim] : 0;
    return neural_tensor_alias(tensor, &shape, strides, offset, out);
}

neural_status neural_expand_shape(const char *name, const neural_tensor *tensor, int ndim,
                                  const int64_t *dims, neural_shape *out) {
    char have[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    neural_shape shape;
    NEURAL_TRY(neural_shape_make(ndim, dims, &shape));
    NEURAL_TRY(neural_shape_check_bytes(name, &shape, tensor->dtype));
    const int missing = ndim - tensor->shape.ndim;
    int fits = missing >= 0;
    for (int i = 0; fits && i < tensor->shape.ndim; i++) {
        fits = tensor->shape.dim[i] == 1 || tensor->shape.dim[i] == shape.dim[i + missing];
    }
    NEURAL_REQUIRE(fits, NEURAL_ERR_SHAPE_MISMATCH, "%s: x is %s, it does not stretch to %s", name,
                   neural_shape_text(&tensor->shape, have, sizeof(have)),
                   neural_shape_text(&shape, want, sizeof(want)));
    *out = shape;
    return NEURAL_OK;
}

neural_status neural_tensor_expand(neural_tensor *tensor, int ndim, const int64_t *dims,
                                   neural_tensor **out) {
    neural_shape shape;
    int64_t strides[NEURAL_MAX_DIMS] = {0};
    NEURAL_REQUIRE(tensor && out && (dims || ndim == 0), NEURAL_ERR_NULL_POINTER,
                   "tensor_expand: %s is NULL",
                   !tensor ? "tensor"
                   : out   ? "dims"
                           : "out");
    NEURAL_TRY(neural_expand_shape("tensor_expand", tensor, ndim, dims, &shape));
    neural_broadcast_strides(tensor, &shape, strides);
    return neural_tensor_alias(tensor, &shape, strides, 0, out);
}
