#define _GNU_SOURCE
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/memory.h"

/* Smaller files are read: cheaper than a mapping, and safe from a file that shrinks meanwhile. */
enum { MAP_FROM_BYTES = 1 << 22, READ_STEP_BYTES = 1 << 16 };

neural_status neural_file_error(neural_status code, const char *path, int error) {
    const char *reason = strerrordesc_np(error);
    return neural_error(code, "%s: %s", path, reason ? reason : "unknown error");
}

/* Twice the room and a step more. */
static char *grow(char *data, size_t *room) {
    const size_t wanted = *room * 2 + READ_STEP_BYTES;
    char *grown = neural_realloc(data, *room, wanted);
    if (!grown) {
        neural_free(data);
        return NULL;
    }
    *room = wanted;
    return grown;
}

/* Reads to the end, whatever size the file told: files under /proc tell 0. */
static neural_status read_all(int fd, const char *path, size_t told, neural_file_view *out) {
    size_t room = told + 1, used = 0;
    char *data = neural_alloc(room);
    while (data) {
        const ssize_t got = neural_file_call_read(fd, data + used, room - used);
        if (got < 0 && errno != EINTR) {
            const int error = errno;
            neural_free(data);
            return neural_file_error(NEURAL_ERR_FILE_READ, path, error);
        }
        if (got == 0) {
            *out = (neural_file_view){.data = data, .bytes = used};
            return NEURAL_OK;
        }
        used += got > 0 ? (size_t)got : 0;
        if (used == room) {
            data = grow(data, &room);
        }
    }
    return neural_error_prefix("%s", path);
}

static neural_status view_fd(int fd, const char *path, neural_file_view *out) {
    struct stat info;
    if (neural_file_call_stat(fd, &info)) {
        return neural_file_error(NEURAL_ERR_FILE_READ, path, errno);
    }
    NEURAL_REQUIRE(!S_ISDIR(info.st_mode), NEURAL_ERR_FILE_READ, "%s: is a directory", path);
    NEURAL_REQUIRE(S_ISREG(info.st_mode), NEURAL_ERR_FILE_READ, "%s: not a regular file", path);
    const size_t bytes = (size_t)info.st_size;
    if (bytes >= MAP_FROM_BYTES) {
        void *data = neural_file_call_map(fd, bytes);
        if (data != MAP_FAILED) {
            *out = (neural_file_view){.data = data, .bytes = bytes, .mapped = 1};
            return NEURAL_OK;
        }
    }
    return read_all(fd, path, bytes, out);
}

neural_status neural_file_view_open(const char *path, neural_file_view *out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "file_view_open: path or out is NULL");
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK; /* a FIFO does not block */
    const int fd = neural_file_call_open(AT_FDCWD, path, flags, 0);
    if (fd < 0) {
        const int absent = errno == ENOENT || errno == ENOTDIR;
        return neural_file_error(absent ? NEURAL_ERR_FILE_NOT_FOUND : NEURAL_ERR_FILE_READ, path,
                                 errno);
    }
    const neural_status status = view_fd(fd, path, out);
    neural_file_call_close(fd); /* read only: nothing is lost when it fails */
    return status;
}

void neural_file_view_close(neural_file_view *view) {
    if (!view) {
        return;
    }
    void *data = (void *)(uintptr_t)view->data;
    if (view->mapped) {
        munmap(data, view->bytes);
    } else {
        neural_free(data);
    }
    *view = (neural_file_view){0};
}
