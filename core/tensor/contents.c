/* Filling tensors and looking at single elements. */
#include <inttypes.h>
#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/random.h"
#include "core/base/threads.h"
#include "core/tensor/convert.h"
#include "core/tensor/draw.h"
#include "core/tensor/tensor.h"
#include "core/tensor/walk.h"

static void fill_strided(neural_tensor *tensor, double value) {
    char element[8]; /* value as tensor's dtype; read with stride 0 */
    neural_walk walk;
    neural_walk_cursor cursor;
    const int64_t bytes = neural_dtype_bytes(tensor->dtype);
    neural_convert(element, tensor->dtype, 1, &value, NEURAL_DTYPE_F64, 1, 1);
    neural_walk_make(&walk, &tensor->shape, 1, (const int64_t *[]){tensor->strides});
    neural_walk_seek(&walk, &cursor, 0);
    for (int64_t row = 0; row < walk.rows; row++) {
        neural_convert(tensor->data + cursor.offset[0] * bytes, tensor->dtype, walk.col_stride[0],
                       element, tensor->dtype, 0, walk.cols);
        neural_walk_next(&walk, &cursor);
    }
}

neural_status neural_tensor_fill(neural_tensor *tensor, double value) {
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "tensor_fill: tensor is NULL");
    if (tensor->len == 0) {
        return NEURAL_OK;
    }
    if (tensor->contiguous && tensor->dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->fill_f32(neural_tensor_f32(tensor), tensor->len, (float)value);
    } else if (tensor->contiguous && tensor->dtype == NEURAL_DTYPE_F64) {
        neural_kernels()->fill_f64(neural_tensor_f64(tensor), tensor->len, value);
    } else {
        fill_strided(tensor, value);
    }
    neural_tensor_touch(tensor);
    return NEURAL_OK;
}

typedef struct distribution {
    double a, b; /* low and high, or mean and standard deviation */
    int normal;
} distribution;

static void draw(neural_tensor *contiguous, const neural_random *stream, const distribution *from) {
    const neural_fp_state state = neural_fp_enter();
    (from->normal ? neural_tensor_draw_normal
                  : neural_tensor_draw_uniform)(contiguous, stream, from->a, from->b);
    neural_fp_leave(state);
}

static neural_status fill_random(const char *name, neural_tensor *tensor, uint64_t seed,
                                 const distribution *from) {
    const neural_random stream = {seed, NEURAL_RANDOM_USER, 0};
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "%s: tensor is NULL", name);
    NEURAL_REQUIRE(neural_dtype_is_float(tensor->dtype), NEURAL_ERR_INVALID_DTYPE,
                   "%s: tensor is %s, expected f32 or f64", name, neural_dtype_name(tensor->dtype));
    if (tensor->contiguous) {
        draw(tensor, &stream, from);
        return NEURAL_OK;
    }
    neural_tensor *drawn = NULL;
    NEURAL_TRY(neural_tensor_like_shape(&tensor->shape, tensor->dtype, &drawn));
    draw(drawn, &stream, from);
    const neural_status status = neural_tensor_copy(tensor, drawn);
    neural_tensor_release(drawn);
    return status;
}

neural_status neural_tensor_fill_uniform(neural_tensor *tensor, uint64_t seed, double low,
                                         double high) {
    NEURAL_REQUIRE(isfinite(low) && isfinite(high) && low <= high, NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_fill_uniform: [%g, %g) is not a finite range", low, high);
    return fill_random("tensor_fill_uniform", tensor, seed, &(distribution){low, high, 0});
}

neural_status neural_tensor_fill_normal(neural_tensor *tensor, uint64_t seed, double mean,
                                        double std) {
    NEURAL_REQUIRE(isfinite(mean) && isfinite(std) && std >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "tensor_fill_normal: mean %g and standard deviation %g are not finite, or the "
                   "latter is negative",
                   mean, std);
    return fill_random("tensor_fill_normal", tensor, seed, &(distribution){mean, std, 1});
}

neural_status neural_tensor_item(const neural_tensor *tensor, double *out) {
    char text[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_item: %s is NULL",
                   tensor ? "out" : "tensor");
    NEURAL_REQUIRE(tensor->len == 1, NEURAL_ERR_SHAPE_MISMATCH,
                   "tensor_item: tensor is %s, expected one element",
                   neural_shape_text(&tensor->shape, text, sizeof(text)));
    neural_convert(out, NEURAL_DTYPE_F64, 1, tensor->data, tensor->dtype, 1, 1);
    return NEURAL_OK;
}

/* The address of one element. */
static neural_status locate(const char *name, const neural_tensor *tensor, const int64_t *index,
                            char **out) {
    NEURAL_REQUIRE(tensor && (index || tensor->shape.ndim == 0), NEURAL_ERR_NULL_POINTER,
                   "%s: %s is NULL", name, tensor ? "index" : "tensor");
    int64_t offset = 0;
    for (int i = 0; i < tensor->shape.ndim; i++) {
        NEURAL_REQUIRE(index[i] >= 0 && index[i] < tensor->shape.dim[i],
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "%s: index %" PRId64 " of dimension %d is outside [0, %" PRId64 ")", name,
                       index[i], i, tensor->shape.dim[i]);
        offset += index[i] * tensor->strides[i];
    }
    *out = tensor->data + offset * neural_dtype_bytes(tensor->dtype);
    return NEURAL_OK;
}

neural_status neural_tensor_get(const neural_tensor *tensor, const int64_t *index, double *out) {
    char *element = NULL;
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "tensor_get: out is NULL");
    NEURAL_TRY(locate("tensor_get", tensor, index, &element));
    neural_convert(out, NEURAL_DTYPE_F64, 1, element, tensor->dtype, 1, 1);
    return NEURAL_OK;
}

neural_status neural_tensor_set(neural_tensor *tensor, const int64_t *index, double value) {
    char *element = NULL;
    NEURAL_TRY(locate("tensor_set", tensor, index, &element));
    neural_convert(element, tensor->dtype, 1, &value, NEURAL_DTYPE_F64, 1, 1);
    neural_tensor_touch(tensor);
    return NEURAL_OK;
}

static int64_t find_in(const neural_tensor *contiguous) {
    return contiguous->dtype == NEURAL_DTYPE_F32
               ? neural_kernels()->find_nonfinite_f32(neural_tensor_f32(contiguous),
                                                      contiguous->len)
               : neural_kernels()->find_nonfinite_f64(neural_tensor_f64(contiguous),
                                                      contiguous->len);
}

neural_status neural_tensor_find_nonfinite(const neural_tensor *tensor, int64_t *out) {
    NEURAL_REQUIRE(tensor && out, NEURAL_ERR_NULL_POINTER, "tensor_find_nonfinite: %s is NULL",
                   tensor ? "out" : "tensor");
    const int is_float = neural_dtype_is_float(tensor->dtype);
    if (!is_float && tensor->dtype != NEURAL_DTYPE_BF16) {
        *out = -1;
        return NEURAL_OK;
    }
    if (is_float && tensor->contiguous) {
        *out = find_in(tensor);
        return NEURAL_OK;
    }
    neural_tensor *copy = NULL;
    const neural_dtype dtype = is_float ? tensor->dtype : NEURAL_DTYPE_F32;
    NEURAL_TRY(neural_tensor_cast(tensor, dtype, &copy));
    *out = find_in(copy);
    neural_tensor_release(copy);
    return NEURAL_OK;
}
