/* The system calls behind files, where file_faults.h can interfere. Only for the library itself.
 *
 * Each is the call of its name: same arguments, results and errno. Where the system allows it they
 * are repeated after a signal (EINTR): only read, write and close report one. */
#ifndef CORE_BASE_FILE_CALL_H_
#define CORE_BASE_FILE_CALL_H_

#include <dirent.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- of a descriptor --- */

/* dir_fd may be AT_FDCWD, here and below; mode counts with O_CREAT. */
int neural_file_call_open(int dir_fd, const char *path, int flags, mode_t mode);
ssize_t neural_file_call_read(int fd, void *data, size_t bytes);
ssize_t neural_file_call_write(int fd, const void *data, size_t bytes);
int neural_file_call_sync(int fd);
int neural_file_call_close(int fd);
int neural_file_call_stat(int fd, struct stat *out);
int neural_file_call_chmod(int fd, mode_t mode);
int neural_file_call_truncate(int fd, off_t bytes);
/* A private mapping of the file, writable without changing it; MAP_FAILED. */
void *neural_file_call_map(int fd, size_t bytes);

/* --- of a name --- */

int neural_file_call_rename(int dir_fd, const char *from, const char *to);
int neural_file_call_remove(int dir_fd, const char *name);
int neural_file_call_link(const char *from, const char *to);
int neural_file_call_mkdir(const char *path, mode_t mode);
int neural_file_call_stat_path(const char *path, struct stat *out); /* follows links */
ssize_t neural_file_call_readlink(const char *path, char *out, size_t room);

/* --- of a directory --- */

/* opendir and readdir; NULL of the latter with errno 0 is the end. closedir cannot fail here. */
DIR *neural_file_call_list(int dir_fd, const char *path);
const struct dirent *neural_file_call_next(DIR *list);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_FILE_CALL_H_ */
