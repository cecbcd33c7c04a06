/* Where files are: data files of a config, the model, its checkpoint. */
#ifndef CLI_PATHS_H_
#define CLI_PATHS_H_

#include "api/neural_api.h"

enum { CLI_PATH_BYTES = 4096 };

/* A neural_path_resolver; context is the config's path (const char *). A relative path is meant
 * from the current directory, then from the config's. NEURAL_ERR_FILE_NOT_FOUND names both. */
neural_status cli_resolve_data(void *context, const char *path, char *out, int64_t bytes);

/* `given`, else the config's name with another suffix in the current directory. */
neural_status cli_beside_path(const char *config_path, const char *given, const char *suffix,
                              char out[CLI_PATH_BYTES]);

/* `given`, else [logging] save_model, else the config's name with .safetensors in the current
 * directory. */
neural_status cli_model_path(const neural_config *config, const char *config_path,
                             const char *given, char out[CLI_PATH_BYTES]);

/* NEURAL_OK when a model can be written there, which is tried, and what stands there now, if
 * anything, is a model file. */
neural_status cli_check_target(const char *path);

/* MODEL.ckpt, and the last checkpoint in such a directory. */
neural_status cli_checkpoint_dir(const char *model_path, char out[CLI_PATH_BYTES]);
neural_status cli_last_checkpoint(const char *dir, char out[CLI_PATH_BYTES]);

/* Removes the last checkpoint, and the directory unless it holds something else. */
void cli_remove_checkpoint(const char *dir);

/* A path for a model that cannot be written where it should: its name in a new directory below
 * TMPDIR, or /tmp. cli_remove_spare removes that directory, if it is empty. */
neural_status cli_spare_path(const char *model_path, char out[CLI_PATH_BYTES]);
void cli_remove_spare(const char *spare_path);

int cli_file_exists(const char *path);

/* 1 when both name one existing regular file. */
int cli_is_same_file(const char *path, const char *other);

/* 1 for a file that begins as safetensors files do, and for an empty one. */
int cli_is_model_file(const char *path);

/* Size of a file, -1 when there is none. */
int64_t cli_file_bytes(const char *path);

#endif /* CLI_PATHS_H_ */
