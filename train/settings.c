#include "train/settings.h"

#include <string.h>

static const char *text(const neural_config *config, const char *section, const char *key) {
    return neural_config_get_string(config, section, key, "");
}

static double real(const neural_config *config, const char *section, const char *key) {
    return neural_config_get_float(config, section, key, 0);
}

static int64_t whole(const neural_config *config, const char *section, const char *key) {
    return neural_config_get_int(config, section, key, 0);
}

static char separator_of(const char *word) {
    if (strcmp(word, "comma") == 0) {
        return ',';
    }
    if (strcmp(word, "semicolon") == 0) {
        return ';';
    }
    if (strcmp(word, "tab") == 0) {
        return '\t';
    }
    return strcmp(word, "space") == 0 ? ' ' : 0;
}

static int header_of(const char *word) {
    return strcmp(word, "yes") == 0 ? 1 : strcmp(word, "no") == 0 ? -1 : 0;
}

static neural_normalize normalize_of(const char *word) {
    if (strcmp(word, "zscore") == 0) {
        return NEURAL_NORMALIZE_ZSCORE;
    }
    return strcmp(word, "minmax") == 0 ? NEURAL_NORMALIZE_MINMAX : NEURAL_NORMALIZE_NONE;
}

static train_optimizer optimizer_of(const char *word) {
    if (strcmp(word, "adam") == 0) {
        return TRAIN_OPTIMIZER_ADAM;
    }
    return strcmp(word, "adamw") == 0 ? TRAIN_OPTIMIZER_ADAMW : TRAIN_OPTIMIZER_SGD;
}

static void read_data(const neural_config *config, train_settings *out) {
    out->train_file = text(config, "data", "train_file");
    out->train_labels = text(config, "data", "train_labels");
    out->test_file = text(config, "data", "test_file");
    out->test_labels = text(config, "data", "test_labels");
    out->label_column = text(config, "data", "label_column");
    out->separator = separator_of(text(config, "data", "separator"));
    out->header = header_of(text(config, "data", "header"));
    out->val_split = real(config, "data", "val_split");
    out->shuffle = whole(config, "data", "shuffle") != 0;
    out->normalize = normalize_of(text(config, "data", "normalize"));
}

static void read_optimizer(const neural_config *config, train_settings *out) {
    out->optimizer = optimizer_of(text(config, "training", "optimizer"));
    out->learning_rate = real(config, "training", "learning_rate");
    out->momentum = real(config, "training", "momentum");
    out->nesterov = whole(config, "training", "nesterov") != 0;
    out->beta1 = real(config, "training", "beta1");
    out->beta2 = real(config, "training", "beta2");
    out->epsilon = real(config, "training", "epsilon");
    out->weight_decay = real(config, "training", "weight_decay");
    out->lr_step_size = whole(config, "training", "lr_step_size");
    out->lr_gamma = real(config, "training", "lr_gamma");
    out->gradient_clip = real(config, "training", "gradient_clip");
}

neural_status train_settings_read(const neural_config *config, train_settings *out) {
    NEURAL_REQUIRE(config && out, NEURAL_ERR_NULL_POINTER, "train: config must be given");
    memset(out, 0, sizeof *out);
    read_data(config, out);
    read_optimizer(config, out);
    out->seed = (uint64_t)whole(config, "options", "random_seed");
    out->epochs = whole(config, "training", "epochs");
    out->batch_size = whole(config, "training", "batch_size");
    out->num_threads = (int)whole(config, "performance", "num_threads");
    out->early_stopping = whole(config, "training", "early_stopping") != 0;
    out->patience = whole(config, "training", "patience");
    out->min_delta = real(config, "training", "min_delta");
    return NEURAL_OK;
}
