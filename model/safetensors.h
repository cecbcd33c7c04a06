/* safetensors files: a length, a JSON header, tensors' bytes. Strict and bounded reading, atomic
 * and canonical writing. */
#ifndef MODEL_SAFETENSORS_H_
#define MODEL_SAFETENSORS_H_

#include "core/tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- writing: keys and tensor names are sorted, so equal contents give equal files --- */
typedef struct neural_safetensors_writer neural_safetensors_writer;
neural_status neural_safetensors_writer_create(neural_safetensors_writer **out);
void neural_safetensors_writer_destroy(neural_safetensors_writer *writer);
/* Keeps a reference until destroy. A name twice is NEURAL_ERR_INVALID_ARGUMENT. */
neural_status neural_safetensors_add_tensor(neural_safetensors_writer *writer, const char *name,
                                            neural_tensor *tensor);
neural_status neural_safetensors_add_text(neural_safetensors_writer *writer, const char *key,
                                          const char *value);
/* Adds metadata "checksum" (64-bit FNV-1a, hex, over metadata, names, dtypes, shapes and data) and
 * writes atomically. Names and texts have to be UTF-8. */
neural_status neural_safetensors_write(neural_safetensors_writer *writer, const char *path);

/* --- reading --- */
typedef struct neural_safetensors neural_safetensors;
/* Refuses (NEURAL_ERR_DATA, "m.safetensors: ..."): header longer than the file or 100 MB, not JSON,
 * duplicate keys, unknown dtype, overlapping or missing byte ranges, trailing bytes, wrong checksum
 * when there is one. The tensors may be listed in any order. */
NEURAL_API neural_status neural_safetensors_open(const char *path, neural_safetensors **out);
NEURAL_API void neural_safetensors_close(neural_safetensors *file);
/* Metadata value or NULL; borrowed. */
NEURAL_API const char *neural_safetensors_text(const neural_safetensors *file, const char *key);
NEURAL_API int neural_safetensors_count(const neural_safetensors *file);
/* Sorted by name; NULL past the end. */
NEURAL_API const char *neural_safetensors_name(const neural_safetensors *file, int i);
/* Bytes of one tensor, i < count, and of all together. */
int64_t neural_safetensors_entry_bytes(const neural_safetensors *file, int i);
int64_t neural_safetensors_bytes(const neural_safetensors *file);
/* What read_into would refuse, without reading. */
neural_status neural_safetensors_check(const neural_safetensors *file, const char *name,
                                       const neural_tensor *like);
/* A copy of the tensor; NEURAL_ERR_DATA when there is none of that name. */
neural_status neural_safetensors_read(const neural_safetensors *file, const char *name,
                                      neural_tensor **out);
/* Reads into dst, whose dtype and shape must be the file's; else NEURAL_ERR_SHAPE_MISMATCH or
 * _DTYPE_MISMATCH "m.safetensors: 0.weight is f32 [10, 4], the model wants f32 [10, 5]". */
neural_status neural_safetensors_read_into(const neural_safetensors *file, const char *name,
                                           neural_tensor *dst);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_SAFETENSORS_H_ */
