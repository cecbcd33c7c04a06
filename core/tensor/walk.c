#include "core/tensor/walk.h"

#include <string.h>

/* True when dimension i (size inner) continues the walk's last dimension for every operand. */
static int merges(const neural_walk *walk, const int64_t *const *strides, int i, int64_t inner) {
    for (int k = 0; k < walk->operands; k++) {
        if (walk->stride[k][walk->ndim - 1] != strides[k][i] * inner) {
            return 0;
        }
    }
    return 1;
}

static void finish(neural_walk *walk) {
    walk->rows = 1;
    for (int i = 0; i + 1 < walk->ndim; i++) {
        walk->rows *= walk->dim[i];
    }
    walk->cols = walk->ndim ? walk->dim[walk->ndim - 1] : 1;
    for (int k = 0; k < walk->operands; k++) {
        walk->col_stride[k] = walk->ndim ? walk->stride[k][walk->ndim - 1] : 1;
    }
}

void neural_walk_make(neural_walk *walk, const neural_shape *shape, int operands,
                      const int64_t *const *strides) {
    walk->ndim = 0;
    walk->operands = operands;
    for (int i = 0; i < shape->ndim; i++) {
        const int64_t size = shape->dim[i];
        if (size == 1) {
            continue;
        }
        if (walk->ndim && merges(walk, strides, i, size)) {
            walk->dim[walk->ndim - 1] *= size;
        } else {
            walk->dim[walk->ndim++] = size;
        }
        for (int k = 0; k < operands; k++) {
            walk->stride[k][walk->ndim - 1] = strides[k][i];
        }
    }
    finish(walk);
}

void neural_walk_seek(const neural_walk *walk, neural_walk_cursor *cursor, int64_t row) {
    memset(cursor, 0, sizeof(*cursor));
    for (int i = walk->ndim - 2; i >= 0 && walk->dim[i]; i--) {
        cursor->index[i] = row % walk->dim[i];
        row /= walk->dim[i];
        for (int k = 0; k < walk->operands; k++) {
            cursor->offset[k] += cursor->index[i] * walk->stride[k][i];
        }
    }
}

void neural_walk_next(const neural_walk *walk, neural_walk_cursor *cursor) {
    for (int i = walk->ndim - 2; i >= 0; i--) {
        for (int k = 0; k < walk->operands; k++) {
            cursor->offset[k] += walk->stride[k][i];
        }
        if (++cursor->index[i] < walk->dim[i]) {
            return;
        }
        cursor->index[i] = 0;
        for (int k = 0; k < walk->operands; k++) {
            cursor->offset[k] -= walk->dim[i] * walk->stride[k][i];
        }
    }
}

void neural_broadcast_strides(const neural_tensor *tensor, const neural_shape *shape,
                              int64_t strides[NEURAL_MAX_DIMS]) {
    const int missing = shape->ndim - tensor->shape.ndim;
    for (int i = 0; i < shape->ndim; i++) {
        const int own = i - missing;
        const int stretched = own < 0 || (tensor->shape.dim[own] == 1 && shape->dim[i] != 1);
        strides[i] = stretched ? 0 : tensor->strides[own];
    }
}
