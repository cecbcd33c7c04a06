/* Exit codes, and the one line that an error is told in. */
#ifndef CLI_EXIT_CODE_H_
#define CLI_EXIT_CODE_H_

#include "api/neural_api.h"

typedef enum cli_exit_code {
    CLI_OK = 0,
    CLI_RUNTIME = 1,      /* a model file, an output, memory, a failed self test */
    CLI_USAGE = 2,        /* the command line itself */
    CLI_CONFIG = 3,       /* the config file, or what it asks for */
    CLI_DATA = 4,         /* a data file */
    CLI_NUMERIC = 5,      /* NaN or infinity while computing */
    CLI_INTERRUPTED = 130 /* SIGINT, SIGTERM, SIGHUP or a closed pipe: 128 + SIGINT, as in shells */
} cli_exit_code;

/* What the program was doing: the same status means different things in different places. */
typedef enum cli_place {
    CLI_PLACE_CONFIG = 0,
    CLI_PLACE_DATA = 1,
    CLI_PLACE_MODEL_FILE = 2,
    CLI_PLACE_COMPUTING = 3
} cli_place;

cli_exit_code cli_exit_code_of(cli_place place, neural_status status);

/* Prints "neural: " and the text as one line to stderr. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the library's last error; returns the exit code. */
int cli_fail(cli_place place, neural_status status);

/* Flushes stdout: CLI_RUNTIME, and said so, when something of it could not be written. */
int cli_finish_stdout(int exit_code);

#endif /* CLI_EXIT_CODE_H_ */
