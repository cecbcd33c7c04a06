#include "core/base/memory.h"

#include "core/base/poison.h"

/* The first line of a chunk; its memory follows. */
typedef struct chunk {
    struct chunk *next;
    size_t bytes;
} chunk;

enum { CHUNK_HEADER = NEURAL_ALIGNMENT };

/* Chunks stand in the order of their first use, so a step that asks for the same sizes as the one
 * before finds each of them in the same place. */
struct neural_arena {
    chunk *first;
    chunk *current; /* NULL: nothing allocated since the reset */
    size_t used;    /* of current */
    size_t chunk_bytes;
};

static void *chunk_data(chunk *self) {
    return (char *)self + CHUNK_HEADER;
}

neural_status neural_arena_create(size_t chunk_bytes, neural_arena **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "arena_create: out is NULL");
    neural_arena *arena = neural_alloc_zeroed(sizeof(*arena));
    if (!arena) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    arena->chunk_bytes = chunk_bytes;
    *out = arena;
    return NEURAL_OK;
}

void neural_arena_destroy(neural_arena *arena) {
    if (!arena) {
        return;
    }
    chunk *next;
    for (chunk *self = arena->first; self; self = next) {
        next = self->next;
        NEURAL_UNPOISON(chunk_data(self), self->bytes);
        neural_free(self);
    }
    neural_free(arena);
}

/* Makes the next chunk that holds `bytes` the current one; a new one goes before those too small.
 */
static int advance(neural_arena *arena, size_t bytes) {
    chunk **link = arena->current ? &arena->current->next : &arena->first;
    if (!*link || (*link)->bytes < bytes) {
        const size_t size = bytes > arena->chunk_bytes ? bytes : arena->chunk_bytes;
        if (size > (size_t)PTRDIFF_MAX - CHUNK_HEADER) {
            neural_error(NEURAL_ERR_OUT_OF_MEMORY, "cannot allocate %zu bytes", size);
            return 0;
        }
        chunk *added = neural_alloc(CHUNK_HEADER + size);
        if (!added) {
            return 0;
        }
        *added = (chunk){.next = *link, .bytes = size};
        NEURAL_POISON(chunk_data(added), size);
        *link = added;
    }
    arena->current = *link;
    arena->used = 0;
    return 1;
}

void *neural_arena_alloc(neural_arena *arena, size_t bytes) {
    if (bytes > (size_t)PTRDIFF_MAX - NEURAL_ALIGNMENT) {
        neural_error(NEURAL_ERR_OUT_OF_MEMORY, "cannot allocate %zu bytes", bytes);
        return NULL;
    }
    const size_t lines = bytes ? (bytes + NEURAL_ALIGNMENT - 1) / NEURAL_ALIGNMENT : 1;
    const size_t rounded = lines * NEURAL_ALIGNMENT;
    if (!arena->current || arena->current->bytes - arena->used < rounded) {
        if (!advance(arena, rounded)) {
            return NULL;
        }
    }
    char *memory = (char *)chunk_data(arena->current) + arena->used;
    arena->used += rounded;
    NEURAL_UNPOISON(memory, bytes);
    return memory;
}

void neural_arena_reset(neural_arena *arena) {
    for (chunk *self = arena->first; self; self = self->next) {
        NEURAL_POISON(chunk_data(self), self->bytes);
    }
    arena->current = NULL;
    arena->used = 0;
}
