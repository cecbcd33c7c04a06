/* An endless CSV text, a piece at a time. Every piece begins with the text's first line, so that a
 * header, or its absence, is found in each; the lines behind it are new. */
#ifndef CLI_STREAM_H_
#define CLI_STREAM_H_

#include "api/neural_api.h"

typedef struct cli_stream {
    int in;            /* file descriptor read from */
    char *text;        /* the current piece, then what was read beyond it */
    size_t bytes;      /* held in text */
    size_t capacity;   /* of text */
    size_t piece;      /* bytes of the current piece */
    size_t head;       /* bytes of the first line; 0 before the first piece */
    int64_t new_lines; /* of the current piece */
    int64_t old_lines; /* of the pieces before it */
    int ended;         /* nothing is left to read */
} cli_stream;

/* Reads until there is a whole new line. *has_more = 0 at the end of the text: the piece is empty.
 * NEURAL_ERR_DATA for a line of more than 16 MiB. */
neural_status cli_stream_next(cli_stream *stream, int *has_more);

/* The line of the whole text that is line `line` of the current piece. */
int64_t cli_stream_line(const cli_stream *stream, int64_t line);

/* Accepts a zeroed one. */
void cli_stream_free(cli_stream *stream);

#endif /* CLI_STREAM_H_ */
