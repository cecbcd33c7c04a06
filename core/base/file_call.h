/* The system calls behind files, where file_faults.h can interfere. Only for core/base.
 *
 * Each is the call of its name: same arguments, results and errno. Where the system allows it they
 * are repeated after a signal (EINTR): only read, write and close report one. */
#ifndef CORE_BASE_FILE_CALL_H_
#define CORE_BASE_FILE_CALL_H_

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* dir_fd may be AT_FDCWD; mode counts with O_CREAT. */
int file_call_open(int dir_fd, const char *path, int flags, mode_t mode);
ssize_t file_call_read(int fd, void *data, size_t bytes);
ssize_t file_call_write(int fd, const void *data, size_t bytes);
int file_call_sync(int fd);
int file_call_rename(int dir_fd, const char *from, const char *to);
int file_call_close(int fd);
int file_call_remove(int dir_fd, const char *name);
int file_call_stat(int fd, struct stat *out);
int file_call_chmod(int fd, mode_t mode);
/* A private mapping of the file, writable without changing it; MAP_FAILED. */
void *file_call_map(int fd, size_t bytes);

#endif /* CORE_BASE_FILE_CALL_H_ */
