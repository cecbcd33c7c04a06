#include "core/tensor/concat.h"

#include <string.h>

#include "core/base/threads.h"
#include "core/tensor/storage.h"

enum { GRAIN = 1 << 16 }; /* bytes that one thread should copy at least */

static neural_status axis_of(const neural_op_call *call, int *axis) {
    const int64_t asked = call->attrs.integer[0], ndim = call->in[0]->shape.ndim;
    NEURAL_REQUIRE(asked >= -ndim && asked < ndim, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: axis %lld is outside [%lld, %lld)", call->name, (long long)asked,
                   (long long)-ndim, (long long)ndim);
    *axis = (int)(asked < 0 ? asked + ndim : asked);
    return NEURAL_OK;
}

/* Input i has to look like input 0 but for the axis. */
static neural_status check_input(const neural_op_call *call, int i, int axis) {
    const neural_tensor *first = call->in[0], *tensor = call->in[i];
    char want[NEURAL_SHAPE_TEXT], found[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(tensor->dtype == first->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "%s: tensor 0 is %s, tensor %d is %s", call->name,
                   neural_dtype_name(first->dtype), i, neural_dtype_name(tensor->dtype));
    neural_shape shape = tensor->shape;
    if (shape.ndim == first->shape.ndim) {
        shape.dim[axis] = first->shape.dim[axis];
    }
    NEURAL_REQUIRE(neural_shape_equal(&shape, &first->shape), NEURAL_ERR_SHAPE_MISMATCH,
                   "%s: tensor 0 is %s, tensor %d is %s, want equal sizes but for dimension %d",
                   call->name, neural_shape_text(&first->shape, want, sizeof want), i,
                   neural_shape_text(&tensor->shape, found, sizeof found), axis);
    return NEURAL_OK;
}

neural_status neural_concat_infer(const neural_op_call *call, neural_shape *out) {
    int axis;
    NEURAL_TRY(axis_of(call, &axis));
    neural_shape shape = call->in[0]->shape;
    for (int i = 1; i < call->inputs && call->in[i]; i++) {
        NEURAL_TRY(check_input(call, i, axis));
        NEURAL_REQUIRE(!__builtin_add_overflow(shape.dim[axis], call->in[i]->shape.dim[axis],
                                               &shape.dim[axis]),
                       NEURAL_ERR_TENSOR_TOO_LARGE, "%s: the sizes along the axis exceed INT64_MAX",
                       call->name);
    }
    return neural_shape_make(shape.ndim, shape.dim, out);
}

/* The part of one input: `rows` pieces of `bytes`, which lie `stride` bytes apart in the whole. */
typedef struct part {
    char *whole, *piece;
    int64_t bytes, stride;
    int is_backward; /* whole -> piece */
} part;

static void copy_rows(void *context, int64_t begin, int64_t end) {
    const part *job = context;
    for (int64_t i = begin; i < end; i++) {
        char *whole = job->whole + i * job->stride, *piece = job->piece + i * job->bytes;
        memcpy(job->is_backward ? piece : whole, job->is_backward ? whole : piece,
               (size_t)job->bytes);
    }
}

/* Copies between `tensor` (contiguous, or NULL: nothing) and its place in `whole`; *offset, in
 * bytes of a row of the whole, moves behind an input whose size along the axis is `size`. */
static void copy_part(const neural_tensor *whole, neural_tensor *tensor, int64_t size, int axis,
                      int64_t *offset, int is_backward) {
    int64_t rows = 1, inner = neural_dtype_bytes(whole->dtype);
    for (int d = 0; d < whole->shape.ndim; d++) {
        rows *= d < axis ? whole->shape.dim[d] : 1;
        inner *= d > axis ? whole->shape.dim[d] : 1;
    }
    part job = {whole->data + *offset, tensor ? tensor->data : NULL, size * inner,
                whole->shape.dim[axis] * inner, is_backward};
    *offset += job.bytes;
    if (tensor && job.bytes) {
        neural_parallel_for(rows, 1 + GRAIN / job.bytes, copy_rows, &job);
    }
}

neural_status neural_concat_forward(neural_op_call *call) {
    int axis;
    int64_t offset = 0;
    NEURAL_TRY(axis_of(call, &axis));
    for (int i = 0; i < call->inputs && call->in[i]; i++) {
        neural_tensor *tensor = NULL;
        NEURAL_TRY(neural_tensor_contiguous(call->in[i], &tensor));
        copy_part(call->out, tensor, tensor->shape.dim[axis], axis, &offset, 0);
        neural_tensor_release(tensor);
    }
    return NEURAL_OK;
}

/* dx_i = its part of dy */
neural_status neural_concat_backward(neural_op_call *call) {
    int axis;
    int64_t offset = 0;
    NEURAL_TRY(axis_of(call, &axis));
    for (int i = 0; i < call->inputs && call->in[i]; i++) {
        copy_part(call->grad_out, call->grad_in[i], call->in[i]->shape.dim[axis], axis, &offset, 1);
    }
    return NEURAL_OK;
}
