/* neural config: what a config means, and what configs may say. */
#include <stdio.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"

static neural_status make_text(const cli_options *options, char **out) {
    neural_config *config = NULL;
    if (cli_has(options, CLI_OPTION_REFERENCE)) {
        return neural_config_reference(out);
    }
    const char *resolved = cli_value(options, CLI_OPTION_RESOLVED);
    NEURAL_TRY(neural_config_load(resolved ? resolved : cli_operand(options, 0), options->overrides,
                                  options->override_count, &config));
    const neural_status status =
        resolved ? neural_config_origins(config, out) : neural_config_resolved(config, 0, out);
    neural_config_destroy(config);
    return status;
}

int cli_run_config(const cli_options *options) {
    char *text = NULL;
    if (cli_has(options, CLI_OPTION_RESOLVED) && cli_operand(options, 0)) {
        cli_complain("config: expected CONFIG or --resolved FILE, found both");
        return CLI_USAGE;
    }
    const neural_status status = make_text(options, &text);
    if (status) {
        return cli_fail(CLI_PLACE_CONFIG, status);
    }
    fputs(text, stdout);
    neural_text_free(text);
    return CLI_OK;
}
