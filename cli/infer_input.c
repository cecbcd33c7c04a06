#include "cli/infer_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/paths.h"

/* Copies stdin into a file without a name: datasets are read from files, whose length is known. */
static neural_status spool_stdin(FILE **out) {
    char buffer[65536];
    size_t count;
    FILE *spool = tmpfile();
    NEURAL_REQUIRE(spool, NEURAL_ERR_FILE_WRITE, "standard input: no temporary file: %s",
                   strerror(errno));
    while ((count = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        fwrite(buffer, 1, count, spool);
    }
    if (ferror(stdin) || fflush(spool) != 0 || ferror(spool)) {
        fclose(spool);
        return neural_error(NEURAL_ERR_FILE_READ, "standard input: could not be read");
    }
    *out = spool;
    return NEURAL_OK;
}

static neural_status load_stdin(const neural_config *config, const neural_model *model,
                                const char *label_column, neural_dataset **out) {
    char path[64];
    FILE *spool = NULL;
    NEURAL_TRY(spool_stdin(&spool));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(spool));
    const neural_status status = neural_model_load_rows(model, config, path, label_column, out);
    fclose(spool);
    const size_t length = strlen(path);
    if (status && strncmp(neural_last_error(), path, length) == 0) {
        return neural_error(status, "standard input%s", neural_last_error() + length);
    }
    return status;
}

neural_status cli_load_input(const cli_options *options, const neural_config *config,
                             const neural_model *model, neural_dataset **out) {
    char path[CLI_PATH_BYTES];
    const char *input = cli_operand(options, 2);
    const char *label_file = neural_config_get_string(config, "data", "test_label_file", "");
    const char *column = neural_config_get_string(config, "data", "label_column", "");
    const char *label_column = *column ? column : NULL;
    if (input && strcmp(input, "-") == 0) {
        return load_stdin(config, model, label_column, out);
    }
    if (!input) {
        input = neural_config_get_string(config, "data", "test_file", NULL);
        NEURAL_REQUIRE(input && *input, NEURAL_ERR_INVALID_CONFIG,
                       "the config names no test data; expected INPUT, or [data] test_file");
        if (!label_column && !*label_file) {
            label_column = "-1"; /* where training finds it */
        }
    }
    NEURAL_TRY(cli_resolve_data((void *)cli_operand(options, 0), input, path, sizeof path));
    return neural_model_load_rows(model, config, path, label_column, out);
}
