/* Copies between tensors of any strides and dtypes. */
#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/convert.h"
#include "core/tensor/tensor.h"
#include "core/tensor/walk.h"

enum { DST, SRC, OPERANDS };

static int is_transpose(const neural_walk *walk) {
    const int n = walk->ndim;
    return n >= 2 && walk->stride[DST][n - 1] == 1 && walk->stride[SRC][n - 2] == 1;
}

/* Each of the innermost two-dimensional pieces is a transposed matrix: [dim n-1][dim n-2] in src.
 */
static void copy_transposed(neural_walk *walk, neural_tensor *dst, const neural_tensor *src) {
    const neural_kernel_table *kernels = neural_kernels();
    const int n = walk->ndim;
    const int64_t rows = walk->dim[n - 1], cols = walk->dim[n - 2];
    const int64_t dst_ld = walk->stride[DST][n - 2], src_ld = walk->stride[SRC][n - 1];
    neural_walk_cursor cursor;
    walk->ndim = n - 1; /* one step of the cursor is now one matrix */
    neural_walk_seek(walk, &cursor, 0);
    for (int64_t left = walk->rows / cols; left > 0; left--) {
        if (src->dtype == NEURAL_DTYPE_F32) {
            kernels->transpose_f32(neural_tensor_f32(dst) + cursor.offset[DST],
                                   neural_tensor_f32(src) + cursor.offset[SRC], rows, cols, dst_ld,
                                   src_ld);
        } else {
            kernels->transpose_f64(neural_tensor_f64(dst) + cursor.offset[DST],
                                   neural_tensor_f64(src) + cursor.offset[SRC], rows, cols, dst_ld,
                                   src_ld);
        }
        neural_walk_next(walk, &cursor);
    }
}

static void copy_rows(const neural_walk *walk, neural_tensor *dst, const neural_tensor *src) {
    const int64_t dst_bytes = neural_dtype_bytes(dst->dtype);
    const int64_t src_bytes = neural_dtype_bytes(src->dtype);
    neural_walk_cursor cursor;
    neural_walk_seek(walk, &cursor, 0);
    for (int64_t row = 0; row < walk->rows; row++) {
        neural_convert(dst->data + cursor.offset[DST] * dst_bytes, dst->dtype,
                       walk->col_stride[DST], src->data + cursor.offset[SRC] * src_bytes,
                       src->dtype, walk->col_stride[SRC], walk->cols);
        neural_walk_next(walk, &cursor);
    }
}

/* Shapes are equal and the memory does not overlap. */
static void copy_disjoint(neural_tensor *dst, const neural_tensor *src) {
    neural_walk walk;
    if (dst->len == 0) {
        return;
    }
    const neural_fp_state state = neural_fp_enter(); /* conversions round */
    neural_walk_make(&walk, &dst->shape, OPERANDS, (const int64_t *[]){dst->strides, src->strides});
    if (dst->dtype == src->dtype && neural_dtype_is_float(src->dtype) && is_transpose(&walk)) {
        copy_transposed(&walk, dst, src);
    } else {
        copy_rows(&walk, dst, src);
    }
    neural_fp_leave(state);
}

/* One past the last byte that tensor looks at. */
static const char *memory_end(const neural_tensor *tensor) {
    int64_t last = 0;
    for (int i = 0; i < tensor->shape.ndim; i++) {
        last += (tensor->shape.dim[i] - 1) * tensor->strides[i];
    }
    return tensor->data + (last + 1) * neural_dtype_bytes(tensor->dtype);
}

static int overlaps(const neural_tensor *lhs, const neural_tensor *rhs) {
    return lhs->data < memory_end(rhs) && rhs->data < memory_end(lhs);
}

static int is_same_view(const neural_tensor *lhs, const neural_tensor *rhs) {
    if (lhs->data != rhs->data || lhs->dtype != rhs->dtype) {
        return 0;
    }
    for (int i = 0; i < lhs->shape.ndim; i++) {
        if (lhs->strides[i] != rhs->strides[i]) {
            return 0;
        }
    }
    return 1;
}

static int is_stretched(const neural_tensor *tensor) {
    for (int i = 0; i < tensor->shape.ndim; i++) {
        if (tensor->strides[i] == 0 && tensor->shape.dim[i] > 1) {
            return 1;
        }
    }
    return 0;
}

static neural_status copy_through_temporary(neural_tensor *dst, const neural_tensor *src) {
    neural_tensor *temporary = NULL;
    NEURAL_TRY(neural_tensor_clone(src, &temporary));
    copy_disjoint(dst, temporary);
    neural_tensor_release(temporary);
    return NEURAL_OK;
}

neural_status neural_tensor_copy(neural_tensor *dst, const neural_tensor *src) {
    char want[NEURAL_SHAPE_TEXT], have[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(dst && src, NEURAL_ERR_NULL_POINTER, "tensor_copy: %s is NULL",
                   dst ? "src" : "dst");
    NEURAL_REQUIRE(neural_shape_equal(&dst->shape, &src->shape), NEURAL_ERR_SHAPE_MISMATCH,
                   "tensor_copy: src is %s, dst is %s",
                   neural_shape_text(&src->shape, have, sizeof(have)),
                   neural_shape_text(&dst->shape, want, sizeof(want)));
    if (dst->len == 0 || is_same_view(dst, src)) {
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(!is_stretched(dst), NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_copy: dst is an expanded view of %s: several elements share memory",
                   neural_shape_text(&dst->shape, want, sizeof(want)));
    if (overlaps(dst, src)) {
        NEURAL_TRY(copy_through_temporary(dst, src));
    } else {
        copy_disjoint(dst, src);
    }
    neural_tensor_touch(dst);
    return NEURAL_OK;
}

neural_status neural_tensor_cast(const neural_tensor *tensor, neural_dtype dtype,
                                 neural_tensor **out) {
    neural_tensor *copy = NULL;
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_cast: %s is NULL",
                   tensor ? "out" : "tensor");
    NEURAL_REQUIRE(neural_dtype_bytes(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "tensor_cast: dtype %d is unknown", (int)dtype);
    NEURAL_TRY(neural_tensor_like_shape(&tensor->shape, dtype, &copy));
    copy_disjoint(copy, tensor);
    *out = copy;
    return NEURAL_OK;
}

neural_status neural_tensor_clone(const neural_tensor *tensor, neural_tensor **out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_clone: %s is NULL",
                   tensor ? "out" : "tensor");
    return neural_tensor_cast(tensor, tensor->dtype, out);
}

neural_status neural_tensor_contiguous(neural_tensor *tensor, neural_tensor **out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_contiguous: %s is NULL",
                   tensor ? "out" : "tensor");
    if (tensor->contiguous) {
        *out = neural_tensor_retain(tensor);
        return NEURAL_OK;
    }
    return neural_tensor_clone(tensor, out);
}
