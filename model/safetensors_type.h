/* The inside of safetensors files: what writer and reader share. Only for this library. */
#ifndef MODEL_SAFETENSORS_TYPE_H_
#define MODEL_SAFETENSORS_TYPE_H_

#include "core/base/file.h"
#include "model/safetensors.h"

#define NEURAL_SAFETENSORS_CHECKSUM "checksum"

/* 100 MB, the format's own limit. */
enum { NEURAL_SAFETENSORS_MAX_HEADER = 100000000 };

typedef struct neural_safetensors_entry {
    const char *name;
    neural_dtype dtype;
    neural_shape shape;
    int64_t begin, end;    /* of its bytes within the data */
    neural_tensor *tensor; /* writer only */
} neural_safetensors_entry;

typedef struct neural_safetensors_pair {
    const char *key, *value;
} neural_safetensors_pair;

struct neural_safetensors {
    neural_file_view view;
    char *path;
    char *header;                    /* a copy; owns all strings */
    neural_safetensors_entry *entry; /* sorted by name */
    int64_t count, entry_capacity;
    neural_safetensors_pair *pair; /* sorted by key */
    int64_t pair_count, pair_capacity;
    const char *data;
    int64_t data_bytes;
};

/* "F32" and back; -1 when there is no such dtype here. */
const char *neural_safetensors_dtype_name(neural_dtype dtype);
int neural_safetensors_dtype(const char *name);

/* FNV-1a, 64 bit: of the metadata but the checksum itself, then of name, dtype, shape and data of
 * each tensor; both lists sorted. data gives the bytes of entry i. */
uint64_t neural_safetensors_sum(const neural_safetensors_pair *pair, int64_t pairs,
                                const neural_safetensors_entry *entry, int64_t entries,
                                const char *(*data)(const void *context, int64_t i),
                                const void *context);

/* Reads file->header[0 .. bytes) into entries and pairs, in the order of the file. The text is
 * "header byte 57: expected a string". */
neural_status neural_safetensors_parse_header(neural_safetensors *file, size_t bytes);

#endif /* MODEL_SAFETENSORS_TYPE_H_ */
