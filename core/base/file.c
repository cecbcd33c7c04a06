#define _GNU_SOURCE
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"

/* Smaller files are read: cheaper than a mapping, and safe from a file that shrinks meanwhile. */
enum { MAP_FROM_BYTES = 1 << 22, READ_STEP_BYTES = 1 << 16, BUFFER_BYTES = 1 << 16 };

static neural_status fail_errno(neural_status code, const char *path, int error) {
    const char *reason = strerrordesc_np(error);
    return neural_error(code, "%s: %s", path, reason ? reason : "unknown error");
}

/* --- reading --- */

/* Reads to the end, whatever size the file told: files under /proc tell 0. */
static neural_status read_all(int fd, const char *path, size_t told, neural_file_view *out) {
    size_t room = told + 1, used = 0;
    char *data = neural_alloc(room);
    while (data) {
        const ssize_t got = read(fd, data + used, room - used);
        if (got < 0 && errno != EINTR) {
            const int error = errno;
            neural_free(data);
            return fail_errno(NEURAL_ERR_FILE_READ, path, error);
        }
        if (got == 0) {
            *out = (neural_file_view){.data = data, .bytes = used};
            return NEURAL_OK;
        }
        used += got > 0 ? (size_t)got : 0;
        if (used == room) {
            char *grown = neural_realloc(data, used, room * 2 + READ_STEP_BYTES);
            if (!grown) {
                break;
            }
            data = grown;
            room = room * 2 + READ_STEP_BYTES;
        }
    }
    neural_free(data);
    return neural_error_prefix("%s", path);
}

static neural_status view_fd(int fd, const char *path, neural_file_view *out) {
    struct stat info;
    if (fstat(fd, &info)) {
        return fail_errno(NEURAL_ERR_FILE_READ, path, errno);
    }
    NEURAL_REQUIRE(!S_ISDIR(info.st_mode), NEURAL_ERR_FILE_READ, "%s: is a directory", path);
    NEURAL_REQUIRE(S_ISREG(info.st_mode), NEURAL_ERR_FILE_READ, "%s: not a regular file", path);
    const size_t bytes = (size_t)info.st_size;
    if (bytes >= MAP_FROM_BYTES) {
        void *data = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data != MAP_FAILED) {
            *out = (neural_file_view){.data = data, .bytes = bytes, .mapped = 1};
            return NEURAL_OK;
        }
    }
    return read_all(fd, path, bytes, out);
}

neural_status neural_file_view_open(const char *path, neural_file_view *out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "file_view_open: path or out is NULL");
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO does not block */
    if (fd < 0) {
        const int absent = errno == ENOENT || errno == ENOTDIR;
        return fail_errno(absent ? NEURAL_ERR_FILE_NOT_FOUND : NEURAL_ERR_FILE_READ, path, errno);
    }
    const neural_status status = view_fd(fd, path, out);
    close(fd);
    return status;
}

void neural_file_view_close(neural_file_view *view) {
    if (!view) {
        return;
    }
    if (view->mapped) {
        munmap((void *)(uintptr_t)view->data, view->bytes);
    } else {
        neural_free((void *)(uintptr_t)view->data);
    }
    *view = (neural_file_view){0};
}

/* --- writing --- */

struct neural_file_writer {
    int fd;         /* -1 once closed */
    int failed;     /* a write failed: commit refuses */
    char *path;     /* as the caller named it, for messages */
    char *target;   /* with symbolic links followed */
    char *temp;     /* NULL: a device or FIFO, written in place */
    size_t pending; /* bytes in buffer */
    char buffer[BUFFER_BYTES];
};

static size_t dir_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* dir of `path` + name, or name alone when absolute; NULL when memory is out. */
static char *beside(const char *path, const char *name) {
    const size_t dir = name[0] == '/' ? 0 : dir_length(path), rest = strlen(name) + 1;
    char *joined = neural_alloc(dir + rest);
    if (joined) {
        memcpy(joined, path, dir);
        memcpy(joined + dir, name, rest);
    }
    return joined;
}

/* The file that `path` finally names: the links at its end are followed, also a dangling one. */
static neural_status follow_links(const char *path, char **out) {
    char *current = neural_strdup(path);
    for (int hops = 0; current && hops < 40; hops++) {
        char link[PATH_MAX];
        const ssize_t length = readlink(current, link, sizeof(link) - 1);
        if (length < 0) {
            *out = current;
            return NEURAL_OK;
        }
        link[length] = '\0';
        char *next = beside(current, link);
        neural_free(current);
        current = next;
    }
    if (!current) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_free(current);
    return fail_errno(NEURAL_ERR_FILE_WRITE, path, ELOOP);
}

/* A new file beside the target; created with the mode a plain open gives. */
static neural_status open_temp(neural_file_writer *writer) {
    static uint32_t counter;
    for (int tries = 0; tries < 1000; tries++) {
        char name[64];
        snprintf(name, sizeof(name), ".neural-%ld-%u.tmp", (long)getpid(),
                 __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED));
        writer->temp = beside(writer->target, name);
        if (!writer->temp) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        writer->fd = open(writer->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0) {
            return NEURAL_OK;
        }
        const int error = errno;
        neural_free(writer->temp);
        writer->temp = NULL;
        if (error != EEXIST) {
            return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, error);
        }
    }
    return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, EEXIST);
}

/* An existing file keeps its mode, and its owner where that is allowed. */
static neural_status open_target(neural_file_writer *writer) {
    struct stat info;
    if (stat(writer->path, &info)) {
        NEURAL_TRY(follow_links(writer->path, &writer->target));
        return open_temp(writer);
    }
    NEURAL_REQUIRE(!S_ISDIR(info.st_mode), NEURAL_ERR_FILE_WRITE, "%s: is a directory",
                   writer->path);
    if (!S_ISREG(info.st_mode)) {
        writer->fd = open(writer->path, O_WRONLY | O_CLOEXEC);
        return writer->fd >= 0 ? NEURAL_OK : fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno);
    }
    if (access(writer->path, W_OK)) {
        return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno);
    }
    NEURAL_TRY(follow_links(writer->path, &writer->target));
    NEURAL_TRY(open_temp(writer));
    const int owned = fchown(writer->fd, info.st_uid, info.st_gid) == 0;
    const mode_t mode = info.st_mode & (owned ? 07777 : 0777);
    return fchmod(writer->fd, mode) ? fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno)
                                    : NEURAL_OK;
}

neural_status neural_file_writer_create(const char *path, neural_file_writer **out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "file_writer_create: path or out is NULL");
    neural_file_writer *writer = neural_alloc(sizeof(*writer));
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memset(writer, 0, offsetof(neural_file_writer, buffer));
    writer->fd = -1;
    writer->path = neural_strdup(path);
    const neural_status status = writer->path ? open_target(writer) : NEURAL_ERR_OUT_OF_MEMORY;
    if (status) {
        neural_file_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return NEURAL_OK;
}

static neural_status write_all(neural_file_writer *writer, const char *data, size_t bytes) {
    while (bytes > 0) {
        const ssize_t put = write(writer->fd, data, bytes);
        if (put < 0 && errno != EINTR) {
            writer->failed = 1;
            return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno);
        }
        data += put > 0 ? put : 0;
        bytes -= put > 0 ? (size_t)put : 0;
    }
    return NEURAL_OK;
}

static neural_status flush(neural_file_writer *writer) {
    const size_t bytes = writer->pending;
    writer->pending = 0;
    return write_all(writer, writer->buffer, bytes);
}

static neural_status require_open(const neural_file_writer *writer) {
    NEURAL_REQUIRE(writer, NEURAL_ERR_NULL_POINTER, "file_writer: writer is NULL");
    NEURAL_REQUIRE(writer->fd >= 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: already committed",
                   writer->path);
    NEURAL_REQUIRE(!writer->failed, NEURAL_ERR_FILE_WRITE, "%s: an earlier write failed",
                   writer->path);
    return NEURAL_OK;
}

neural_status neural_file_writer_write(neural_file_writer *writer, const void *data, size_t bytes) {
    NEURAL_TRY(require_open(writer));
    NEURAL_REQUIRE(data || !bytes, NEURAL_ERR_NULL_POINTER, "%s: data is NULL", writer->path);
    if (bytes > BUFFER_BYTES - writer->pending) {
        NEURAL_TRY(flush(writer));
    }
    if (bytes >= BUFFER_BYTES) {
        return write_all(writer, data, bytes);
    }
    if (bytes) {
        memcpy(writer->buffer + writer->pending, data, bytes);
        writer->pending += bytes;
    }
    return NEURAL_OK;
}

/* Some file systems and devices refuse fsync with EINVAL: there is nothing to wait for. */
static int sync_fd(int fd) {
    int result;
    do {
        result = fsync(fd);
    } while (result && errno == EINTR);
    return result && (errno == EINVAL || errno == EROFS || errno == ENOTSUP) ? 0 : result;
}

/* Makes the rename durable. */
static int sync_dir(const char *target) {
    char *dir = beside(target, "");
    if (!dir) {
        errno = ENOMEM;
        return -1;
    }
    const int fd = open(dir[0] ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    neural_free(dir);
    const int result = fd < 0 ? -1 : sync_fd(fd);
    const int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return result;
}

neural_status neural_file_writer_commit(neural_file_writer *writer) {
    NEURAL_TRY(require_open(writer));
    NEURAL_TRY(flush(writer));
    const int synced = sync_fd(writer->fd);
    int error = errno;
    const int closed = close(writer->fd);
    writer->fd = -1;
    if (synced || (closed && errno != EINTR)) {
        return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, synced ? error : errno);
    }
    if (!writer->temp) {
        return NEURAL_OK;
    }
    if (rename(writer->temp, writer->target)) {
        return fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno);
    }
    neural_free(writer->temp);
    writer->temp = NULL;
    return sync_dir(writer->target) ? fail_errno(NEURAL_ERR_FILE_WRITE, writer->path, errno)
                                    : NEURAL_OK;
}

void neural_file_writer_destroy(neural_file_writer *writer) {
    if (!writer) {
        return;
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (writer->temp) {
        unlink(writer->temp);
    }
    neural_free(writer->temp);
    neural_free(writer->target);
    neural_free(writer->path);
    neural_free(writer);
}
