#include "model/masked.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"

#define MASK ".mask"
#define VALUES ".values"

enum { NAME_BYTES = NEURAL_PARAMETER_NAME_BYTES + sizeof VALUES };

/* Where the file lists `name`, or -1. */
static int position(const neural_safetensors *file, const char *name) {
    int low = 0, high = neural_safetensors_count(file);
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const int order = strcmp(name, neural_safetensors_name(file, middle));
        if (order == 0) {
            return middle;
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return -1;
}

static const char *part(const char *parameter, const char *suffix, char out[NAME_BYTES]) {
    snprintf(out, NAME_BYTES, "%s%s", parameter, suffix);
    return out;
}

int neural_masked_stands(const neural_safetensors *file, const char *parameter) {
    char name[NAME_BYTES];
    return position(file, part(parameter, MASK, name)) >= 0;
}

int neural_masked_is_part(const char *name, const char *parameter) {
    const size_t bytes = strlen(parameter);
    return strncmp(name, parameter, bytes) == 0 &&
           (strcmp(name + bytes, MASK) == 0 || strcmp(name + bytes, VALUES) == 0);
}

int64_t neural_masked_elements(const neural_safetensors *file) {
    int64_t elements = 0;
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        const char *name = neural_safetensors_name(file, i);
        const size_t bytes = strlen(name), end = sizeof MASK - 1;
        if (bytes > end && strcmp(name + bytes - end, MASK) == 0) {
            elements += 8 * neural_safetensors_entry_bytes(file, i);
        }
    }
    return elements;
}

/* --- writing --- */

static int64_t count_kept(const uint8_t *mask, int64_t len) {
    int64_t kept = 0;
    for (int64_t i = 0; i < len; i++) {
        kept += mask[i] != 0;
    }
    return kept;
}

static void gather(const neural_tensor *value, const uint8_t *mask, char *values, uint8_t *bits) {
    const size_t size = (size_t)neural_dtype_bytes(value->dtype);
    memset(bits, 0, (size_t)((value->len + 7) / 8));
    for (int64_t i = 0; i < value->len; i++) {
        if (mask[i]) {
            memcpy(values, value->data + (size_t)i * size, size);
            values += size;
            bits[i / 8] |= (uint8_t)(1 << i % 8);
        }
    }
}

static neural_status check_mask(const neural_parameter *parameter) {
    const neural_tensor *mask = parameter->mask;
    char have[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    NEURAL_REQUIRE(mask->dtype == NEURAL_DTYPE_U8, NEURAL_ERR_INVALID_DTYPE,
                   "the mask of %s is %s, expected u8", parameter->name,
                   neural_dtype_name(mask->dtype));
    NEURAL_REQUIRE(mask->contiguous && neural_shape_equal(&mask->shape, &parameter->value->shape),
                   NEURAL_ERR_SHAPE_MISMATCH, "the mask of %s is %s, expected %s, contiguous",
                   parameter->name, neural_shape_text(&mask->shape, have, sizeof have),
                   neural_shape_text(&parameter->value->shape, want, sizeof want));
    return NEURAL_OK;
}

neural_status neural_masked_add(neural_safetensors_writer *writer,
                                const neural_parameter *parameter) {
    NEURAL_TRY(check_mask(parameter));
    const uint8_t *mask = neural_tensor_data(parameter->mask);
    const int64_t kept = count_kept(mask, parameter->mask->len);
    const int64_t bytes = (parameter->mask->len + 7) / 8;
    neural_tensor *value = NULL, *values = NULL, *bits = NULL;
    char name[NAME_BYTES];
    NEURAL_TRY(neural_tensor_contiguous(parameter->value, &value));
    neural_status status = neural_tensor_create(1, &kept, value->dtype, &values);
    if (!status) {
        status = neural_tensor_create(1, &bytes, NEURAL_DTYPE_U8, &bits);
    }
    if (!status) {
        gather(value, mask, values->data, neural_tensor_data(bits));
        status = neural_safetensors_add_tensor(writer, part(parameter->name, MASK, name), bits);
    }
    if (!status) {
        status = neural_safetensors_add_tensor(writer, part(parameter->name, VALUES, name), values);
    }
    neural_tensor_release(value);
    neural_tensor_release(values);
    neural_tensor_release(bits);
    return status;
}

/* --- reading --- */

static neural_status read_bits(const neural_safetensors *file, const neural_parameter *parameter,
                               neural_tensor **out) {
    char name[NAME_BYTES];
    neural_tensor *bits = NULL;
    NEURAL_TRY(neural_safetensors_read(file, part(parameter->name, MASK, name), &bits));
    const int64_t len = parameter->value->len, bytes = (len + 7) / 8;
    const uint8_t *data = neural_tensor_data(bits);
    neural_status status = NEURAL_OK;
    if (bits->dtype != NEURAL_DTYPE_U8) {
        status = neural_error(NEURAL_ERR_DTYPE_MISMATCH, "%s is %s, expected u8", name,
                              neural_dtype_name(bits->dtype));
    } else if (bits->shape.ndim != 1 || bits->len != bytes) {
        status = neural_error(NEURAL_ERR_SHAPE_MISMATCH,
                              "%s has %" PRId64 " bytes, expected [%" PRId64 "]", name, bits->len,
                              bytes);
    } else if (len % 8 && data[bytes - 1] >> len % 8) {
        status = neural_error(NEURAL_ERR_DATA, "%s has bits behind element %" PRId64, name, len);
    }
    if (status) {
        neural_tensor_release(bits);
        return status;
    }
    *out = bits;
    return NEURAL_OK;
}

static int64_t count_bits(const neural_tensor *bits) {
    const uint8_t *data = neural_tensor_data(bits);
    int64_t count = 0;
    for (int64_t i = 0; i < bits->len; i++) {
        count += __builtin_popcount(data[i]);
    }
    return count;
}

static neural_status read_values(const neural_safetensors *file, const neural_parameter *parameter,
                                 int64_t kept, neural_tensor **out) {
    char name[NAME_BYTES];
    const neural_dtype dtype = parameter->value->dtype;
    neural_tensor *values = NULL;
    NEURAL_TRY(neural_safetensors_read(file, part(parameter->name, VALUES, name), &values));
    neural_status status = NEURAL_OK;
    if (values->dtype != dtype) {
        status = neural_error(NEURAL_ERR_DTYPE_MISMATCH, "%s is %s, the model wants %s", name,
                              neural_dtype_name(values->dtype), neural_dtype_name(dtype));
    } else if (values->shape.ndim != 1 || values->len != kept) {
        status = neural_error(NEURAL_ERR_SHAPE_MISMATCH,
                              "%s has %" PRId64 " elements, its mask keeps %" PRId64, name,
                              values->len, kept);
    }
    if (status) {
        neural_tensor_release(values);
        return status;
    }
    *out = values;
    return NEURAL_OK;
}

static void scatter(const neural_tensor *bits, const neural_tensor *values, neural_masked *out) {
    const size_t size = (size_t)neural_dtype_bytes(values->dtype);
    const uint8_t *bit = neural_tensor_data(bits);
    uint8_t *mask = neural_tensor_data(out->mask);
    const char *from = values->data;
    for (int64_t i = 0; i < out->mask->len; i++) {
        mask[i] = bit[i / 8] >> i % 8 & 1;
        if (mask[i]) {
            memcpy(out->value->data + (size_t)i * size, from, size);
            from += size;
        }
    }
}

static neural_status expand(const neural_parameter *parameter, const neural_tensor *bits,
                            const neural_tensor *values, neural_masked *out) {
    const neural_shape *shape = &parameter->value->shape;
    neural_masked made = {0};
    NEURAL_TRY(neural_tensor_zeros(shape->ndim, shape->dim, parameter->value->dtype, &made.value));
    const neural_status status =
        neural_tensor_create(shape->ndim, shape->dim, NEURAL_DTYPE_U8, &made.mask);
    if (status) {
        neural_tensor_release(made.value);
        return status;
    }
    scatter(bits, values, &made);
    *out = made;
    return NEURAL_OK;
}

static neural_status read_parts(const neural_safetensors *file, const neural_parameter *parameter,
                                neural_masked *out) {
    NEURAL_REQUIRE(position(file, parameter->name) < 0, NEURAL_ERR_DATA,
                   "there are both %s and %s" MASK, parameter->name, parameter->name);
    neural_tensor *bits = NULL, *values = NULL;
    NEURAL_TRY(read_bits(file, parameter, &bits));
    neural_status status = read_values(file, parameter, count_bits(bits), &values);
    if (!status && out) {
        status = expand(parameter, bits, values, out);
    }
    neural_tensor_release(bits);
    neural_tensor_release(values);
    return status;
}

neural_status neural_masked_read(const neural_safetensors *file, const neural_parameter *parameter,
                                 neural_masked *out) {
    NEURAL_REQUIRE(file && parameter, NEURAL_ERR_NULL_POINTER,
                   "masked_read: file and parameter must be given");
    return read_parts(file, parameter, out);
}
