/* "PATH: reason" from an errno. Only for core/base. */
#ifndef CORE_BASE_FILE_ERROR_H_
#define CORE_BASE_FILE_ERROR_H_

#include "core/base/status.h"

neural_status neural_file_error(neural_status code, const char *path, int error);

#endif /* CORE_BASE_FILE_ERROR_H_ */
