#define _GNU_SOURCE
#include "core/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/memory.h"

enum { BUFFER_BYTES = 1 << 16, MAX_LINKS = 40, MAX_TEMP_NAMES = 10000 };

#define TEMP_NAME ".neural-%ld-%u.tmp" /* process, number */

/* Commit needs no memory and no path lookup from the working directory: the directory stays open.
 */
struct neural_file_writer {
    int fd;           /* -1 once closed */
    int dir_fd;       /* of the target; -1: a device or FIFO, written in place */
    int failed;       /* a write failed: commit refuses */
    char *path;       /* as the caller named it, for messages */
    char *target;     /* with the symbolic links at its end followed */
    const char *name; /* last component of target */
    char temp[48];    /* name of the temporary file, "" when there is none */
    size_t pending;   /* bytes in buffer */
    char buffer[BUFFER_BYTES];
};

static neural_status fail(const neural_file_writer *writer, int error) {
    return neural_file_error(NEURAL_ERR_FILE_WRITE, writer->path, error);
}

/* --- where to --- */

static size_t dir_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The path of `name` as seen from the directory of `path`; NULL when memory is out. */
static char *beside(const char *path, const char *name) {
    const size_t dir = name[0] == '/' ? 0 : dir_length(path), rest = strlen(name) + 1;
    char *joined = neural_alloc(dir + rest);
    if (joined) {
        memcpy(joined, path, dir);
        memcpy(joined + dir, name, rest);
    }
    return joined;
}

/* The file that the path finally names: the links at its end are followed, also a dangling one. */
static neural_status follow_links(neural_file_writer *writer) {
    writer->target = neural_strdup(writer->path);
    for (int links = 0; writer->target && links <= MAX_LINKS; links++) {
        char link[PATH_MAX];
        const ssize_t length = neural_file_call_readlink(writer->target, link, sizeof(link) - 1);
        if (length < 0 && errno != EINVAL && errno != ENOENT) {
            return fail(writer, errno);
        }
        if (length < 0) {
            writer->name = writer->target + dir_length(writer->target);
            return NEURAL_OK;
        }
        link[length] = '\0';
        char *next = beside(writer->target, link);
        neural_free(writer->target);
        writer->target = next;
    }
    return writer->target ? fail(writer, ELOOP) : NEURAL_ERR_OUT_OF_MEMORY;
}

/* A directory that may be searched but not read can still be written in, though not synced. */
static neural_status open_dir(neural_file_writer *writer) {
    char *dir = beside(writer->target, "");
    if (!dir) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const char *name = dir[0] ? dir : ".";
    writer->dir_fd = neural_file_call_open(AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (writer->dir_fd < 0 && errno == EACCES) {
        writer->dir_fd = neural_file_call_open(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    }
    const int error = errno;
    neural_free(dir);
    return writer->dir_fd < 0 ? fail(writer, error) : NEURAL_OK;
}

/* --- what killed processes left --- */

/* The process that made a temporary file of this name; 0 for any other name. */
static pid_t maker_of(const char *name) {
    long maker = 0;
    unsigned number = 0;
    char again[48];
    const int found = sscanf(name, TEMP_NAME, &maker, &number); /* NOLINT(cert-err34-c) */
    if (found != 2 || maker <= 0) {
        return 0;
    }
    snprintf(again, sizeof(again), TEMP_NAME, maker, number);
    return strcmp(again, name) == 0 && maker == (pid_t)maker ? (pid_t)maker : 0;
}

/* Its maker is gone and nobody holds its lock: in another container process numbers differ. */
static int is_left_over(int dir_fd, const char *name) {
    const pid_t maker = maker_of(name);
    if (!maker || kill(maker, 0) == 0 || errno != ESRCH) {
        return 0;
    }
    const int fd =
        neural_file_call_open(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    struct stat info;
    const int unused = fd >= 0 && neural_file_call_stat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                       flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) {
        neural_file_call_close(fd);
    }
    return unused;
}

/* Best effort: what cannot be listed or removed stays. */
static void remove_left_overs(int dir_fd) {
    DIR *dir = neural_file_call_list(dir_fd, ".");
    const struct dirent *entry;
    while (dir && (entry = neural_file_call_next(dir))) {
        if (is_left_over(dir_fd, entry->d_name)) {
            neural_file_call_remove(dir_fd, entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

/* A new file beside the target, locked; created with the mode a plain open gives. */
static neural_status open_temp(neural_file_writer *writer) {
    static uint32_t counter;
    for (int tries = 0; tries < MAX_TEMP_NAMES; tries++) {
        snprintf(writer->temp, sizeof(writer->temp), TEMP_NAME, (long)getpid(),
                 __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED));
        writer->fd = neural_file_call_open(writer->dir_fd, writer->temp,
                                           O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0) {
            flock(writer->fd, LOCK_EX | LOCK_NB);
            return NEURAL_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    writer->temp[0] = '\0';
    return fail(writer, errno);
}

/* The new file gets the mode of the one it replaces, and its owner where that is allowed. */
static neural_status keep_mode(neural_file_writer *writer, const struct stat *old) {
    const int owned = fchown(writer->fd, old->st_uid, old->st_gid) == 0;
    const mode_t mode = old->st_mode & (owned ? 07777 : 0777);
    return neural_file_call_chmod(writer->fd, mode) ? fail(writer, errno) : NEURAL_OK;
}

static neural_status open_target(neural_file_writer *writer) {
    struct stat info;
    const int exists = neural_file_call_stat_path(writer->path, &info) == 0;
    if (!exists && errno != ENOENT) { /* it may be there, with a mode and links to keep */
        return fail(writer, errno);
    }
    if (exists) {
        NEURAL_REQUIRE(!S_ISDIR(info.st_mode), NEURAL_ERR_FILE_WRITE, "%s: is a directory",
                       writer->path);
        if (!S_ISREG(info.st_mode)) {
            writer->fd = neural_file_call_open(AT_FDCWD, writer->path, O_WRONLY | O_CLOEXEC, 0);
            return writer->fd < 0 ? fail(writer, errno) : NEURAL_OK;
        }
        if (access(writer->path, W_OK)) {
            return fail(writer, errno);
        }
    }
    NEURAL_TRY(follow_links(writer));
    NEURAL_REQUIRE(writer->name[0], NEURAL_ERR_FILE_WRITE, "%s: names no file", writer->path);
    NEURAL_TRY(open_dir(writer));
    remove_left_overs(writer->dir_fd);
    NEURAL_TRY(open_temp(writer));
    return exists ? keep_mode(writer, &info) : NEURAL_OK;
}

neural_status neural_file_writer_create(const char *path, neural_file_writer **out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER, "file_writer_create: path or out is NULL");
    neural_file_writer *writer = neural_alloc(sizeof(*writer));
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memset(writer, 0, offsetof(neural_file_writer, buffer));
    writer->fd = writer->dir_fd = -1;
    writer->path = neural_strdup(path);
    const neural_status status = writer->path ? open_target(writer) : NEURAL_ERR_OUT_OF_MEMORY;
    if (status) {
        neural_file_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return NEURAL_OK;
}

/* --- writing --- */

int64_t neural_write_unkilled(int fd, const void *data, size_t bytes) {
    sigset_t deadly, before;
    sigemptyset(&deadly);
    sigaddset(&deadly, SIGXFSZ);
    sigaddset(&deadly, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &deadly, &before);
    const ssize_t put = neural_file_call_write(fd, data, bytes);
    const int error = errno;
    const int raised = put >= 0 ? 0 : error == EFBIG ? SIGXFSZ : error == EPIPE ? SIGPIPE : 0;
    if (raised && !sigismember(&before, raised)) {
        sigemptyset(&deadly);
        sigaddset(&deadly, raised);
        sigtimedwait(&deadly, NULL, &(struct timespec){0, 0});
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return put;
}

static neural_status write_all(neural_file_writer *writer, const char *data, size_t bytes) {
    while (bytes > 0) {
        const int64_t put = neural_write_unkilled(writer->fd, data, bytes);
        if (put < 0 && errno != EINTR) {
            writer->failed = 1;
            return fail(writer, errno);
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

/* --- commit --- */

/* 0 or an errno; on Linux the descriptor is gone either way. */
static int close_fd(int *fd) {
    const int failed = *fd >= 0 && neural_file_call_close(*fd) && errno != EINTR;
    *fd = -1;
    return failed ? errno : 0;
}

neural_status neural_file_writer_commit(neural_file_writer *writer) {
    NEURAL_TRY(require_open(writer));
    NEURAL_TRY(flush(writer));
    int error = neural_file_sync(writer->fd);
    const int close_error = close_fd(&writer->fd);
    error = error ? error : close_error;
    if (!error && writer->temp[0]) {
        error = neural_file_call_rename(writer->dir_fd, writer->temp, writer->name) ? errno : 0;
        if (!error) {
            writer->temp[0] = '\0';
            error = neural_file_sync(writer->dir_fd);
        }
    }
    return error ? fail(writer, error) : NEURAL_OK;
}

void neural_file_writer_destroy(neural_file_writer *writer) {
    if (!writer) {
        return;
    }
    close_fd(&writer->fd);
    if (writer->temp[0]) {
        neural_file_call_remove(writer->dir_fd, writer->temp);
    }
    close_fd(&writer->dir_fd);
    neural_free(writer->target);
    neural_free(writer->path);
    neural_free(writer);
}
