#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1024 };

static _Thread_local struct {
    neural_status code;
    char text[TEXT_BYTES];
} last_error;

static const char *const messages[] = {
    [NEURAL_OK] = "No error",
    [NEURAL_ERR_NULL_POINTER] = "Null pointer dereference",
    [NEURAL_ERR_OUT_OF_MEMORY] = "Out of memory",
    [NEURAL_ERR_INVALID_ARGUMENT] = "Invalid argument",
    [NEURAL_ERR_SHAPE_MISMATCH] = "Shape mismatch in tensor operation",
    [NEURAL_ERR_DTYPE_MISMATCH] = "Data type mismatch",
    [NEURAL_ERR_FILE_NOT_FOUND] = "File not found",
    [NEURAL_ERR_FILE_READ] = "Error reading file",
    [NEURAL_ERR_FILE_WRITE] = "Error writing file",
    [NEURAL_ERR_PARSE_ERROR] = "Parse error in configuration",
    [NEURAL_ERR_INVALID_CONFIG] = "Invalid configuration value",
    [NEURAL_ERR_TENSOR_TOO_LARGE] = "Tensor size exceeds maximum",
    [NEURAL_ERR_INVALID_DTYPE] = "Invalid data type specified",
    [NEURAL_ERR_DIM_MISMATCH] = "Dimension mismatch in operation",
    [NEURAL_ERR_NOT_IMPLEMENTED] = "Feature not implemented",
    [NEURAL_ERR_INTERNAL] = "Internal error",
    [NEURAL_ERR_GRAD_CHECK] = "Gradient check failed",
    [NEURAL_ERR_NAN_DETECTED] = "NaN detected in computation",
    [NEURAL_ERR_INF_DETECTED] = "Infinity detected in computation",
    [NEURAL_ERR_INTERRUPTED] = "Interrupted",
    [NEURAL_ERR_DATA] = "Invalid data",
};

neural_status neural_last_error_code(void) {
    return last_error.code;
}

const char *neural_last_error(void) {
    return last_error.text;
}

void neural_clear_error(void) {
    last_error.code = NEURAL_OK;
    last_error.text[0] = '\0';
}

const char *neural_status_message(int code) {
    const int known = code >= 0 && code < (int)(sizeof(messages) / sizeof(messages[0]));
    return messages[known ? code : NEURAL_ERR_INTERNAL];
}

/* Built aside: the arguments may point into the text of the last error. */
neural_status neural_error(neural_status code, const char *format, ...) {
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    last_error.code = code;
    memcpy(last_error.text, length < 0 ? "" : text, length < 0 ? 1 : strlen(text) + 1);
    return code;
}

neural_status neural_error_prefix(const char *format, ...) {
    char prefix[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(prefix, sizeof(prefix), format, args);
    va_end(args);
    return neural_error(last_error.code, "%s: %s", length < 0 ? "" : prefix, last_error.text);
}
