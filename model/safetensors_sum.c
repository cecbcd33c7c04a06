#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "model/safetensors_type.h"

static const char *const dtype_names[NEURAL_DTYPE_COUNT] = {
    [NEURAL_DTYPE_F32] = "F32",   [NEURAL_DTYPE_F64] = "F64",   [NEURAL_DTYPE_I8] = "I8",
    [NEURAL_DTYPE_U8] = "U8",     [NEURAL_DTYPE_I32] = "I32",   [NEURAL_DTYPE_I64] = "I64",
    [NEURAL_DTYPE_BOOL] = "BOOL", [NEURAL_DTYPE_BF16] = "BF16",
};

const char *neural_safetensors_dtype_name(neural_dtype dtype) {
    return dtype_names[dtype];
}

int neural_safetensors_dtype(const char *name) {
    for (int i = 0; i < NEURAL_DTYPE_COUNT; i++) {
        if (strcmp(dtype_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* FNV-1a (Fowler, Noll, Vo): h = (h ^ byte) * prime. */
static uint64_t add(uint64_t sum, const void *data, size_t bytes) {
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++) {
        sum = (sum ^ at[i]) * 0x100000001b3u;
    }
    return sum;
}

static uint64_t add_text(uint64_t sum, const char *text) {
    return add(sum, text, strlen(text) + 1);
}

neural_status neural_safetensors_no_memory(void) {
    return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "safetensors: no memory for the header");
}

int neural_safetensors_by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static neural_status add_metadata(uint64_t *sum, json_t *metadata) {
    const char **keys = neural_alloc(json_object_size(metadata) * sizeof *keys);
    if (!keys) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) {
        keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, neural_safetensors_by_name);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i], NEURAL_SAFETENSORS_CHECKSUM) != 0) {
            *sum = add_text(*sum, keys[i]);
            *sum = add_text(*sum, json_string_value(json_object_get(metadata, keys[i])));
        }
    }
    neural_free(keys);
    return NEURAL_OK;
}

neural_status neural_safetensors_sum(json_t *metadata, const neural_safetensors_entry *entry,
                                     int64_t entries,
                                     const char *(*data)(const void *context, int64_t i),
                                     const void *context, char out[17]) {
    uint64_t sum = 0xcbf29ce484222325u;
    NEURAL_TRY(add_metadata(&sum, metadata));
    for (int64_t i = 0; i < entries; i++) {
        const neural_shape *shape = &entry[i].shape;
        sum = add_text(sum, entry[i].name);
        sum = add_text(sum, dtype_names[entry[i].dtype]);
        sum = add(sum, shape->dim, sizeof shape->dim[0] * (size_t)shape->ndim);
        sum = add(sum, data(context, i), (size_t)(entry[i].end - entry[i].begin));
    }
    snprintf(out, 17, "%016" PRIx64, sum);
    return NEURAL_OK;
}
