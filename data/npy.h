/* The NPY format of NumPy, versions 1 to 3: "\x93NUMPY", version, a Python literal
 * {'descr': '<f4', 'fortran_order': False, 'shape': (60, 4), }, elements. */
#ifndef DATA_NPY_H_
#define DATA_NPY_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/tensor/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_npy {
    char kind; /* 'f' 4 or 8 bytes, 'i' and 'u' 1, 2, 4 or 8, 'b' 1 */
    int element_bytes;
    int is_big_endian, is_fortran;
    int ndim; /* 0 ... 8; 0 = one element */
    int64_t dims[8];
    int64_t len;               /* their product */
    const unsigned char *data; /* len elements, within the memory that was opened */
} neural_npy;

/* True if data begin like an NPY file. */
int neural_npy_is(const void *data, size_t bytes);

/* Reads the header, which has to account for every byte. Allocates nothing. Objects, texts, records
 * and other element types are refused with NEURAL_ERR_DATA; path is for messages. */
neural_status neural_npy_open(const char *path, const void *data, size_t bytes, neural_npy *out);

/* All elements in C order as f32 or f64, each rounded once. */
void neural_npy_to_float(const neural_npy *npy, neural_dtype dtype, void *dst);

/* Element `index` (C order) of a one-dimensional array as an integer; 0 when it is none (a
 * fraction, or outside i64). */
int neural_npy_integer(const neural_npy *npy, int64_t index, int64_t *out);

/* True when the elements lie in memory as a tensor of dtype has them. */
int neural_npy_is_plain(const neural_npy *npy, neural_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif /* DATA_NPY_H_ */
