/* The inside of safetensors files: what writer and reader share. Only for this library. */
#ifndef MODEL_SAFETENSORS_TYPE_H_
#define MODEL_SAFETENSORS_TYPE_H_

#include <jansson.h>

#include "core/base/file.h"
#include "model/safetensors.h"

#define NEURAL_SAFETENSORS_METADATA "__metadata__"
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

struct neural_safetensors {
    neural_file_view view;
    char *path;
    json_t *header;                  /* owns all strings */
    json_t *metadata;                /* borrowed from it; NULL when there is none */
    neural_safetensors_entry *entry; /* sorted by name */
    int64_t count;
    const char *data;
    int64_t data_bytes;
};

/* "F32" and back; -1 when there is no such dtype here. */
const char *neural_safetensors_dtype_name(neural_dtype dtype);
int neural_safetensors_dtype(const char *name);

/* For what jansson has no memory: it does not come from core/base/memory. */
neural_status neural_safetensors_no_memory(void);

/* Orders entries, or other structs that begin with a name, by it. */
int neural_safetensors_by_name(const void *a, const void *b);

/* FNV-1a, 64 bit: of the metadata but the checksum itself, sorted by key, then of name, dtype,
 * shape and data of each tensor; the entries sorted by name, data gives the bytes of entry i. */
neural_status neural_safetensors_sum(json_t *metadata, const neural_safetensors_entry *entry,
                                     int64_t entries,
                                     const char *(*data)(const void *context, int64_t i),
                                     const void *context, char out[17]);

/* Reads the header into header, metadata and entries, these in any order. The text is
 * "header byte 57: ..." or "tensor 0.weight: ...". */
neural_status neural_safetensors_read_header(neural_safetensors *file, const char *header,
                                             size_t bytes);

#endif /* MODEL_SAFETENSORS_TYPE_H_ */
