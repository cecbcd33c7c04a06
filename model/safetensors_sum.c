#include <string.h>

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

uint64_t neural_safetensors_sum(const neural_safetensors_pair *pair, int64_t pairs,
                                const neural_safetensors_entry *entry, int64_t entries,
                                const char *(*data)(const void *context, int64_t i),
                                const void *context) {
    uint64_t sum = 0xcbf29ce484222325u;
    for (int64_t i = 0; i < pairs; i++) {
        if (strcmp(pair[i].key, NEURAL_SAFETENSORS_CHECKSUM) != 0) {
            sum = add_text(sum, pair[i].key);
            sum = add_text(sum, pair[i].value);
        }
    }
    for (int64_t i = 0; i < entries; i++) {
        const neural_shape *shape = &entry[i].shape;
        sum = add_text(sum, entry[i].name);
        sum = add_text(sum, dtype_names[entry[i].dtype]);
        sum = add(sum, shape->dim, sizeof shape->dim[0] * (size_t)shape->ndim);
        sum = add(sum, data(context, i), (size_t)(entry[i].end - entry[i].begin));
    }
    return sum;
}
