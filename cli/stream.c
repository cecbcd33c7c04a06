#include "cli/stream.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20, LONGEST_LINE = 1 << 24 };

/* --- whole lines --- */

/* Where the lines end that have begun at `start`: newlines within quotes end nothing. */
typedef struct line_ends {
    size_t first, last; /* behind the newline that ends a line that is not blank; 0 = none */
    int64_t filled;     /* lines that are not blank */
    int64_t newlines;   /* up to `last`, those in quotes included */
} line_ends;

static line_ends find_lines(const char *text, size_t start, size_t bytes) {
    line_ends found = {0};
    int in_quotes = 0, is_filled = 0;
    int64_t newlines = 0;
    for (size_t i = start; i < bytes; i++) {
        newlines += text[i] == '\n';
        in_quotes ^= text[i] == '"';
        if (text[i] != '\n' || in_quotes) {
            is_filled |= !isspace((unsigned char)text[i]);
        } else if (is_filled) {
            found.first = found.first ? found.first : i + 1;
            found.last = i + 1;
            found.newlines = newlines;
            found.filled++;
            is_filled = 0;
        }
    }
    return found;
}

static int has_text(const char *text, size_t start, size_t end) {
    while (start < end && isspace((unsigned char)text[start])) {
        start++;
    }
    return start < end;
}

/* --- reading --- */

static neural_status reserve(cli_stream *stream) {
    if (stream->capacity - stream->bytes >= READ_BYTES) {
        return NEURAL_OK;
    }
    const size_t capacity = stream->capacity ? 2 * stream->capacity : 2 * (size_t)READ_BYTES;
    NEURAL_REQUIRE(capacity <= 2 * (size_t)LONGEST_LINE, NEURAL_ERR_DATA,
                   "standard input: a line of more than %d MiB", LONGEST_LINE >> 20);
    char *text = realloc(stream->text, capacity);
    NEURAL_REQUIRE(text, NEURAL_ERR_OUT_OF_MEMORY, "standard input: out of memory");
    stream->text = text;
    stream->capacity = capacity;
    return NEURAL_OK;
}

static neural_status read_more(cli_stream *stream) {
    NEURAL_TRY(reserve(stream));
    ssize_t count;
    do {
        count = read(stream->in, stream->text + stream->bytes, READ_BYTES);
    } while (count < 0 && errno == EINTR);
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_FILE_READ, "standard input: %s", strerror(errno));
    stream->bytes += (size_t)count;
    stream->ended = count == 0;
    return NEURAL_OK;
}

static neural_status refuse_gzip(const cli_stream *stream) {
    NEURAL_REQUIRE(stream->bytes < 2 || memcmp(stream->text, "\x1f\x8b", 2) != 0, NEURAL_ERR_DATA,
                   "standard input: expected CSV text, found gzip; unpack it first (zcat)");
    return NEURAL_OK;
}

/* The first piece needs a line behind the first one, which may be a header. */
static neural_status fill(cli_stream *stream, size_t start, line_ends *ends) {
    const int wanted = stream->head ? 1 : 2;
    *ends = find_lines(stream->text, start, stream->bytes);
    while (ends->filled < wanted && !stream->ended) {
        const size_t old_bytes = stream->bytes;
        NEURAL_TRY(read_more(stream));
        NEURAL_TRY(stream->head ? NEURAL_OK : refuse_gzip(stream));
        if (memchr(stream->text + old_bytes, '\n', stream->bytes - old_bytes)) {
            *ends = find_lines(stream->text, start, stream->bytes);
        }
    }
    return NEURAL_OK;
}

neural_status cli_stream_next(cli_stream *stream, int *has_more) {
    line_ends ends;
    stream->old_lines += stream->new_lines;
    stream->bytes -= stream->piece - (stream->piece ? stream->head : 0);
    if (stream->piece) {
        memmove(stream->text + stream->head, stream->text + stream->piece,
                stream->bytes - stream->head);
    }
    const size_t start = stream->head;
    NEURAL_TRY(fill(stream, start, &ends));
    stream->piece = stream->ended ? stream->bytes : ends.last;
    stream->new_lines = ends.newlines;
    *has_more = has_text(stream->text, start, stream->piece);
    if (!stream->head) {
        stream->head = ends.first;
    }
    return NEURAL_OK;
}

int64_t cli_stream_line(const cli_stream *stream, int64_t line) {
    int64_t head_lines = 0;
    for (size_t i = 0; i < stream->head; i++) {
        head_lines += stream->text[i] == '\n';
    }
    return stream->old_lines && line > head_lines ? line - head_lines + stream->old_lines : line;
}

void cli_stream_free(cli_stream *stream) {
    free(stream->text);
    *stream = (cli_stream){0};
}
