/* The pool: one free list per size class, each behind a lock of its own that is held for a few
 * instructions. There is no cache per thread, so a block released by another thread than its
 * creator's is found by the next create, and a steady step allocates nothing.
 *
 * A piece of class c is one header line and class_bytes(c) of data: a block uses the header for its
 * count, a small object uses all of it. A free piece begins with the link of its list. */
#include "core/base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core/base/poison.h"

struct neural_block {
    neural_block *next; /* while free */
    int count;          /* references */
    int class_index;    /* -1: too large for the classes, bytes says how large */
    size_t bytes;
};

enum {
    HEADER_BYTES = NEURAL_ALIGNMENT,
    LINEAR_CLASSES = 5, /* 0, 64, 128, 192, 256 */
    STEPS = 4,          /* per power of two from there on */
    LINEAR_LOG2 = 8,
    LARGEST_LOG2 = 32,
    CACHED_LOG2 = 26, /* classes above 64 MiB share a bounded cache */
    CLASSES = LINEAR_CLASSES + STEPS * (LARGEST_LOG2 - LINEAR_LOG2)
};

/* Bytes of free pieces above 64 MiB that are kept; more goes back to the heap. */
static const int64_t LARGE_CACHE_BYTES = (int64_t)1 << 30;

static struct {
    neural_block *first;
    int locked;
    char line[NEURAL_ALIGNMENT - sizeof(void *) - sizeof(int)];
} lists[CLASSES];

static int64_t large_cached_bytes;

static void lock_class(int index) {
    for (int spins = 0; __atomic_exchange_n(&lists[index].locked, 1, __ATOMIC_ACQUIRE); spins++) {
        if (spins < 64) {
            __builtin_ia32_pause();
        } else {
            sched_yield();
        }
    }
}

static void unlock_class(int index) {
    __atomic_store_n(&lists[index].locked, 0, __ATOMIC_RELEASE);
}

static void lock_all(void) {
    for (int index = 0; index < CLASSES; index++) {
        lock_class(index);
    }
}

static void unlock_all(void) {
    for (int index = 0; index < CLASSES; index++) {
        unlock_class(index);
    }
}

/* A child sees every list whole, whatever other threads did at the moment of the fork. */
__attribute__((constructor)) static void prepare_for_fork(void) {
    pthread_atfork(lock_all, unlock_all, unlock_all);
}

/* The smallest class of at least `bytes` of data; -1 when there is none. */
static int class_of(size_t bytes) {
    if (bytes <= (size_t)1 << LINEAR_LOG2) {
        return (int)((bytes + 63) / 64);
    }
    if (bytes > (size_t)1 << LARGEST_LOG2) {
        return -1;
    }
    const int log2 = 63 - __builtin_clzll(bytes - 1); /* 2^log2 < bytes <= 2^(log2 + 1) */
    const int step = (int)((bytes - 1) >> (log2 - 2)) & (STEPS - 1);
    return LINEAR_CLASSES + STEPS * (log2 - LINEAR_LOG2) + step;
}

static size_t class_bytes(int index) {
    if (index < LINEAR_CLASSES) {
        return (size_t)index * 64;
    }
    const int log2 = LINEAR_LOG2 + (index - LINEAR_CLASSES) / STEPS;
    const size_t step = (size_t)((index - LINEAR_CLASSES) % STEPS) + 1;
    return ((size_t)1 << log2) + (step << (log2 - 2));
}

static int is_large(int index) {
    return index >= LINEAR_CLASSES + STEPS * (CACHED_LOG2 - LINEAR_LOG2);
}

/* The link stays readable for the leak checker. */
static void poison_piece(neural_block *piece, int index) {
    NEURAL_POISON((char *)piece + sizeof(piece->next),
                  HEADER_BYTES + class_bytes(index) - sizeof(piece->next));
}

static void unpoison_piece(neural_block *piece, int index) {
    NEURAL_UNPOISON(piece, HEADER_BYTES + class_bytes(index));
}

static neural_block *piece_take(int index) {
    lock_class(index);
    neural_block *piece = lists[index].first;
    if (piece) {
        lists[index].first = piece->next;
    }
    unlock_class(index);
    if (!piece) {
        return neural_alloc(HEADER_BYTES + class_bytes(index));
    }
    unpoison_piece(piece, index);
    if (is_large(index)) {
        __atomic_fetch_sub(&large_cached_bytes, (int64_t)class_bytes(index), __ATOMIC_RELAXED);
    }
    return piece;
}

static void piece_give(neural_block *piece, int index) {
    if (is_large(index)) {
        const int64_t bytes = (int64_t)class_bytes(index);
        if (__atomic_add_fetch(&large_cached_bytes, bytes, __ATOMIC_RELAXED) > LARGE_CACHE_BYTES) {
            __atomic_fetch_sub(&large_cached_bytes, bytes, __ATOMIC_RELAXED);
            neural_free(piece);
            return;
        }
    }
    poison_piece(piece, index);
    lock_class(index);
    piece->next = lists[index].first;
    lists[index].first = piece;
    unlock_class(index);
}

static neural_block *create_uncached(size_t bytes) {
    if (bytes > (size_t)PTRDIFF_MAX - HEADER_BYTES) {
        neural_error(NEURAL_ERR_OUT_OF_MEMORY, "cannot allocate %zu bytes", bytes);
        return NULL;
    }
    return neural_alloc(HEADER_BYTES + bytes);
}

neural_block *neural_block_create(size_t bytes) {
    const int index = class_of(bytes ? bytes : 1);
    neural_block *block = index < 0 ? create_uncached(bytes) : piece_take(index);
    if (block) {
        block->count = 1;
        block->class_index = index;
        block->bytes = index < 0 ? bytes : class_bytes(index);
    }
    return block;
}

neural_block *neural_block_retain(neural_block *block) {
    if (block) {
        __atomic_fetch_add(&block->count, 1, __ATOMIC_RELAXED);
    }
    return block;
}

/* Whoever sees a count of 1 is the only owner: nobody else can raise it. */
void neural_block_release(neural_block *block) {
    if (!block) {
        return;
    }
    assert(__atomic_load_n(&block->count, __ATOMIC_RELAXED) > 0);
    if (__atomic_load_n(&block->count, __ATOMIC_ACQUIRE) != 1 &&
        __atomic_fetch_sub(&block->count, 1, __ATOMIC_ACQ_REL) != 1) {
        return;
    }
    if (block->class_index < 0) {
        neural_free(block);
    } else {
        block->count = 0;
        piece_give(block, block->class_index);
    }
}

void *neural_block_data(const neural_block *block) {
    return (char *)block + HEADER_BYTES;
}

size_t neural_block_bytes(const neural_block *block) {
    return block->bytes;
}

int neural_block_is_shared(const neural_block *block) {
    return __atomic_load_n(&block->count, __ATOMIC_ACQUIRE) > 1;
}

static int object_class(size_t bytes) {
    return class_of(bytes > HEADER_BYTES ? bytes - HEADER_BYTES : 0);
}

void *neural_pool_alloc(size_t bytes) {
    const int index = object_class(bytes);
    void *memory = index < 0 ? neural_alloc(bytes) : piece_take(index);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void neural_pool_free(void *memory, size_t bytes) {
    const int index = object_class(bytes);
    if (!memory) {
        return;
    }
    if (index < 0) {
        neural_free(memory);
    } else {
        piece_give(memory, index);
    }
}

void neural_pool_trim(void) {
    for (int index = 0; index < CLASSES; index++) {
        lock_class(index);
        neural_block *piece = lists[index].first;
        lists[index].first = NULL;
        unlock_class(index);
        while (piece) {
            neural_block *next = piece->next;
            unpoison_piece(piece, index);
            if (is_large(index)) {
                __atomic_fetch_sub(&large_cached_bytes, (int64_t)class_bytes(index),
                                   __ATOMIC_RELAXED);
            }
            neural_free(piece);
            piece = next;
        }
    }
}
