/* Reading a layers line "linear 256 | relu | residual { linear 256 | relu }" call by call, and the
 * arguments and blocks of a call. Errors begin with "layer 3 (dropout): "; inside a block
 * "layer 3.2 (dropout): ". Only for the model library. */
#ifndef MODEL_LAYER_CALL_H_
#define MODEL_LAYER_CALL_H_

#include <stdint.h>

#include "core/base/status.h"

enum {
    NEURAL_LAYER_ARGUMENTS = 8,
    NEURAL_LAYER_BLOCKS = 8,
    NEURAL_LAYER_MAX_DEPTH = 8, /* of blocks in blocks */
    NEURAL_LAYER_MAX_CALLS = 10000
};

typedef struct neural_layer_argument {
    const char *name; /* NULL: by position */
    const char *value;
    int used;
} neural_layer_argument;

typedef struct neural_layer_call {
    int number; /* from 1, within its block */
    const char *word;
    neural_layer_argument argument[NEURAL_LAYER_ARGUMENTS];
    int count;
    char *block[NEURAL_LAYER_BLOCKS]; /* what stands between { and } */
    int blocks, blocks_used;
} neural_layer_call;

typedef struct neural_layer_line {
    char *text, *next; /* text is owned; next is NULL behind the last call */
    int number;
} neural_layer_line;

/* Of block `i` of a call: nothing to close; once per block. */
neural_layer_line neural_layer_block_line(neural_layer_call *call, int i);

neural_status neural_layer_line_open(const char *text, neural_layer_line *out);
void neural_layer_line_close(neural_layer_line *line);

/* Strings are valid until close. word is NULL behind the last call. */
neural_status neural_layer_line_next(neural_layer_line *line, neural_layer_call *out);

/* Argument i by position or by name. When it is missing, *value stays as it is if optional. */
neural_status neural_layer_int(neural_layer_call *call, int i, const char *name, int64_t min,
                               int64_t max, int64_t *value);
neural_status neural_layer_float(neural_layer_call *call, int i, const char *name, int optional,
                                 double *value);
/* The argument as it stands there; NULL when it is missing. */
neural_status neural_layer_text(neural_layer_call *call, int i, const char *name,
                                const char **value);
neural_status neural_layer_bool(neural_layer_call *call, int i, const char *name, int *value);

/* From min to max blocks, or "layer 2 (residual): 3 blocks { ... }, expected 1 to 2". */
neural_status neural_layer_blocks(const neural_layer_call *call, int min, int max);

/* Refuses arguments and blocks that nothing asked for. */
neural_status neural_layer_call_finish(const neural_layer_call *call);

#endif /* MODEL_LAYER_CALL_H_ */
