/* Whole files: bounded reading, and writing that never leaves a half-written file. */
#ifndef CORE_BASE_FILE_H_
#define CORE_BASE_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A view of a whole regular file: mapped from 4 MiB on, else read into memory. What is written into
 * either stays in this process (pages are copied on write). */
typedef struct neural_file_view {
    const char *data;
    size_t bytes;
    int mapped;
} neural_file_view;

/* NEURAL_ERR_FILE_NOT_FOUND when absent, NEURAL_ERR_FILE_READ for a directory, a FIFO or an I/O
 * error; the text is "PATH: reason". An empty file is legal (bytes == 0). */
neural_status neural_file_view_open(const char *path, neural_file_view *out);
void neural_file_view_close(neural_file_view *view);

/* Atomic replacement: bytes go to a temporary file in the same directory, which is fsynced and
 * renamed over `path` by commit (then the directory is fsynced); anything else, also destroy
 * without commit, leaves `path` as it was and removes the temporary; what a killed process left of
 * that kind goes with the next create in its directory. Short writes and EINTR are
 * handled; a full disk, a size limit or a closed pipe is NEURAL_ERR_FILE_WRITE, "PATH: reason". An
 * existing file keeps its mode; a symbolic link is written through; a device or FIFO is written in
 * place. */
typedef struct neural_file_writer neural_file_writer;
NEURAL_API neural_status neural_file_writer_create(const char *path, neural_file_writer **out);
NEURAL_API neural_status neural_file_writer_write(neural_file_writer *writer, const void *data,
                                                  size_t bytes);
/* After commit, failed or not, only destroy may be called. */
NEURAL_API neural_status neural_file_writer_commit(neural_file_writer *writer);
NEURAL_API void neural_file_writer_destroy(neural_file_writer *writer);

/* Makes a directory, with_parents also those above it; one that is there is good. The directory of
 * each new name is synced, so that a power loss does not take the name away. is_new may be NULL: 1
 * when the last one was not there. NEURAL_ERR_FILE_WRITE, "PATH: reason". */
neural_status neural_directory_create(const char *path, int with_parents, int *is_new);
/* After names in it changed; what cannot be synced at all is no failure. */
neural_status neural_directory_sync(const char *path);

/* write(2) that never kills: beyond the file size limit, or to a pipe nobody reads, it fails. */
int64_t neural_write_unkilled(int fd, const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_FILE_H_ */
