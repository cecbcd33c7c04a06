#include "cli/config_data.h"

#include "cli/paths.h"

static const struct {
    const char *file, *labels;
} keys[] = {
    [CLI_PART_TRAIN] = {"train_file", "train_label_file"},
    [CLI_PART_TEST] = {"test_file", "test_label_file"},
};

static const char *value_of(const neural_config *config, const char *key) {
    const char *value = neural_config_get_string(config, "data", key, NULL);
    return value && *value ? value : NULL;
}

neural_status cli_load_files(const char *config_path, const neural_config *config,
                             const neural_model *model, const char *file, const char *labels,
                             neural_dataset **out) {
    char file_path[CLI_PATH_BYTES], label_path[CLI_PATH_BYTES];
    const int has_labels = labels && *labels;
    NEURAL_TRY(cli_resolve_data((void *)config_path, file, file_path, sizeof file_path));
    if (has_labels) {
        NEURAL_TRY(cli_resolve_data((void *)config_path, labels, label_path, sizeof label_path));
    }
    return neural_model_load_data(model, config, file_path, has_labels ? label_path : NULL, out);
}

int cli_has_part(const neural_config *config, cli_part part) {
    return value_of(config, keys[part].file) != NULL;
}

neural_status cli_load_part(const char *config_path, const neural_config *config,
                            const neural_model *model, cli_part part, neural_dataset **out) {
    const char *file = value_of(config, keys[part].file);
    NEURAL_REQUIRE(file, NEURAL_ERR_INVALID_CONFIG, "the config has no [data] %s", keys[part].file);
    return cli_load_files(config_path, config, model, file, value_of(config, keys[part].labels),
                          out);
}
