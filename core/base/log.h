/* Log hook: the library itself never prints; it hands lines to a function of the user's. */
#ifndef CORE_BASE_LOG_H_
#define CORE_BASE_LOG_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_log_level {
    NEURAL_LOG_DEBUG = 0,
    NEURAL_LOG_INFO = 1,
    NEURAL_LOG_WARNING = 2,
    NEURAL_LOG_ERROR = 3
} neural_log_level;

/* Receives one line without newline. Called on the thread that logs. */
typedef void (*neural_log_function)(void *context, neural_log_level level, const char *line);

/* Installs the receiver of lines of at least `level`; NULL switches logging off (the default). */
NEURAL_API void neural_set_log(neural_log_function function, void *context, neural_log_level level);

/* Formats (at most 1023 bytes) and hands on; costs one comparison when nobody listens. */
void neural_log_write(neural_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_LOG_H_ */
