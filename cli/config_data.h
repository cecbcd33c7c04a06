/* The data that a config names, read as its model wants them. */
#ifndef CLI_CONFIG_DATA_H_
#define CLI_CONFIG_DATA_H_

#include "api/neural_api.h"

/* Reads `file`, and its targets in `labels` (NULL or "" = in the same file). Relative paths are
 * meant from the current directory, then from the config's. */
neural_status cli_load_files(const char *config_path, const neural_config *config,
                             const neural_model *model, const char *file, const char *labels,
                             neural_dataset **out);

typedef enum cli_part { CLI_PART_TRAIN, CLI_PART_TEST } cli_part;

/* 1 when [data] names a file for that part. */
int cli_has_part(const neural_config *config, cli_part part);

/* Reads it; NEURAL_ERR_INVALID_CONFIG when there is none. */
neural_status cli_load_part(const char *config_path, const neural_config *config,
                            const neural_model *model, cli_part part, neural_dataset **out);

#endif /* CLI_CONFIG_DATA_H_ */
