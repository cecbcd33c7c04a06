/* Status codes and the detailed last error of the calling thread.
 *
 * Every function that can fail returns a neural_status and writes its results through its last
 * pointers only on success. The detail text names what was expected and what was found. */
#ifndef CORE_BASE_STATUS_H_
#define CORE_BASE_STATUS_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks a function as part of the public interface: exported from libneural.so. */
#define NEURAL_API __attribute__((visibility("default")))

typedef enum neural_status {
    NEURAL_OK = 0,
    NEURAL_ERR_NULL_POINTER = 1,
    NEURAL_ERR_OUT_OF_MEMORY = 2,
    NEURAL_ERR_INVALID_ARGUMENT = 3,
    NEURAL_ERR_SHAPE_MISMATCH = 4,
    NEURAL_ERR_DTYPE_MISMATCH = 5,
    NEURAL_ERR_FILE_NOT_FOUND = 6,
    NEURAL_ERR_FILE_READ = 7,
    NEURAL_ERR_FILE_WRITE = 8,
    NEURAL_ERR_PARSE_ERROR = 9,
    NEURAL_ERR_INVALID_CONFIG = 10,
    NEURAL_ERR_TENSOR_TOO_LARGE = 11,
    NEURAL_ERR_INVALID_DTYPE = 12,
    NEURAL_ERR_DIM_MISMATCH = 13,
    NEURAL_ERR_NOT_IMPLEMENTED = 14,
    NEURAL_ERR_INTERNAL = 15,
    NEURAL_ERR_GRAD_CHECK = 16,
    NEURAL_ERR_NAN_DETECTED = 17,
    NEURAL_ERR_INF_DETECTED = 18,
    NEURAL_ERR_INTERRUPTED = 19, /* a stop was requested; nothing is broken */
    NEURAL_ERR_DATA = 20         /* a data file is readable but its content is refused */
} neural_status;

/* The calling thread's last error: its code, and its text ("" when none). The text stays valid
 * until the next failing call on the same thread. A succeeding call does not clear it. */
NEURAL_API neural_status neural_last_error_code(void);
NEURAL_API const char *neural_last_error(void);

/* Forgets the calling thread's last error. */
NEURAL_API void neural_clear_error(void);

/* One sentence for a code ("Null pointer dereference"); "Internal error" for an unknown code. */
NEURAL_API const char *neural_status_message(int code);

/* Records code and the formatted text (truncated to 1023 bytes) as the last error; returns code. */
NEURAL_API neural_status neural_error(neural_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of the last error's text and returns its code: for callers that know
 * the place (a file, a layer) where a callee failed. */
neural_status neural_error_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* At a public door: fails with code and text unless condition holds. */
#define NEURAL_REQUIRE(condition, code, ...)                                                       \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            return neural_error((code), __VA_ARGS__);                                              \
        }                                                                                          \
    } while (0)

/* Forwards a failing status. */
#define NEURAL_TRY(expression)                                                                     \
    do {                                                                                           \
        const neural_status try_status = (expression);                                             \
        if (__builtin_expect(try_status != 0, 0)) {                                                \
            return try_status;                                                                     \
        }                                                                                          \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_STATUS_H_ */
