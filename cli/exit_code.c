#include "cli/exit_code.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static cli_exit_code of_config(neural_status status) {
    return status == NEURAL_ERR_OUT_OF_MEMORY || status == NEURAL_ERR_INTERNAL ? CLI_RUNTIME
                                                                               : CLI_CONFIG;
}

static cli_exit_code of_data(neural_status status) {
    switch (status) {
    case NEURAL_ERR_FILE_NOT_FOUND:
    case NEURAL_ERR_FILE_READ:
    case NEURAL_ERR_DATA:
    case NEURAL_ERR_NAN_DETECTED:
    case NEURAL_ERR_INF_DETECTED:
    case NEURAL_ERR_SHAPE_MISMATCH:
    case NEURAL_ERR_DIM_MISMATCH:
    case NEURAL_ERR_TENSOR_TOO_LARGE:
        return CLI_DATA;
    case NEURAL_ERR_INVALID_CONFIG:
    case NEURAL_ERR_PARSE_ERROR:
    case NEURAL_ERR_INVALID_ARGUMENT:
        return CLI_CONFIG;
    default:
        return CLI_RUNTIME;
    }
}

static cli_exit_code of_computing(neural_status status) {
    switch (status) {
    case NEURAL_ERR_NAN_DETECTED:
    case NEURAL_ERR_INF_DETECTED:
        return CLI_NUMERIC;
    case NEURAL_ERR_INTERRUPTED:
        return CLI_INTERRUPTED;
    default:
        return CLI_RUNTIME;
    }
}

cli_exit_code cli_exit_code_of(cli_place place, neural_status status) {
    switch (place) {
    case CLI_PLACE_CONFIG:
        return of_config(status);
    case CLI_PLACE_DATA:
        return of_data(status);
    case CLI_PLACE_COMPUTING:
        return of_computing(status);
    case CLI_PLACE_MODEL_FILE:
        break;
    }
    return CLI_RUNTIME;
}

void cli_complain(const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *at = text; length > 0 && *at; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = '?'; /* paths may hold anything; an error is one line */
        }
    }
    fflush(stdout);
    fprintf(stderr, "neural: %s\n", length > 0 ? text : "");
}

int cli_fail(cli_place place, neural_status status) {
    const int is_its_text = neural_last_error_code() == status && neural_last_error()[0];
    cli_complain("%s", is_its_text ? neural_last_error() : neural_status_message(status));
    return cli_exit_code_of(place, status);
}

int cli_finish_stdout(int exit_code) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return exit_code;
    }
    if (exit_code == CLI_INTERRUPTED) {
        return exit_code; /* by that, if not by a signal; it is said already */
    }
    cli_complain("standard output: %s", errno ? strerror(errno) : "could not be written");
    return exit_code == CLI_OK ? CLI_RUNTIME : exit_code;
}
