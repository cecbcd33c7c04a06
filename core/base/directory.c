#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/file_call.h"
#include "core/base/file_error.h"

int neural_file_sync(int fd) {
    const int error = neural_file_call_sync(fd) ? errno : 0;
    const int cannot = error == EINVAL || error == EROFS || error == ENOTSUP || error == EBADF;
    return cannot ? 0 : error;
}

neural_status neural_directory_sync(const char *path) {
    NEURAL_REQUIRE(path, NEURAL_ERR_NULL_POINTER, "directory_sync: path is NULL");
    const int fd = neural_file_call_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) { /* one that may be searched but not read can be used, though not synced */
        return errno == EACCES ? NEURAL_OK : neural_file_error(NEURAL_ERR_FILE_WRITE, path, errno);
    }
    const int error = neural_file_sync(fd);
    neural_file_call_close(fd);
    return error ? neural_file_error(NEURAL_ERR_FILE_WRITE, path, error) : NEURAL_OK;
}

/* path is cut behind its directory and mended. */
static neural_status sync_above(char *path) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    while (end > 0 && path[end - 1] != '/') {
        end--;
    }
    const char first = path[end];
    path[end] = '\0';
    const neural_status status = neural_directory_sync(end ? path : ".");
    path[end] = first;
    return status;
}

static neural_status create_one(char *path, int *is_new) {
    struct stat info;
    *is_new = neural_file_call_mkdir(path, 0777) == 0;
    if (*is_new) {
        return sync_above(path);
    }
    const int error = errno;
    if (neural_file_call_stat_path(path, &info)) {
        return neural_file_error(NEURAL_ERR_FILE_WRITE, path, error == EEXIST ? errno : error);
    }
    return S_ISDIR(info.st_mode) ? NEURAL_OK
                                 : neural_file_error(NEURAL_ERR_FILE_WRITE, path, ENOTDIR);
}

neural_status neural_directory_create(const char *path, int with_parents, int *is_new) {
    char name[PATH_MAX];
    int is_last_new = 0;
    NEURAL_REQUIRE(path, NEURAL_ERR_NULL_POINTER, "directory_create: path is NULL");
    NEURAL_REQUIRE(path[0], NEURAL_ERR_INVALID_ARGUMENT, "directory_create: path is empty");
    const size_t bytes = strlen(path) + 1;
    if (bytes > sizeof(name)) {
        return neural_file_error(NEURAL_ERR_FILE_WRITE, path, ENAMETOOLONG);
    }
    memcpy(name, path, bytes);
    for (char *slash = name; with_parents && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        NEURAL_TRY(create_one(name, &is_last_new));
        *slash = '/';
    }
    if (!with_parents || name[bytes - 2] != '/') {
        NEURAL_TRY(create_one(name, &is_last_new));
    }
    if (is_new) {
        *is_new = is_last_new;
    }
    return NEURAL_OK;
}
