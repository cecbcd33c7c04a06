/* Reading a layers line "linear 256 | relu | dropout p=0.2" call by call, and the arguments of a
 * call. Errors begin with "layer 3 (dropout): ". Only for the model library. */
#ifndef MODEL_LAYER_CALL_H_
#define MODEL_LAYER_CALL_H_

#include <stdint.h>

#include "core/base/status.h"

enum { NEURAL_LAYER_ARGUMENTS = 8, NEURAL_LAYER_MAX_CALLS = 10000 };

typedef struct neural_layer_argument {
    const char *name; /* NULL: by position */
    const char *value;
    int used;
} neural_layer_argument;

typedef struct neural_layer_call {
    int number; /* from 1 */
    const char *word;
    neural_layer_argument argument[NEURAL_LAYER_ARGUMENTS];
    int count;
} neural_layer_call;

typedef struct neural_layer_line {
    char *text, *next; /* text is owned; next is NULL behind the last call */
    int number;
} neural_layer_line;

neural_status neural_layer_line_open(const char *text, neural_layer_line *out);
void neural_layer_line_close(neural_layer_line *line);

/* Strings are valid until close. word is NULL behind the last call. */
neural_status neural_layer_line_next(neural_layer_line *line, neural_layer_call *out);

/* Argument i by position or by name. When it is missing, *value stays as it is if optional. */
neural_status neural_layer_int(neural_layer_call *call, int i, const char *name, int64_t min,
                               int64_t max, int64_t *value);
neural_status neural_layer_float(neural_layer_call *call, int i, const char *name, int optional,
                                 double *value);
neural_status neural_layer_bool(neural_layer_call *call, int i, const char *name, int *value);

/* Refuses arguments that nothing asked for. */
neural_status neural_layer_call_finish(const neural_layer_call *call);

#endif /* MODEL_LAYER_CALL_H_ */
