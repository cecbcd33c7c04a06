#define _GNU_SOURCE
#include "cli/infer_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- stdin --- */

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

static neural_status load_piece(const cli_input *input, neural_dataset **out) {
    char path[64];
    int file = -1;
    NEURAL_TRY(spool(&input->stream, &file));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const neural_status status =
        neural_model_load_rows(input->model, input->config, path, input->label_column, out);
    close(file);
    return status ? reword(&input->stream, path, status) : NEURAL_OK;
}

static neural_status next_piece(cli_input *input, neural_dataset **out, int64_t *skip) {
    int has_more = 0;
    NEURAL_TRY(cli_stream_next(&input->stream, &has_more));
    NEURAL_REQUIRE(has_more || input->pieces, NEURAL_ERR_DATA,
                   "standard input: expected rows of numbers, found nothing");
    if (!has_more) {
        *out = NULL;
        return NEURAL_OK;
    }
    NEURAL_TRY(load_piece(input, out));
    *skip = input->pieces > 0 && !neural_dataset_feature_name(*out, 0);
    input->pieces++;
    return NEURAL_OK;
}

/* --- any input --- */

neural_status cli_input_open(const cli_options *options, const neural_config *config,
                             const neural_model *model, cli_input *out) {
    const char *input = cli_operand(options, 2);
    const char *label_file = neural_config_get_string(config, "data", "test_label_file", "");
    const char *column = neural_config_get_string(config, "data", "label_column", "");
    *out = (cli_input){.config = config, .model = model, .label_column = *column ? column : NULL};
    out->stream.in = STDIN_FILENO;
    if (input && strcmp(input, "-") == 0) {
        return NEURAL_OK;
    }
    if (!input) {
        input = neural_config_get_string(config, "data", "test_file", NULL);
        NEURAL_REQUIRE(input && *input, NEURAL_ERR_INVALID_CONFIG,
                       "the config names no test data; expected INPUT, or [data] test_file");
        if (!out->label_column && !*label_file) {
            out->label_column = "-1"; /* where training finds it */
        }
    }
    return cli_resolve_data((void *)cli_operand(options, 0), input, out->path, sizeof out->path);
}

neural_status cli_input_next(cli_input *input, neural_dataset **out, int64_t *skip) {
    *skip = 0;
    if (!input->path[0]) {
        return next_piece(input, out, skip);
    }
    if (input->pieces++) {
        *out = NULL;
        return NEURAL_OK;
    }
    return neural_model_load_rows(input->model, input->config, input->path, input->label_column,
                                  out);
}

void cli_input_close(cli_input *input) {
    cli_stream_free(&input->stream);
}
