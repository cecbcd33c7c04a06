#define _GNU_SOURCE
#include "cli/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory with the current piece: datasets are read from files. */
static neural_status spool(const cli_stream *stream, int *out) {
    const int file = memfd_create("neural_stdin", MFD_CLOEXEC);
    NEURAL_REQUIRE(file >= 0, NEURAL_ERR_FILE_WRITE, "standard input: no file in memory: %s",
                   strerror(errno));
    for (size_t at = 0; at < stream->piece;) {
        const ssize_t count = write(file, stream->text + at, stream->piece - at);
        if (count < 0 && errno != EINTR) {
            const int error = errno;
            close(file);
            return neural_error(NEURAL_ERR_FILE_WRITE, "standard input: %s", strerror(error));
        }
        at += count > 0 ? (size_t)count : 0;
    }
    *out = file;
    return NEURAL_OK;
}

/* Words the last error, which names a file in memory, as one of stdin with its own lines. */
static neural_status reword(const cli_stream *stream, const char *path, neural_status status) {
    char text[1024];
    const size_t length = strlen(path);
    if (strncmp(neural_last_error(), path, length) != 0) {
        return status;
    }
    snprintf(text, sizeof text, "%s", neural_last_error() + length);
    char *rest = text;
    const long long line = text[0] == ':' ? strtoll(text + 1, &rest, 10) : 0;
    return line > 0 ? neural_error(status, "standard input:%lld%s",
                                   (long long)cli_stream_line(stream, line), rest)
                    : neural_error(status, "standard input%s", text);
}

neural_status cli_spool_load(const cli_stream *stream, cli_spool_loader *load, void *context,
                             neural_dataset **out) {
    char path[64];
    int file = -1;
    NEURAL_TRY(spool(stream, &file));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const neural_status status = load(context, path, out);
    close(file);
    return status ? reword(stream, path, status) : NEURAL_OK;
}
