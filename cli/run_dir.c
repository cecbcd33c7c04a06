#include "cli/run_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_code.h"

#define CONFIG_NAME "config.ini"
#define LOG_NAME "log.jsonl"
#define REPORT_NAME "report.json"

neural_status cli_run_dir_path(const cli_run_dir *dir, const char *name, char out[CLI_PATH_BYTES]) {
    NEURAL_REQUIRE(snprintf(out, CLI_PATH_BYTES, "%s/%s", dir->path, name) < CLI_PATH_BYTES,
                   NEURAL_ERR_INVALID_ARGUMENT, "%.100s...: the path is too long", dir->path);
    return NEURAL_OK;
}

/* --- before --- */

static neural_status check_earlier_run(const cli_run_dir *dir, const char *config_path,
                                       cli_run_dir_use use) {
    static const char *const names[] = {LOG_NAME, REPORT_NAME, CONFIG_NAME};
    char path[CLI_PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names && use == CLI_RUN_DIR_NEW; i++) {
        NEURAL_TRY(cli_run_dir_path(dir, names[i], path));
        NEURAL_REQUIRE(!cli_file_exists(path), NEURAL_ERR_FILE_WRITE,
                       "%s: is there from an earlier run; --resume goes on with it, --overwrite "
                       "begins anew, --run-dir takes another directory",
                       path);
    }
    NEURAL_TRY(cli_run_dir_path(dir, CONFIG_NAME, path));
    NEURAL_REQUIRE(use == CLI_RUN_DIR_RESUME || !cli_is_same_file(path, config_path),
                   NEURAL_ERR_FILE_WRITE, "%s: the config of the run would be overwritten", path);
    return NEURAL_OK;
}

neural_status cli_run_dir_open(const neural_config *config, const char *config_path,
                               cli_run_dir_use use, cli_run_dir *out) {
    cli_run_dir dir = {.path = neural_config_get_string(config, "logging", "run_dir", NULL)};
    if (dir.path) {
        NEURAL_TRY(neural_directory_create(dir.path, 1, &dir.is_new));
        NEURAL_TRY(check_earlier_run(&dir, config_path, use));
    }
    *out = dir;
    return NEURAL_OK;
}

static neural_status write_text(const cli_run_dir *dir, const char *name, const char *text) {
    char path[CLI_PATH_BYTES];
    neural_file_writer *writer = NULL;
    NEURAL_TRY(cli_run_dir_path(dir, name, path));
    NEURAL_TRY(neural_file_writer_create(path, &writer));
    neural_status status = neural_file_writer_write(writer, text, strlen(text));
    if (!status) {
        status = neural_file_writer_commit(writer);
    }
    neural_file_writer_destroy(writer);
    return status;
}

neural_status cli_run_dir_begin(cli_run_dir *dir, const neural_config *config,
                                const neural_trainer *trainer) {
    char *text = NULL;
    char path[CLI_PATH_BYTES];
    if (!dir->path) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_config_resolved(config, 0, &text));
    const neural_status status = write_text(dir, CONFIG_NAME, text);
    neural_text_free(text);
    NEURAL_TRY(status);
    NEURAL_TRY(cli_run_dir_path(dir, REPORT_NAME, path));
    unlink(path); /* it is of the run's end */
    NEURAL_TRY(cli_run_dir_path(dir, LOG_NAME, path));
    return neural_run_log_open(trainer, path, neural_version(),
                               neural_config_get_int(config, "logging", "log_every_steps", 0),
                               &dir->log);
}

/* --- while it runs, and at its end --- */

void cli_run_dir_add(cli_run_dir *dir, const neural_epoch_report *now) {
    if (dir->log && neural_run_log_add(dir->log, now)) {
        cli_complain("warning: %s; the run goes on without its log", neural_last_error());
        neural_run_log_close(dir->log);
        dir->log = NULL;
    }
}

neural_status cli_run_dir_end(const cli_run_dir *dir, const json_t *report) {
    if (!dir->path) {
        return NEURAL_OK;
    }
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    NEURAL_REQUIRE(text, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory for the report", dir->path);
    char *line = realloc(text, strlen(text) + 2);
    text = line ? strcat(line, "\n") : text;
    const neural_status status = write_text(dir, REPORT_NAME, text);
    free(text);
    return status;
}

void cli_run_dir_close(cli_run_dir *dir) {
    neural_run_log_close(dir->log);
    dir->log = NULL;
    if (dir->path && dir->is_new) {
        rmdir(dir->path); /* not when something is in it */
    }
}
