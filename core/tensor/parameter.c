#include "core/tensor/parameter.h"

#include <stdio.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/storage.h"

neural_status neural_parameter_create(const char *name, int ndim, const int64_t *dims,
                                      neural_dtype dtype, uint32_t flags, neural_parameter **out) {
    NEURAL_REQUIRE(name && out, NEURAL_ERR_NULL_POINTER, "parameter_create: %s is NULL",
                   name ? "out" : "name");
    NEURAL_REQUIRE(strlen(name) < NEURAL_PARAMETER_NAME_BYTES, NEURAL_ERR_INVALID_ARGUMENT,
                   "parameter_create: name \"%.32s...\" has %zu bytes, at most %d are allowed",
                   name, strlen(name), NEURAL_PARAMETER_NAME_BYTES - 1);
    NEURAL_REQUIRE(neural_dtype_is_float(dtype), NEURAL_ERR_INVALID_DTYPE,
                   "parameter_create: \"%s\" is %s, expected f32 or f64", name,
                   neural_dtype_name(dtype));
    neural_parameter *parameter = neural_pool_alloc(sizeof(*parameter));
    if (!parameter) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = neural_tensor_zeros(ndim, dims, dtype, &parameter->value);
    if (!status && !(flags & NEURAL_PARAMETER_BUFFER)) {
        status = neural_tensor_zeros(ndim, dims, dtype, &parameter->grad);
    }
    if (status) {
        neural_parameter_destroy(parameter);
        return status;
    }
    memcpy(parameter->name, name, strlen(name) + 1);
    parameter->flags = flags;
    parameter->value->requires_grad = parameter->grad != NULL;
    parameter->value->grad = neural_tensor_retain(parameter->grad);
    *out = parameter;
    return NEURAL_OK;
}

void neural_parameter_destroy(neural_parameter *parameter) {
    if (!parameter) {
        return;
    }
    neural_tensor_release(parameter->value);
    neural_tensor_release(parameter->grad);
    neural_tensor_release(parameter->mask);
    neural_pool_free(parameter, sizeof(*parameter));
}

/* --- masks --- */

/* Elements per unit of parallel work. */
enum { MASK_GRAIN = 1 << 15 };

neural_status neural_parameter_set_mask(neural_parameter *parameter, neural_tensor *mask) {
    NEURAL_REQUIRE(parameter, NEURAL_ERR_NULL_POINTER, "parameter_set_mask: parameter is NULL");
    if (mask) {
        char has[NEURAL_SHAPE_TEXT], wants[NEURAL_SHAPE_TEXT];
        NEURAL_REQUIRE(mask->dtype == NEURAL_DTYPE_U8, NEURAL_ERR_INVALID_DTYPE,
                       "parameter_set_mask: the mask of %s is %s, expected u8", parameter->name,
                       neural_dtype_name(mask->dtype));
        NEURAL_REQUIRE(mask->contiguous &&
                           neural_shape_equal(&mask->shape, &parameter->value->shape),
                       NEURAL_ERR_SHAPE_MISMATCH,
                       "parameter_set_mask: the mask of %s is %s, expected %s, contiguous",
                       parameter->name, neural_shape_text(&mask->shape, has, sizeof has),
                       neural_shape_text(&parameter->value->shape, wants, sizeof wants));
        const uint8_t *keep = (const uint8_t *)mask->data;
        for (int64_t i = 0; i < mask->len; i++) {
            NEURAL_REQUIRE(keep[i] <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                           "parameter_set_mask: the mask of %s holds %d, expected 0 or 1",
                           parameter->name, keep[i]);
        }
        neural_tensor_retain(mask);
    }
    neural_tensor_release(parameter->mask);
    parameter->mask = mask;
    return NEURAL_OK;
}

typedef struct mask_job {
    neural_tensor *tensor;
    const uint8_t *mask;
} mask_job;

static void mask_range(void *context, int64_t begin, int64_t end) {
    const mask_job *job = context;
    const uint8_t *mask = job->mask + begin;
    if (job->tensor->dtype == NEURAL_DTYPE_F32) {
        float *data = neural_tensor_f32(job->tensor) + begin;
        neural_kernels()->mask_scale_f32(data, data, mask, end - begin, 1);
    } else {
        double *data = neural_tensor_f64(job->tensor) + begin;
        neural_kernels()->mask_scale_f64(data, data, mask, end - begin, 1);
    }
}

static void mask_tensor(neural_tensor *tensor, const neural_tensor *mask) {
    if (mask && tensor) {
        mask_job job = {tensor, (const uint8_t *)mask->data};
        neural_parallel_for(tensor->len, MASK_GRAIN, mask_range, &job);
        neural_tensor_touch(tensor);
    }
}

void neural_parameter_apply_mask(neural_parameter *parameter) {
    mask_tensor(parameter->value, parameter->mask);
}

void neural_parameter_mask_grad(neural_parameter *parameter) {
    mask_tensor(parameter->grad, parameter->mask);
}

void neural_parameters_apply_masks(neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        neural_parameter_apply_mask(parameters->item[i]);
    }
}

void neural_parameters_mask_grads(neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        neural_parameter_mask_grad(parameters->item[i]);
    }
}

/* --- flat vectors --- */

static neural_status check_items(neural_parameter *const *item, int count) {
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(item[i], NEURAL_ERR_NULL_POINTER, "parameters_create: item %d is NULL", i);
        NEURAL_REQUIRE(item[i]->value->dtype == item[0]->value->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                       "parameters_create: \"%s\" is %s, \"%s\" is %s", item[0]->name,
                       neural_dtype_name(item[0]->value->dtype), item[i]->name,
                       neural_dtype_name(item[i]->value->dtype));
        NEURAL_REQUIRE(!item[i]->grad == !item[0]->grad, NEURAL_ERR_INVALID_ARGUMENT,
                       "parameters_create: \"%s\" and \"%s\" are not both buffers", item[0]->name,
                       item[i]->name);
        for (int j = 0; j < i; j++) {
            NEURAL_REQUIRE(item[j] != item[i], NEURAL_ERR_INVALID_ARGUMENT,
                           "parameters_create: items %d and %d are both \"%s\"", j, i,
                           item[i]->name);
        }
    }
    return NEURAL_OK;
}

/* Fills item and offset; *len is the sum of the sizes, each rounded up to whole lines. */
static neural_status lay_out(neural_parameters *parameters, neural_parameter *const *item,
                             int64_t line, int64_t *len) {
    *len = 0;
    for (int i = 0; i < parameters->count; i++) {
        parameters->item[i] = item[i];
        parameters->offset[i] = *len;
        const int64_t padded = (item[i]->value->len + line - 1) / line * line;
        NEURAL_REQUIRE(!__builtin_add_overflow(*len, padded, len), NEURAL_ERR_TENSOR_TOO_LARGE,
                       "parameters_create: \"%s\" exceeds the largest size", item[i]->name);
    }
    return NEURAL_OK;
}

static neural_status move_in(neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        neural_parameter *item = parameters->item[i];
        const int64_t offset = parameters->offset[i];
        NEURAL_TRY(neural_tensor_rehome(item->value, parameters->values, offset, 1));
        if (item->grad) {
            NEURAL_TRY(neural_tensor_rehome(item->grad, parameters->grads, offset, 1));
        }
    }
    return NEURAL_OK;
}

/* Everything that can run out of memory comes before the first parameter moves. */
static neural_status build(neural_parameters *parameters, neural_parameter *const *item) {
    const neural_dtype dtype = parameters->count ? item[0]->value->dtype : NEURAL_DTYPE_F32;
    parameters->item = neural_alloc((size_t)parameters->count * sizeof(*parameters->item));
    parameters->offset = neural_alloc((size_t)parameters->count * sizeof(*parameters->offset));
    if (!parameters->item || !parameters->offset) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    NEURAL_TRY(
        lay_out(parameters, item, NEURAL_ALIGNMENT / neural_dtype_bytes(dtype), &parameters->len));
    NEURAL_TRY(neural_tensor_zeros(1, &parameters->len, dtype, &parameters->values));
    const int64_t grads = parameters->count && !item[0]->grad ? 0 : parameters->len;
    NEURAL_TRY(neural_tensor_zeros(1, &grads, dtype, &parameters->grads));
    return move_in(parameters);
}

neural_status neural_parameters_create(neural_parameter *const *item, int count,
                                       neural_parameters **out) {
    NEURAL_REQUIRE(out && (item || count == 0), NEURAL_ERR_NULL_POINTER,
                   "parameters_create: %s is NULL", out ? "item" : "out");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT, "parameters_create: count is %d",
                   count);
    NEURAL_TRY(check_items(item, count));
    neural_parameters *parameters = neural_alloc_zeroed(sizeof(*parameters));
    if (!parameters) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    parameters->count = count;
    const neural_status status = build(parameters, item);
    if (status) {
        neural_parameters_destroy(parameters);
        return status;
    }
    *out = parameters;
    return NEURAL_OK;
}

/* --- parameters of tensors that exist --- */

static neural_status check_leaf(neural_tensor *const *tensors, int i) {
    const neural_tensor *tensor = tensors[i];
    NEURAL_REQUIRE(tensor, NEURAL_ERR_NULL_POINTER, "parameters_gather: tensor %d is NULL", i);
    NEURAL_REQUIRE(tensor->requires_grad && !tensor->producer, NEURAL_ERR_INVALID_ARGUMENT,
                   "parameters_gather: tensor %d %s, expected a leaf that requires a gradient", i,
                   tensor->producer ? "was computed" : "requires no gradient");
    NEURAL_REQUIRE(tensor->dtype == tensors[0]->dtype, NEURAL_ERR_DTYPE_MISMATCH,
                   "parameters_gather: tensor 0 is %s, tensor %d is %s",
                   neural_dtype_name(tensors[0]->dtype), i, neural_dtype_name(tensor->dtype));
    for (int j = 0; j < i; j++) {
        NEURAL_REQUIRE(tensors[j] != tensor, NEURAL_ERR_INVALID_ARGUMENT,
                       "parameters_gather: tensors %d and %d are the same", j, i);
    }
    return NEURAL_OK;
}

static neural_status parameter_of(neural_tensor *value, const char *name, int i,
                                  neural_parameter **out) {
    neural_parameter *parameter = neural_pool_alloc(sizeof(*parameter));
    if (!parameter) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    if (name) {
        snprintf(parameter->name, sizeof(parameter->name), "%s", name);
    } else {
        snprintf(parameter->name, sizeof(parameter->name), "parameter %d", i);
    }
    if (!value->grad) {
        const neural_status status =
            neural_tensor_zeros(value->shape.ndim, value->shape.dim, value->dtype, &value->grad);
        if (status) {
            neural_pool_free(parameter, sizeof(*parameter));
            return status;
        }
    }
    parameter->value = neural_tensor_retain(value);
    parameter->grad = neural_tensor_retain(value->grad);
    *out = parameter;
    return NEURAL_OK;
}

neural_status neural_parameters_gather(neural_tensor *const *tensors, const char *const *names,
                                       int count, neural_parameters **out) {
    NEURAL_REQUIRE(out && (tensors || count == 0), NEURAL_ERR_NULL_POINTER,
                   "parameters_gather: %s is NULL", out ? "tensors" : "out");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT, "parameters_gather: count is %d",
                   count);
    for (int i = 0; i < count; i++) {
        NEURAL_TRY(check_leaf(tensors, i));
    }
    neural_parameter **item = neural_alloc_zeroed((size_t)count * sizeof(*item));
    neural_status status = item ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    for (int i = 0; i < count && !status; i++) {
        status = parameter_of(tensors[i], names ? names[i] : NULL, i, &item[i]);
    }
    if (!status) {
        status = neural_parameters_create(item, count, out);
    }
    if (!status) {
        (*out)->owns_items = 1;
    }
    for (int i = 0; item && status && i < count; i++) {
        neural_parameter_destroy(item[i]);
    }
    neural_free(item);
    return status;
}

void neural_parameters_destroy(neural_parameters *parameters) {
    if (!parameters) {
        return;
    }
    for (int i = 0; parameters->owns_items && i < parameters->count; i++) {
        neural_parameter_destroy(parameters->item[i]);
    }
    neural_free(parameters->item);
    neural_free(parameters->offset);
    neural_tensor_release(parameters->values);
    neural_tensor_release(parameters->grads);
    neural_free(parameters);
}

neural_status neural_parameters_zero_grad(neural_parameters *parameters) {
    NEURAL_REQUIRE(parameters, NEURAL_ERR_NULL_POINTER, "parameters_zero_grad: parameters is NULL");
    return neural_tensor_fill(parameters->grads, 0.0);
}
