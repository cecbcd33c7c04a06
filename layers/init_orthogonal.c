#include "layers/init_orthogonal.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/draw.h"
#include "core/tensor/storage.h"

/* Vector i becomes orthogonal to the ones before, twice against rounding, and of length 1 (modified
 * Gram-Schmidt; its R has a positive diagonal). */
static void orthonormalize(double *vectors, int64_t count, int64_t len) {
    const neural_kernel_table *k = neural_kernels();
    for (int64_t i = 0; i < count; i++) {
        double *v = vectors + i * len;
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t j = 0; j < i; j++) {
                const double *w = vectors + j * len;
                k->axpy_f64(v, w, len, -k->dot_f64(v, w, len));
            }
        }
        k->affine_f64(v, v, len, 1 / sqrt(k->sumsq_f64(v, len)), 0);
    }
}

static void store(neural_tensor *tensor, const double *vectors, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < tensor->len; i++) {
        const int64_t r = i / cols, c = i % cols;
        const double value = vectors[rows <= cols ? r * cols + c : c * rows + r];
        if (tensor->dtype == NEURAL_DTYPE_F32) {
            neural_tensor_f32(tensor)[i] = (float)value;
        } else {
            neural_tensor_f64(tensor)[i] = value;
        }
    }
}

neural_status neural_init_orthogonal(neural_tensor *tensor, const neural_random *stream) {
    NEURAL_REQUIRE(tensor->contiguous && neural_dtype_is_float(tensor->dtype),
                   NEURAL_ERR_INVALID_DTYPE, "init: the tensor must be contiguous f32 or f64");
    NEURAL_REQUIRE(tensor->shape.ndim >= 2, NEURAL_ERR_INVALID_ARGUMENT,
                   "init: orthogonal needs a matrix, found %d dimensions; zeros fits a bias",
                   tensor->shape.ndim);
    const int64_t rows = tensor->shape.dim[0], cols = tensor->len / rows;
    const int64_t dims[2] = {rows < cols ? rows : cols, rows < cols ? cols : rows};
    neural_tensor *vectors = NULL;
    NEURAL_TRY(neural_tensor_create(2, dims, NEURAL_DTYPE_F64, &vectors));
    neural_tensor_draw_normal(vectors, stream, 0, 1);
    orthonormalize(neural_tensor_f64(vectors), dims[0], dims[1]);
    store(tensor, neural_tensor_f64(vectors), rows, cols);
    neural_tensor_release(vectors);
    return NEURAL_OK;
}
