#include "tests/fuzz/fuzzing.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "model/safetensors.h"

// The sanitizers' own, absent in other builds.
extern "C" {
__attribute__((weak)) int
__sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                          void (*on_free)(const volatile void *));
__attribute__((weak)) size_t __sanitizer_get_allocated_size(const volatile void *);
}

namespace fuzzing {

namespace {

std::atomic<int64_t> live{0}, limit{INT64_MAX};

void on_malloc(const volatile void *, size_t bytes) {
    const int64_t now = live.fetch_add((int64_t)bytes) + (int64_t)bytes;
    if (now > limit.load()) {
        limit = INT64_MAX;
        fprintf(stderr, "holds %lld bytes\n", (long long)now);
        fail("more memory than 16 times the input and 16 MiB");
    }
}

void on_free(const volatile void *memory) {
    if (memory) {
        live -= (int64_t)__sanitizer_get_allocated_size(memory);
    }
}

} // namespace

void fail(const char *what) {
    fprintf(stderr, "fuzz target: %s\n", what);
    abort();
}

void check_status(neural_status status) {
    if (status && !neural_last_error()[0]) {
        fail("an error without a text");
    }
}

MemoryBound::MemoryBound(size_t bytes) {
    static const int hooked = __sanitizer_install_malloc_and_free_hooks &&
                              __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    (void)hooked;
    limit = live + 16 * (int64_t)bytes + (16 << 20);
}

MemoryBound::~MemoryBound() {
    limit = INT64_MAX;
}

size_t unpacked_size(const uint8_t *data, size_t size) {
    const bool is_packed =
        size > 2 && (memcmp(data, "\x1F\x8B", 2) == 0 || memcmp(data, "PK", 2) == 0);
    return is_packed ? 1032 * size : size;
}

const char *file_of(const void *data, size_t size) {
    static const int fd = memfd_create("fuzz", 0);
    static char path[48];
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size) {
        fail("no file in memory");
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

const char *file_of(const std::string &bytes) {
    return file_of(bytes.data(), bytes.size());
}

// What the reader says that the checksum should be, "" when it has no objection to it.
static std::string wanted_checksum(const std::string &bytes) {
    static const char before[] = "the content has ";
    neural_safetensors *file = nullptr;
    const neural_status status = neural_safetensors_open(file_of(bytes), &file);
    neural_safetensors_close(file);
    const char *at = status ? strstr(neural_last_error(), before) : nullptr;
    return at ? std::string(at + sizeof before - 1, 16) : "";
}

std::string safetensors_of(const uint8_t *data, size_t size) {
    static const std::string key = "\"checksum\":\"";
    std::string file(reinterpret_cast<const char *>(data), size);
    const size_t end = file.find('\0');
    if (file.empty() || file[0] != '{' || end == std::string::npos) {
        return file;
    }
    const uint64_t length = end;
    file = std::string(reinterpret_cast<const char *>(&length), sizeof length) +
           file.substr(0, end) + file.substr(end + 1);
    const size_t at = file.find(key);
    const std::string wanted = wanted_checksum(file);
    if (at != std::string::npos && at + key.size() + wanted.size() <= file.size()) {
        file.replace(at + key.size(), wanted.size(), wanted);
    }
    return file;
}

} // namespace fuzzing
