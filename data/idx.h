/* The IDX format of the MNIST family: 0 0 type ndim, big-endian u32 sizes, big-endian elements. */
#ifndef DATA_IDX_H_
#define DATA_IDX_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_idx_type {
    NEURAL_IDX_U8 = 0x08,
    NEURAL_IDX_I8 = 0x09,
    NEURAL_IDX_I16 = 0x0B,
    NEURAL_IDX_I32 = 0x0C,
    NEURAL_IDX_F32 = 0x0D,
    NEURAL_IDX_F64 = 0x0E
} neural_idx_type;

typedef struct neural_idx {
    neural_idx_type type;
    int ndim;        /* 1 ... 8 */
    int64_t dims[8]; /* their product is len */
    int64_t len;
    const unsigned char *data; /* len elements, big-endian */
    void *owned;               /* data's memory, or NULL when it lies in the caller's file */
} neural_idx;

/* True if data begins like an IDX file, or like a gzip file. */
int neural_idx_is(const void *data, size_t bytes);

/* Reads a plain or gzip-compressed file; the header's sizes have to account for every byte. Memory
 * stays within a small multiple of what the file really holds, whatever its header says.
 * NEURAL_ERR_DATA; path is for messages. */
neural_status neural_idx_open(const char *path, const void *data, size_t bytes, neural_idx *out);
void neural_idx_close(neural_idx *idx);

/* Elements as f32 or f64; divided by `divisor` (1 or 255). */
void neural_idx_to_float(const neural_idx *idx, neural_dtype dtype, double divisor, void *dst);

/* Element `index` of an integer type. */
int64_t neural_idx_integer(const neural_idx *idx, int64_t index);

#ifdef __cplusplus
}
#endif

#endif /* DATA_IDX_H_ */
