/* Reading "Sequential(Name(argument, name=argument), ...)" call by call. Only for the config
 * library. */
#ifndef MODEL_ARCHITECTURE_CALL_H_
#define MODEL_ARCHITECTURE_CALL_H_

#include <stdint.h>

#include "model/text.h"

enum { NEURAL_CALL_ARGUMENTS = 4, NEURAL_CALL_BYTES = 32 };

typedef struct neural_call_reader {
    const char *at;
    int number; /* calls read */
} neural_call_reader;

typedef struct neural_call {
    int number; /* from 1 */
    char name[NEURAL_CALL_BYTES];
    char argument[NEURAL_CALL_ARGUMENTS][NEURAL_CALL_BYTES]; /* "8" or "bias=false" */
    int arguments;
} neural_call;

/* Checks "Sequential(" at the beginning. */
neural_status neural_call_open(const char *text, neural_call_reader *out);

/* The next call; name is "" behind the last one, when the text ends with ")". */
neural_status neural_call_next(neural_call_reader *reader, neural_call *out);

/* in_features and out_features of a Linear(in, out[, bias=...]). */
neural_status neural_call_linear(const neural_call *call, int64_t *in, int64_t *out);

/* The arguments in the words of a layers line, each behind a blank; without Linear's sizes. */
void neural_call_add_arguments(const neural_call *call, neural_text *network);

#endif /* MODEL_ARCHITECTURE_CALL_H_ */
