#define _GNU_SOURCE
#include "core/base/file_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/file_faults.h"

static neural_file_fault planned; /* read only while armed */
static int64_t seen;              /* operations of its kinds so far */
static int armed;

void neural_file_fault_set(const neural_file_fault *fault) {
    __atomic_store_n(&armed, 0, __ATOMIC_SEQ_CST);
    if (fault) {
        planned = *fault;
        __atomic_store_n(&seen, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&armed, 1, __ATOMIC_SEQ_CST);
    }
}

int64_t neural_file_fault_seen(void) {
    return __atomic_load_n(&seen, __ATOMIC_SEQ_CST);
}

/* The fault that this operation meets, or NULL. */
static const neural_file_fault *meet(unsigned operation) {
    if (!__atomic_load_n(&armed, __ATOMIC_ACQUIRE) || !(planned.operations & operation)) {
        return NULL;
    }
    const int64_t n = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    const int is_met = planned.at > 0 && (planned.lasts ? n >= planned.at : n == planned.at);
    return is_met ? &planned : NULL;
}

/* 1: the operation is not to be done, errno says why. */
static int is_stopped(const neural_file_fault *fault) {
    if (fault && (fault->effect == NEURAL_FILE_KILLS || fault->effect == NEURAL_FILE_SHORT_KILLS)) {
        _exit(NEURAL_FILE_KILLED);
    }
    if (fault && fault->effect == NEURAL_FILE_FAILS) {
        errno = fault->error;
        return 1;
    }
    return 0;
}

/* A read or write that moves half of its bytes, and may be the last thing this process does. */
static int is_short(const neural_file_fault *fault) {
    return fault &&
           (fault->effect == NEURAL_FILE_SHORT || fault->effect == NEURAL_FILE_SHORT_KILLS);
}

static size_t half(size_t bytes) {
    return bytes > 1 ? bytes / 2 : bytes;
}

static ssize_t survived(const neural_file_fault *fault, ssize_t moved) {
    if (fault && fault->effect == NEURAL_FILE_SHORT_KILLS) {
        _exit(NEURAL_FILE_KILLED);
    }
    return moved;
}

int neural_file_call_open(int dir_fd, const char *path, int flags, mode_t mode) {
    int fd;
    do {
        fd = is_stopped(meet(NEURAL_FILE_OPEN)) ? -1 : openat(dir_fd, path, flags, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

ssize_t neural_file_call_read(int fd, void *data, size_t bytes) {
    const neural_file_fault *fault = meet(NEURAL_FILE_READ);
    if (is_short(fault)) {
        return survived(fault, read(fd, data, half(bytes)));
    }
    return is_stopped(fault) ? -1 : read(fd, data, bytes);
}

ssize_t neural_file_call_write(int fd, const void *data, size_t bytes) {
    const neural_file_fault *fault = meet(NEURAL_FILE_WRITE);
    if (is_short(fault)) {
        return survived(fault, write(fd, data, half(bytes)));
    }
    return is_stopped(fault) ? -1 : write(fd, data, bytes);
}

int neural_file_call_sync(int fd) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_SYNC)) ? -1 : fsync(fd);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_rename(int dir_fd, const char *from, const char *to) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_RENAME)) ? -1 : renameat(dir_fd, from, dir_fd, to);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_close(int fd) {
    const neural_file_fault *fault = meet(NEURAL_FILE_CLOSE);
    if (is_stopped(fault)) {
        close(fd);
        errno = fault->error;
        return -1;
    }
    return close(fd);
}

int neural_file_call_remove(int dir_fd, const char *name) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_REMOVE)) ? -1 : unlinkat(dir_fd, name, 0);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_stat(int fd, struct stat *out) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_STATUS)) ? -1 : fstat(fd, out);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_chmod(int fd, mode_t mode) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_STATUS)) ? -1 : fchmod(fd, mode);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_truncate(int fd, off_t bytes) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_TRUNCATE)) ? -1 : ftruncate(fd, bytes);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_link(const char *from, const char *to) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_LINK)) ? -1 : link(from, to);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_mkdir(const char *path, mode_t mode) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_MKDIR)) ? -1 : mkdir(path, mode);
    } while (result && errno == EINTR);
    return result;
}

int neural_file_call_stat_path(const char *path, struct stat *out) {
    int result;
    do {
        result = is_stopped(meet(NEURAL_FILE_STATUS)) ? -1 : stat(path, out);
    } while (result && errno == EINTR);
    return result;
}

ssize_t neural_file_call_readlink(const char *path, char *out, size_t room) {
    ssize_t length;
    do {
        length = is_stopped(meet(NEURAL_FILE_STATUS)) ? -1 : readlink(path, out, room);
    } while (length < 0 && errno == EINTR);
    return length;
}

DIR *neural_file_call_list(int dir_fd, const char *path) {
    const int fd = neural_file_call_open(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list && fd >= 0) {
        const int error = errno;
        close(fd);
        errno = error;
    }
    return list;
}

const struct dirent *neural_file_call_next(DIR *list) {
    const struct dirent *entry;
    do {
        errno = 0;
        entry = is_stopped(meet(NEURAL_FILE_LIST)) ? NULL : readdir(list);
    } while (!entry && errno == EINTR);
    return entry;
}

void *neural_file_call_map(int fd, size_t bytes) {
    if (is_stopped(meet(NEURAL_FILE_MAP))) {
        return MAP_FAILED;
    }
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
}
