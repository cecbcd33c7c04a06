// Preloaded into a program: its FAILING_MALLOC-th allocation from the C library fails, with
// FAILING_MALLOC_LASTS=1 all later ones, too. The file FAILING_MALLOC_COUNT gets how many there
// were.
#include <cerrno>
#include <cstdio>
#include <cstdlib>

extern "C" {

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static long seen, at = -1;
static bool lasts;

static bool fails() {
    if (at < 0) {
        const char *first = getenv("FAILING_MALLOC");
        at = first ? atol(first) : 0;
        lasts = getenv("FAILING_MALLOC_LASTS") != nullptr;
    }
    const long n = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
    const bool is_met = at > 0 && (n == at || (lasts && n > at));
    errno = is_met ? ENOMEM : errno;
    return is_met;
}

void *malloc(size_t bytes) noexcept {
    return fails() ? nullptr : __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) noexcept {
    return fails() ? nullptr : __libc_calloc(count, bytes);
}
void *realloc(void *memory, size_t bytes) noexcept {
    return fails() ? nullptr : __libc_realloc(memory, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) noexcept {
    return fails() ? nullptr : __libc_memalign(alignment, bytes);
}
int posix_memalign(void **out, size_t alignment, size_t bytes) noexcept {
    void *memory = fails() ? nullptr : __libc_memalign(alignment, bytes);
    *out = memory ? memory : *out;
    return memory ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell() {
    const char *path = getenv("FAILING_MALLOC_COUNT");
    FILE *file = path ? fopen(path, "w") : nullptr;
    if (file) {
        fprintf(file, "%ld\n", seen);
        fclose(file);
    }
}
}
