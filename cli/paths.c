#include "cli/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".safetensors"

static neural_status too_long(const char *path) {
    return neural_error(NEURAL_ERR_INVALID_ARGUMENT, "%.100s...: the path is too long", path);
}

int cli_file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

int64_t cli_file_bytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

int cli_is_same_file(const char *path, const char *other) {
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Length of the directory part with its slash; 0 when there is none. */
static int directory_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path) + 1 : 0;
}

neural_status cli_resolve_data(void *context, const char *path, char *out, int64_t bytes) {
    const char *config_path = context;
    const int prefix = path[0] == '/' ? 0 : directory_length(config_path);
    NEURAL_REQUIRE(snprintf(out, (size_t)bytes, "%s", path) < bytes, NEURAL_ERR_INVALID_ARGUMENT,
                   "%.100s...: the path is too long", path);
    if (prefix == 0 || cli_file_exists(path)) {
        return NEURAL_OK;
    }
    const int length = snprintf(out, (size_t)bytes, "%.*s%s", prefix, config_path, path);
    if (length >= bytes) {
        return too_long(path);
    }
    NEURAL_REQUIRE(cli_file_exists(out), NEURAL_ERR_FILE_NOT_FOUND,
                   "%s: no such file here, nor beside the config (%s)", path, out);
    return NEURAL_OK;
}

neural_status cli_beside_path(const char *config_path, const char *given, const char *suffix,
                              char out[CLI_PATH_BYTES]) {
    if (given && *given) {
        return snprintf(out, CLI_PATH_BYTES, "%s", given) < CLI_PATH_BYTES ? NEURAL_OK
                                                                           : too_long(given);
    }
    const char *name = config_path + directory_length(config_path);
    const char *dot = strrchr(name, '.');
    const int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    return snprintf(out, CLI_PATH_BYTES, "%.*s%s", stem, name, suffix) < CLI_PATH_BYTES
               ? NEURAL_OK
               : too_long(name);
}

neural_status cli_model_path(const neural_config *config, const char *config_path,
                             const char *given, char out[CLI_PATH_BYTES]) {
    const char *configured = neural_config_get_string(config, "logging", "save_model", NULL);
    return cli_beside_path(config_path, given ? given : configured, SUFFIX, out);
}

/* A safetensors file: 8 bytes of length, then a JSON object. */
int cli_is_model_file(const char *path) {
    char head[9] = "";
    FILE *file = fopen(path, "rb");
    if (!file) {
        return 0;
    }
    const size_t count = fread(head, 1, sizeof head, file);
    const int is_empty = count == 0 && !ferror(file); /* a directory cannot be read */
    fclose(file);
    return is_empty || (count == sizeof head && head[8] == '{');
}

/* Begins a file there and drops it: permissions alone promise nothing (root, read-only disks). */
static neural_status try_to_write(const char *path) {
    neural_file_writer *writer = NULL;
    NEURAL_TRY(neural_file_writer_create(path, &writer));
    neural_file_writer_destroy(writer);
    return NEURAL_OK;
}

neural_status cli_check_target(const char *path) {
    char directory[CLI_PATH_BYTES];
    struct stat info;
    const int prefix = directory_length(path);
    NEURAL_REQUIRE(path[prefix], NEURAL_ERR_FILE_WRITE, "%s: expected the name of a model file",
                   path);
    snprintf(directory, sizeof directory, "%.*s", prefix ? prefix : 2, prefix ? path : "./");
    NEURAL_REQUIRE(stat(directory, &info) == 0, NEURAL_ERR_FILE_WRITE,
                   "%s: the directory %s does not exist", path, directory);
    if (stat(path, &info) != 0) {
        return try_to_write(path);
    }
    NEURAL_REQUIRE(!S_ISDIR(info.st_mode), NEURAL_ERR_FILE_WRITE,
                   "%s: is a directory, expected the name of a model file", path);
    NEURAL_REQUIRE(!S_ISREG(info.st_mode) || cli_is_model_file(path), NEURAL_ERR_FILE_WRITE,
                   "%s: exists and is no model file; not overwritten", path);
    return S_ISREG(info.st_mode) ? try_to_write(path) : NEURAL_OK;
}

neural_status cli_checkpoint_dir(const char *model_path, char out[CLI_PATH_BYTES]) {
    return snprintf(out, CLI_PATH_BYTES, "%s.ckpt", model_path) < CLI_PATH_BYTES
               ? NEURAL_OK
               : too_long(model_path);
}

neural_status cli_last_checkpoint(const char *dir, char out[CLI_PATH_BYTES]) {
    return snprintf(out, CLI_PATH_BYTES, "%s/last" SUFFIX, dir) < CLI_PATH_BYTES ? NEURAL_OK
                                                                                 : too_long(dir);
}

neural_status cli_spare_path(const char *model_path, char out[CLI_PATH_BYTES]) {
    const char *given = getenv("TMPDIR"), *temporary = given && *given ? given : "/tmp";
    const char *name = model_path + directory_length(model_path);
    const int length = snprintf(out, CLI_PATH_BYTES, "%s/neural-XXXXXX", temporary);
    NEURAL_REQUIRE(length + 1 + (int)strlen(name) < CLI_PATH_BYTES, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: the path is too long", temporary);
    NEURAL_REQUIRE(mkdtemp(out), NEURAL_ERR_FILE_WRITE, "%s: %s", temporary, strerror(errno));
    snprintf(out + length, CLI_PATH_BYTES - (size_t)length, "/%s", name);
    return NEURAL_OK;
}

void cli_remove_spare(const char *spare_path) {
    char directory[CLI_PATH_BYTES];
    snprintf(directory, sizeof directory, "%.*s", directory_length(spare_path), spare_path);
    rmdir(directory);
}

void cli_remove_checkpoint(const char *dir) {
    char path[CLI_PATH_BYTES];
    if (cli_last_checkpoint(dir, path) == NEURAL_OK) {
        unlink(path);
        rmdir(dir);
    }
}
