/* The binary cache of a data file: its features and targets as they lie in memory, to be mapped.
 *
 *   0      "NEURAL DATA 1\n\0\0", the key (32 bytes), zeros up to 4096
 *   4096   features [rows, features], f32 or f64
 *   ...    targets (at a multiple of 64): i64 or as the features; class names, column names
 *   end    one record with all sizes and offsets, the digest of the dataset, and a SHA-256 of
 * itself
 *
 * The key is SHA-256 of what the cache was made from: format version, the source's size, time of
 * last change (ns) and first and last 64 KiB, and every option that decides how it is read. A cache
 * with another key is stale and is made anew. Little-endian, like everything here. */
#ifndef DATA_CACHE_H_
#define DATA_CACHE_H_

#include "data/csv_rows.h"
#include "data/dataset_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_cache_key {
    unsigned char bytes[32];
} neural_cache_key;

neural_status neural_cache_key_make(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, neural_cache_key *out);

/* What the cache holds, mapped. *fresh = 0, and nothing in *out, where there is no cache, or one of
 * another key or that is damaged. */
neural_status neural_cache_open(const char *path, const neural_cache_key *key,
                                const neural_data_options *options, neural_parts *out, int *fresh);

/* Writes a cache: rows of features in order, then the rest of the parts (their x is not looked at).
 * Only finish makes it visible, whole. */
typedef struct neural_cache_writer neural_cache_writer;
neural_status neural_cache_writer_create(const char *path, const neural_cache_key *key,
                                         neural_cache_writer **out);
neural_status neural_cache_writer_rows(neural_cache_writer *writer, const void *x, int64_t bytes);
neural_status neural_cache_writer_finish(neural_cache_writer *writer, const neural_parts *parts,
                                         const neural_data_options *options, int64_t features);
void neural_cache_writer_destroy(neural_cache_writer *writer); /* accepts NULL */

/* Reads a CSV file into the cache options->cache. */
neural_status neural_parts_cache_csv(const char *path, const neural_file_view *file,
                                     const neural_data_options *options,
                                     const neural_cache_key *key);

#ifdef __cplusplus
}
#endif

#endif /* DATA_CACHE_H_ */
