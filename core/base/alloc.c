#include "core/base/memory.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int64_t alloc_count;
static int64_t alloc_bytes;
static int64_t fail_countdown; /* 0: the hook is off */
static int fail_lasts;         /* the countdown stays at 1 */

int64_t neural_alloc_count(void) {
    return __atomic_load_n(&alloc_count, __ATOMIC_RELAXED);
}

int64_t neural_alloc_bytes(void) {
    return __atomic_load_n(&alloc_bytes, __ATOMIC_RELAXED);
}

static void fail_at(int64_t n, int lasts) {
    __atomic_store_n(&fail_lasts, lasts, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fail_countdown, n > 0 ? n : 0, __ATOMIC_SEQ_CST);
}

void neural_alloc_fail_at(int64_t n) {
    fail_at(n, 0);
}

void neural_alloc_fail_from(int64_t n) {
    fail_at(n, 1);
}

/* True for the allocation that takes the countdown from 1 to 0, or for all that find it at 1. */
static int told_to_fail(void) {
    int64_t left = __atomic_load_n(&fail_countdown, __ATOMIC_RELAXED);
    while (left > 0) {
        if (left == 1 && __atomic_load_n(&fail_lasts, __ATOMIC_RELAXED)) {
            return 1;
        }
        if (__atomic_compare_exchange_n(&fail_countdown, &left, left - 1, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            return left == 1;
        }
    }
    return 0;
}

/* Vectors that outgrow the caches outgrow the TLB too, unless their pages are large: from 2 MiB on
 * the kernel is asked for huge ones. The last page is rounded up where that adds at most 1/8. */
static void *system_alloc(size_t bytes) {
    enum { HUGE_PAGE = 2 << 20 };
    if (bytes < HUGE_PAGE) {
        return aligned_alloc(NEURAL_ALIGNMENT, bytes);
    }
    const size_t rest = bytes % HUGE_PAGE ? HUGE_PAGE - bytes % HUGE_PAGE : 0;
    const size_t size = rest <= bytes / 8 ? bytes + rest : bytes;
    void *memory = NULL; /* aligned_alloc wants whole multiples of its alignment */
    if (posix_memalign(&memory, HUGE_PAGE, size)) {
        return NULL;
    }
    (void)madvise(memory, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return memory;
}

/* A whole number of 64-byte lines, at least one; the cached memory of the pool is given back when
 * the heap has no more. */
static void *heap_alloc(size_t bytes) {
    if (bytes > (size_t)PTRDIFF_MAX - NEURAL_ALIGNMENT) {
        return NULL;
    }
    const size_t lines = bytes ? (bytes + NEURAL_ALIGNMENT - 1) / NEURAL_ALIGNMENT : 1;
    void *memory = system_alloc(lines * NEURAL_ALIGNMENT);
    if (!memory) {
        neural_pool_trim();
        memory = system_alloc(lines * NEURAL_ALIGNMENT);
    }
    return memory;
}

void *neural_alloc(size_t bytes) {
    void *memory = told_to_fail() ? NULL : heap_alloc(bytes);
    if (!memory) {
        neural_error(NEURAL_ERR_OUT_OF_MEMORY, "cannot allocate %zu bytes", bytes);
        return NULL;
    }
    __atomic_fetch_add(&alloc_count, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&alloc_bytes, (int64_t)malloc_usable_size(memory), __ATOMIC_RELAXED);
    return memory;
}

void *neural_alloc_zeroed(size_t bytes) {
    void *memory = neural_alloc(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void neural_free(void *memory) {
    if (memory) {
        __atomic_fetch_sub(&alloc_bytes, (int64_t)malloc_usable_size(memory), __ATOMIC_RELAXED);
        free(memory);
    }
}

void *neural_realloc(void *memory, size_t old_bytes, size_t bytes) {
    void *moved = neural_alloc(bytes);
    if (moved && memory) {
        memcpy(moved, memory, old_bytes < bytes ? old_bytes : bytes);
        neural_free(memory);
    }
    return moved;
}

char *neural_strdup(const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = neural_alloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

neural_status neural_size_mul(int64_t a, int64_t b, int64_t *out) {
    int64_t product;
    NEURAL_REQUIRE(!__builtin_mul_overflow(a, b, &product), NEURAL_ERR_TENSOR_TOO_LARGE,
                   "%" PRId64 " times %" PRId64 " exceeds the largest size", a, b);
    *out = product;
    return NEURAL_OK;
}
