#include "data/transform.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"
#include "data/scale_row.h"

struct neural_transform {
    neural_normalize kind;
    int64_t features;
    double *offset;
    double *scale;
};

static neural_status require_kind(neural_normalize kind) {
    NEURAL_REQUIRE(kind >= NEURAL_NORMALIZE_NONE && kind <= NEURAL_NORMALIZE_MINMAX,
                   NEURAL_ERR_INVALID_ARGUMENT, "transform: unknown kind %d", (int)kind);
    return NEURAL_OK;
}

/* offset 0, scale 1. */
static neural_status create_identity(neural_normalize kind, int64_t features,
                                     neural_transform **out) {
    int64_t bytes;
    NEURAL_TRY(neural_size_mul(features, (int64_t)sizeof(double), &bytes));
    neural_transform *transform = neural_alloc_zeroed(sizeof(*transform));
    if (!transform) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    transform->kind = kind;
    transform->features = features;
    transform->offset = neural_alloc_zeroed((size_t)bytes);
    transform->scale = neural_alloc((size_t)bytes);
    if (!transform->offset || !transform->scale) {
        neural_transform_destroy(transform);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int64_t j = 0; j < features; j++) {
        transform->scale[j] = 1.0;
    }
    *out = transform;
    return NEURAL_OK;
}

/* Constant columns are only centred; what overflowed is refused. */
static neural_status check_columns(neural_transform *transform) {
    for (int64_t j = 0; j < transform->features; j++) {
        transform->scale[j] = transform->scale[j] == 0.0 ? 1.0 : transform->scale[j];
        NEURAL_REQUIRE(isfinite(transform->offset[j]) && isfinite(transform->scale[j]),
                       NEURAL_ERR_INF_DETECTED,
                       "transform: the range of column %" PRId64 " is beyond f64", j);
    }
    return NEURAL_OK;
}

static neural_status fit(neural_transform *transform, const neural_tensor *x, const int64_t *rows,
                         int64_t row_count) {
    double *offset = transform->offset, *scale = transform->scale;
    if (transform->kind == NEURAL_NORMALIZE_NONE) {
        return NEURAL_OK;
    }
    if (transform->kind == NEURAL_NORMALIZE_ZSCORE) {
        NEURAL_TRY(neural_column_stats(x, rows, row_count, offset, scale, NULL, NULL));
        return check_columns(transform);
    }
    NEURAL_TRY(neural_column_stats(x, rows, row_count, NULL, NULL, offset, scale));
    for (int64_t j = 0; j < transform->features; j++) {
        scale[j] -= offset[j];
    }
    return check_columns(transform);
}

neural_status neural_transform_fit(neural_normalize kind, const neural_tensor *x,
                                   const int64_t *rows, int64_t row_count, neural_transform **out) {
    NEURAL_REQUIRE(x && out, NEURAL_ERR_NULL_POINTER, "transform_fit: x or out is NULL");
    NEURAL_TRY(require_kind(kind));
    NEURAL_REQUIRE(neural_tensor_ndim(x) == 2, NEURAL_ERR_DIM_MISMATCH,
                   "transform_fit: x has to be [rows, features], found %d dimensions",
                   neural_tensor_ndim(x));
    neural_transform *transform = NULL;
    NEURAL_TRY(create_identity(kind, neural_tensor_dims(x)[1], &transform));
    const neural_status status = fit(transform, x, rows, row_count);
    if (status) {
        neural_transform_destroy(transform);
        return status;
    }
    *out = transform;
    return NEURAL_OK;
}

neural_status neural_transform_create(neural_normalize kind, const double *offset,
                                      const double *scale, int64_t features,
                                      neural_transform **out) {
    NEURAL_REQUIRE(offset && scale && out, NEURAL_ERR_NULL_POINTER,
                   "transform_create: an argument is NULL");
    NEURAL_TRY(require_kind(kind));
    NEURAL_REQUIRE(features >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "transform_create: features is %" PRId64, features);
    for (int64_t j = 0; j < features; j++) {
        NEURAL_REQUIRE(isfinite(offset[j]) && isfinite(scale[j]) && scale[j] != 0.0,
                       NEURAL_ERR_INVALID_ARGUMENT,
                       "transform_create: column %" PRId64
                       ": expected a finite offset and a finite scale that is not 0, "
                       "found %g and %g",
                       j, offset[j], scale[j]);
    }
    neural_transform *transform = NULL;
    NEURAL_TRY(create_identity(kind, features, &transform));
    memcpy(transform->offset, offset, (size_t)features * sizeof(double));
    memcpy(transform->scale, scale, (size_t)features * sizeof(double));
    *out = transform;
    return NEURAL_OK;
}

void neural_transform_destroy(neural_transform *transform) {
    if (transform) {
        neural_free(transform->offset);
        neural_free(transform->scale);
        neural_free(transform);
    }
}

neural_normalize neural_transform_kind(const neural_transform *transform) {
    return transform->kind;
}

int64_t neural_transform_features(const neural_transform *transform) {
    return transform->features;
}

const double *neural_transform_offset(const neural_transform *transform) {
    return transform->offset;
}

const double *neural_transform_scale(const neural_transform *transform) {
    return transform->scale;
}

void neural_transform_set_identity(neural_transform *transform, int64_t j) {
    transform->offset[j] = 0.0;
    transform->scale[j] = 1.0;
}

static neural_status require_features(const neural_transform *transform, const neural_tensor *x) {
    NEURAL_REQUIRE(transform && x, NEURAL_ERR_NULL_POINTER, "transform: transform or x is NULL");
    NEURAL_REQUIRE(neural_dtype_is_float(neural_tensor_dtype(x)), NEURAL_ERR_DTYPE_MISMATCH,
                   "transform: x has to be f32 or f64, not %s",
                   neural_dtype_name(neural_tensor_dtype(x)));
    NEURAL_REQUIRE(neural_tensor_ndim(x) == 2 && neural_tensor_is_contiguous(x),
                   NEURAL_ERR_DIM_MISMATCH, "transform: x has to be contiguous [rows, features]");
    NEURAL_REQUIRE(neural_tensor_dims(x)[1] == transform->features, NEURAL_ERR_SHAPE_MISMATCH,
                   "transform: expected %" PRId64 " features, found %" PRId64, transform->features,
                   neural_tensor_dims(x)[1]);
    return NEURAL_OK;
}

/* f32 is computed in f64 and rounded once. */
static void forward_f32(const neural_transform *transform, float *row) {
    neural_scale_row_f32(row, transform->features, transform->offset, transform->scale);
}

static void forward_f64(const neural_transform *transform, double *row) {
    neural_scale_row_f64(row, transform->features, transform->offset, transform->scale);
}

static void inverse_f32(const neural_transform *transform, float *row) {
    for (int64_t j = 0; j < transform->features; j++) {
        row[j] = (float)(row[j] * transform->scale[j] + transform->offset[j]);
    }
}

static void inverse_f64(const neural_transform *transform, double *row) {
    for (int64_t j = 0; j < transform->features; j++) {
        row[j] = row[j] * transform->scale[j] + transform->offset[j];
    }
}

static neural_status run(const neural_transform *transform, neural_tensor *x, int is_inverse) {
    NEURAL_TRY(require_features(transform, x));
    if (transform->kind == NEURAL_NORMALIZE_NONE) {
        return NEURAL_OK;
    }
    const int64_t rows = neural_tensor_dims(x)[0], features = transform->features;
    const int is_f64 = neural_tensor_dtype(x) == NEURAL_DTYPE_F64;
    const neural_fp_state state = neural_fp_enter();
    for (int64_t r = 0; r < rows; r++) {
        if (is_f64) {
            double *row = (double *)neural_tensor_data(x) + r * features;
            (is_inverse ? inverse_f64 : forward_f64)(transform, row);
        } else {
            float *row = (float *)neural_tensor_data(x) + r * features;
            (is_inverse ? inverse_f32 : forward_f32)(transform, row);
        }
    }
    neural_tensor_touch(x);
    neural_fp_leave(state);
    return NEURAL_OK;
}

neural_status neural_transform_apply(const neural_transform *transform, neural_tensor *x) {
    return run(transform, x, 0);
}

neural_status neural_transform_invert(const neural_transform *transform, neural_tensor *x) {
    return run(transform, x, 1);
}
