/* A config with another network. */
#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "model/config_keys.h"

/* Keys that say what the network is. */
static int is_of_network(int key) {
    static const int keys[] = {NEURAL_CONFIG_KEY_input,
                               NEURAL_CONFIG_KEY_layers,
                               NEURAL_CONFIG_KEY_architecture,
                               NEURAL_CONFIG_KEY_input_size,
                               NEURAL_CONFIG_KEY_hidden_size,
                               NEURAL_CONFIG_KEY_num_layers,
                               NEURAL_CONFIG_KEY_output_size,
                               NEURAL_CONFIG_KEY_hidden_activation,
                               NEURAL_CONFIG_KEY_output_activation,
                               NEURAL_CONFIG_KEY_dropout,
                               NEURAL_CONFIG_KEY_batch_norm};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i] == key) {
            return 1;
        }
    }
    return 0;
}

static void add_network(const neural_shape *input, const char *network, neural_text *text) {
    neural_text_add(text, "[model]\ninput = ");
    for (int i = 0; i < input->ndim; i++) {
        neural_text_add(text, "%s%" PRId64, i ? "x" : "", input->dim[i]);
    }
    neural_text_add(text, "\nlayers = %s\n", network);
}

static void add_rest(const neural_config *config, neural_text *text) {
    const char *section = "model";
    for (int i = 0; i < NEURAL_CONFIG_KEYS; i++) {
        const neural_config_row *row = &neural_config_rows[i];
        const neural_config_value value = neural_config_read(config, row);
        if (is_of_network(i) || neural_config_equal(row, value, row->fallback)) {
            continue;
        }
        if (strcmp(section, row->section) != 0) {
            neural_text_add(text, "\n[%s]\n", row->section);
            section = row->section;
        }
        neural_text_add(text, "%s = ", row->key);
        neural_config_value_text(row, value, text);
        neural_text_add(text, "\n");
    }
}

neural_status neural_config_with_network(const neural_config *config, const neural_shape *input,
                                         const char *network, const char *const *overrides,
                                         int override_count, neural_config **out) {
    neural_text text = {0};
    char *made = NULL;
    add_network(input, network, &text);
    add_rest(config, &text);
    NEURAL_TRY(neural_text_finish(&text, &made));
    const neural_status status =
        neural_config_parse(made, config->path, overrides, override_count, out);
    neural_text_free(made);
    return status;
}
