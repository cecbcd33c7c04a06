#include "optim/clip.h"

#include <math.h>

#include "core/asm/kernel_table.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

/* Elements per partial sum: fixed, so that the norm does not depend on threads. */
#define NORM_CHUNK 16384

/* In f64 where the squares leave the range of f32: finite elements have a finite norm. */
static double chunk_f32(const float *chunk, int64_t len) {
    const float fast = neural_kernels()->sumsq_f32(chunk, len);
    if (isfinite(fast)) {
        return (double)fast;
    }
    double total = 0;
    for (int64_t i = 0; i < len; i++) {
        total += (double)chunk[i] * (double)chunk[i];
    }
    return total;
}

static double sum_of_squares(const neural_tensor *vector) {
    double total = 0;
    for (int64_t begin = 0; begin < vector->len; begin += NORM_CHUNK) {
        const int64_t left = vector->len - begin;
        const int64_t len = left < NORM_CHUNK ? left : NORM_CHUNK;
        total += vector->dtype == NEURAL_DTYPE_F32
                     ? chunk_f32(neural_tensor_f32(vector) + begin, len)
                     : neural_kernels()->sumsq_f64(neural_tensor_f64(vector) + begin, len);
    }
    return total;
}

static void scale(const neural_tensor *vector, double factor) {
    if (vector->dtype == NEURAL_DTYPE_F32) {
        float *data = neural_tensor_f32(vector);
        neural_kernels()->affine_f32(data, data, vector->len, (float)factor, -0.0f);
    } else {
        double *data = neural_tensor_f64(vector);
        neural_kernels()->affine_f64(data, data, vector->len, factor, -0.0);
    }
}

/* The norm is not finite: names the parameter whose gradient is to blame. */
static neural_status blame(const neural_parameters *parameters, double norm) {
    for (int i = 0; i < parameters->count; i++) {
        int64_t position;
        NEURAL_TRY(neural_tensor_find_nonfinite(parameters->item[i]->grad, &position));
        if (position >= 0) {
            return neural_error(isnan(norm) ? NEURAL_ERR_NAN_DETECTED : NEURAL_ERR_INF_DETECTED,
                                "clip_grad_norm: the gradient of %s is not finite at element %lld",
                                parameters->item[i]->name, (long long)position);
        }
    }
    return neural_error(NEURAL_ERR_INF_DETECTED, "clip_grad_norm: the norm overflows");
}

neural_status neural_clip_grad_norm(neural_parameters *parameters, double max_norm, double *norm) {
    NEURAL_REQUIRE(parameters, NEURAL_ERR_NULL_POINTER, "clip_grad_norm: parameters must be given");
    NEURAL_REQUIRE(max_norm >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "clip_grad_norm: max_norm is %g, expected at least 0", max_norm);
    const neural_fp_state fp = neural_fp_enter();
    neural_parameters_mask_grads(parameters);
    const double total = sqrt(sum_of_squares(parameters->grads));
    neural_status status = NEURAL_OK;
    if (!isfinite(total)) {
        status = blame(parameters, total);
    } else if (total > max_norm) {
        scale(parameters->grads, max_norm / (total + 1e-6));
    }
    neural_fp_leave(fp);
    if (!status && norm) {
        *norm = total;
    }
    return status;
}

neural_status neural_clip_grad_value(neural_parameters *parameters, double max_value) {
    NEURAL_REQUIRE(parameters, NEURAL_ERR_NULL_POINTER,
                   "clip_grad_value: parameters must be given");
    NEURAL_REQUIRE(max_value >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "clip_grad_value: max_value is %g, expected at least 0", max_value);
    const neural_fp_state fp = neural_fp_enter();
    const neural_tensor *grads = parameters->grads;
    if (grads->dtype == NEURAL_DTYPE_F32) {
        float *data = neural_tensor_f32(grads);
        neural_kernels()->scale_clip_f32(data, data, grads->len, 1, (float)max_value);
    } else {
        double *data = neural_tensor_f64(grads);
        neural_kernels()->scale_clip_f64(data, data, grads->len, 1, max_value);
    }
    neural_fp_leave(fp);
    return NEURAL_OK;
}
