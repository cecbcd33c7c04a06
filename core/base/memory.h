/* Memory: counted aligned allocation, the block pool behind tensor storage, and the arena.
 *
 * All heap memory of the library comes from here, so that a test can count allocations and make
 * the n-th one fail (allocations.h). */
#ifndef CORE_BASE_MEMORY_H_
#define CORE_BASE_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/allocations.h"
#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_ALIGNMENT 64

/* 64-byte aligned memory, uninitialised / zeroed; NULL and a recorded NEURAL_ERR_OUT_OF_MEMORY on
 * failure. bytes == 0 gives a valid pointer. neural_free accepts NULL. */
void *neural_alloc(size_t bytes);
void *neural_alloc_zeroed(size_t bytes);
void neural_free(void *memory);

/* Grows or shrinks to `bytes`, keeping the first min(old_bytes, bytes) bytes; the old memory stays
 * valid when NULL is returned. */
void *neural_realloc(void *memory, size_t old_bytes, size_t bytes);

/* A copy of a NUL-terminated text; NULL on failure. */
char *neural_strdup(const char *text);

/* Test hook as neural_alloc_fail_at: the n-th allocation from now on and all later ones fail. */
void neural_alloc_fail_from(int64_t n);

/* out = a * b, or NEURAL_ERR_TENSOR_TOO_LARGE naming both when it exceeds INT64_MAX. */
neural_status neural_size_mul(int64_t a, int64_t b, int64_t *out);

/* --- pool: reference-counted blocks of size classes, reused without touching the heap --- */

typedef struct neural_block neural_block;

/* A block of at least `bytes` bytes, one reference; NULL on failure. Contents are undefined. */
neural_block *neural_block_create(size_t bytes);
neural_block *neural_block_retain(neural_block *block); /* returns block; accepts NULL */
void neural_block_release(neural_block *block);         /* accepts NULL */
void *neural_block_data(const neural_block *block);     /* 64-byte aligned */
size_t neural_block_bytes(const neural_block *block);   /* usable size */
int neural_block_is_shared(const neural_block *block);  /* more than one reference */

/* Small fixed-size objects (tensor and node headers) from the same pool; zeroed. */
void *neural_pool_alloc(size_t bytes);
void neural_pool_free(void *memory, size_t bytes);

/* --- arena: bump allocation, everything released at once --- */

typedef struct neural_arena neural_arena;

neural_status neural_arena_create(size_t chunk_bytes, neural_arena **out);
void neural_arena_destroy(neural_arena *arena);

/* 64-byte aligned memory that lives until reset; NULL on failure. */
void *neural_arena_alloc(neural_arena *arena, size_t bytes);

/* Forgets everything allocated, keeps the chunks for reuse. */
void neural_arena_reset(neural_arena *arena);

/* --- reference-counted objects that one floor holds for a higher one --- */

/* First member of an object with shared ownership. */
typedef struct neural_ref {
    int count; /* touched through __atomic builtins only */
    void (*destroy)(struct neural_ref *self);
} neural_ref;

static inline neural_ref *neural_ref_retain(neural_ref *ref) {
    if (ref) {
        __atomic_fetch_add(&ref->count, 1, __ATOMIC_RELAXED);
    }
    return ref;
}

static inline void neural_ref_release(neural_ref *ref) {
    if (ref && __atomic_fetch_sub(&ref->count, 1, __ATOMIC_ACQ_REL) == 1) {
        ref->destroy(ref);
    }
}

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_MEMORY_H_ */
