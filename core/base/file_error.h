/* "PATH: reason" from an errno. Only for the library itself. */
#ifndef CORE_BASE_FILE_ERROR_H_
#define CORE_BASE_FILE_ERROR_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

neural_status neural_file_error(neural_status code, const char *path, int error);

/* 0 or an errno. What cannot be synced at all (a pipe, some file systems) is no failure. */
int neural_file_sync(int fd);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_FILE_ERROR_H_ */
