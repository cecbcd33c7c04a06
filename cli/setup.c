#include "cli/setup.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/paths.h"

enum { SIMD_LEVEL_C = 0 };

static neural_status respect_use_simd(const neural_config *config, const cli_options *options) {
    if (neural_config_get_int(config, "performance", "use_simd", 1) ||
        neural_get_simd_level() == SIMD_LEVEL_C) {
        return NEURAL_OK;
    }
    if (setenv("NEURAL_ISA", "c", 1) == 0) {
        execv("/proc/self/exe", options->argv);
    }
    return neural_error(NEURAL_ERR_INTERNAL, "use_simd = false: cannot start the program again; "
                                             "start it with NEURAL_ISA=c");
}

neural_status cli_open_config(const cli_options *options, neural_config **out) {
    neural_config *config = NULL;
    const char *path = cli_operand(options, 0);
    NEURAL_REQUIRE(cli_file_bytes(path) <= 0 || !cli_is_model_file(path), NEURAL_ERR_INVALID_CONFIG,
                   "%s: is a model file; the config comes first, then the model", path);
    neural_status status =
        neural_config_load(path, options->overrides, options->override_count, &config);
    if (!status) {
        status = respect_use_simd(config, options);
    }
    if (status) {
        neural_config_destroy(config);
        return status;
    }
    *out = config;
    return NEURAL_OK;
}

/* With --fold the model's place is taken by its folded copy. */
static neural_status fold_if_wanted(const cli_options *options, neural_model **model) {
    neural_model *folded = NULL;
    if (!cli_has(options, CLI_OPTION_FOLD)) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_model_fold_batch_norm(*model, NULL, &folded));
    neural_model_destroy(*model);
    *model = folded;
    return NEURAL_OK;
}

/* 1 for a model whose own config says that its channels were pruned. */
static int is_shrunk(const char *path) {
    neural_safetensors *file = NULL;
    neural_config *config = NULL;
    int shrunk = 0;
    if (neural_safetensors_open(path, &file) == NEURAL_OK) {
        const char *text = neural_safetensors_text(file, "config");
        if (text && neural_config_parse(text, path, NULL, 0, &config) == NEURAL_OK) {
            shrunk = (int)neural_config_get_int(config, "pruning", "shrunk", 0);
            neural_config_destroy(config);
        }
        neural_safetensors_close(file);
    }
    return shrunk;
}

static int work_with_config(const cli_options *options, const neural_config *config,
                            cli_model_work work) {
    neural_model *model = NULL;
    const int threads = (int)neural_config_get_int(config, "performance", "num_threads", 0);
    neural_status status = neural_set_num_threads(threads);
    const char *path = cli_operand(options, 1);
    /* a network that is no longer what the config says */
    const int has_layers = is_shrunk(path) || neural_model_file_is_8bit(path);
    if (!status && !has_layers) {
        status = neural_model_create(config, &model);
    }
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    status = has_layers ? neural_model_load(path, &model) : neural_model_restore(model, path);
    if (!status) {
        status = fold_if_wanted(options, &model);
    }
    const int code = status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : work(options, config, model);
    neural_model_destroy(model);
    return code;
}

int cli_with_model(const cli_options *options, cli_model_work work) {
    neural_config *config = NULL;
    const neural_status status = cli_open_config(options, &config);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    const int code = work_with_config(options, config, work);
    neural_config_destroy(config);
    return code;
}
