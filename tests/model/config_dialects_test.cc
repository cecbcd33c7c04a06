/* Every key of both original dialects, one by one: what it is understood as. */
#include <gtest/gtest.h>

#include <string>

#include "model/config.h"

namespace {

struct Key {
    const char *section, *key, *value;
    const char *with;     /* keys that have to go with it */
    const char *resolved; /* "[section] key = value" in the resolved config; NULL: the default */
};

const char kSizes[] = "[model]\narchitecture = 4,8,3\n";

/* Dialect A: sizes of the network and an [optimizer] section. */
const Key kDialectA[] = {
    {"model", "input_size", "4", "hidden_size = 8\noutput_size = 3\nnum_layers = 1\n",
     "[model] input_size = 4"},
    {"model", "hidden_size", "8", "input_size = 4\noutput_size = 3\nnum_layers = 1\n",
     "[model] hidden_size = 8"},
    {"model", "output_size", "3", "input_size = 4\nhidden_size = 8\nnum_layers = 1\n",
     "[model] output_size = 3"},
    {"model", "num_layers", "2", "input_size = 4\nhidden_size = 8\noutput_size = 3\n",
     "[model] num_layers = 2"},
    {"model", "activation", "tanh", kSizes, "[model] hidden_activation = tanh"},
    {"model", "dropout_rate", "0.25", kSizes, "[model] dropout = 0.25"},
    {"model", "architecture", "4,8,3", "", "[model] architecture = 4,8,3"},
    {"training", "epochs", "100", kSizes, "[training] epochs = 100"},
    {"training", "batch_size", "16", kSizes, "[training] batch_size = 16"},
    {"training", "learning_rate", "0.01", kSizes, "[training] learning_rate = 0.01"},
    {"training", "lr", "0.01", kSizes, "[training] learning_rate = 0.01"},
    {"training", "weight_decay", "0.0001", kSizes, "[training] weight_decay = 0.0001"},
    {"training", "early_stopping", "true", kSizes, "[training] early_stopping = true"},
    {"training", "patience", "3", kSizes, "[training] patience = 3"},
    {"training", "lr_step_size", "5", "[training]\nlr_gamma = 0.5\n[model]\narchitecture = 4,8,3\n",
     "[training] lr_step_size = 5"},
    {"training", "lr_gamma", "0.5", "[training]\nlr_step_size = 5\n[model]\narchitecture = 4,8,3\n",
     "[training] lr_gamma = 0.5"},
    {"optimizer", "type", "adam", kSizes, "[optimizer] type = adam"},
    {"optimizer", "type", "sgd", kSizes, nullptr},
    {"optimizer", "momentum", "0.9", kSizes, "[optimizer] momentum = 0.9"},
    {"optimizer", "beta1", "0.8", kSizes, "[optimizer] beta1 = 0.8"},
    {"optimizer", "beta2", "0.99", kSizes, "[optimizer] beta2 = 0.99"},
    {"optimizer", "epsilon", "0.0000001", kSizes, "[optimizer] epsilon = 1e-07"},
    {"data", "train_file", "a.csv", kSizes, "[data] train_file = a.csv"},
    {"data", "train_data", "a.csv", kSizes, "[data] train_file = a.csv"},
    {"data", "test_file", "b.csv", kSizes, "[data] test_file = b.csv"},
    {"data", "test_data", "b.csv", kSizes, "[data] test_file = b.csv"},
    {"data", "val_data", "b.csv", kSizes, "[data] test_file = b.csv"},
    {"data", "train_label_file", "c.csv", kSizes, "[data] train_label_file = c.csv"},
    {"data", "train_labels", "c.csv", kSizes, "[data] train_label_file = c.csv"},
    {"data", "test_label_file", "d.csv", kSizes, "[data] test_label_file = d.csv"},
    {"data", "test_labels", "d.csv", kSizes, "[data] test_label_file = d.csv"},
    {"data", "val_labels", "d.csv", kSizes, "[data] test_label_file = d.csv"},
    {"data", "val_split", "0.1", kSizes, "[data] val_split = 0.1"},
    {"data", "shuffle", "false", kSizes, "[data] shuffle = false"},
    {"data", "normalize", "true", kSizes, "[data] normalize = zscore"},
};

/* Dialect B: architecture, and sections that the original did not read. */
const Key kDialectB[] = {
    {"model", "architecture", "2,relu,8,sigmoid,1", "",
     "[model] architecture = 2,relu,8,sigmoid,1"},
    {"model", "architecture", "Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid())", "",
     "[model] architecture = \"Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid())\""},
    {"model", "hidden_activation", "tanh", kSizes, "[model] hidden_activation = tanh"},
    {"model", "output_activation", "sigmoid", kSizes, "[model] output_activation = sigmoid"},
    {"model", "output_activation", "softmax", kSizes, "[model] output_activation = softmax"},
    {"model", "output_activation", "linear", kSizes, "[model] output_activation = none"},
    {"training", "optimizer", "adam", kSizes, "[optimizer] type = adam"},
    {"training", "momentum", "0.9", kSizes, "[optimizer] momentum = 0.9"},
    {"training", "beta1", "0.8", kSizes, "[optimizer] beta1 = 0.8"},
    {"training", "beta2", "0.99", kSizes, "[optimizer] beta2 = 0.99"},
    {"training", "epsilon", "1e-7", kSizes, "[optimizer] epsilon = 1e-07"},
    {"training", "lr_decay", "0.995",
     "[training]\nlr_decay_steps = 50\n[model]\narchitecture = 4,3\n",
     "[training] lr_gamma = 0.995"},
    {"training", "lr_decay_steps", "50",
     "[training]\nlr_decay = 0.5\n[model]\narchitecture = 4,3\n", "[training] lr_step_size = 50"},
    {"loss", "loss_function", "bce", "[model]\narchitecture = 4,sigmoid,1\n",
     "[loss] function = bce"},
    {"loss", "function", "mse", "[model]\narchitecture = 4,1\n", "[loss] function = mse"},
    {"loss", "function", "cross_entropy", kSizes, "[loss] function = cross_entropy"},
    {"logging", "print_every", "10", kSizes, "[logging] print_every = 10"},
    {"logging", "save_model", "m.bin", kSizes, "[logging] save_model = m.bin"},
    {"logging", "save_model", "", kSizes, nullptr},
    {"logging", "save_checkpoint_every", "5", kSizes, "[logging] save_checkpoint_every = 5"},
    {"logging", "validate_every", "2", kSizes, "[logging] validate_every = 2"},
    {"logging", "log_file", "run.log", kSizes, "[logging] log_file = run.log"},
    {"options", "shuffle", "false", kSizes, "[data] shuffle = false"},
    {"options", "random_seed", "1337", kSizes, "[options] random_seed = 1337"},
    {"options", "gradient_clip", "5", kSizes, "[training] gradient_clip = 5"},
    {"options", "gradient_clipping", "5", kSizes, "[training] gradient_clip = 5"},
    {"options", "early_stopping", "true", kSizes, "[training] early_stopping = true"},
    {"options", "patience", "3", kSizes, "[training] patience = 3"},
    {"regularization", "weight_decay", "0.0001", kSizes, "[training] weight_decay = 0.0001"},
    {"regularization", "dropout", "0.1", kSizes, "[model] dropout = 0.1"},
    {"regularization", "batch_norm", "true", kSizes, "[regularization] batch_norm = true"},
    {"initialization", "weight_init", "he", kSizes,
     "[initialization] weight_init = kaiming_uniform"},
    {"initialization", "bias_init", "zero", kSizes, "[initialization] bias_init = zeros"},
    {"performance", "use_simd", "false", kSizes, "[performance] use_simd = false"},
    {"performance", "num_threads", "4", kSizes, "[performance] num_threads = 4"},
};

/* "[section] key = value" lines of the resolved config of a text; "" when it is refused. */
std::string Settings(const std::string &text) {
    neural_config *config = nullptr;
    char *resolved = nullptr;
    if (neural_config_parse(text.c_str(), "run.ini", nullptr, 0, &config)) {
        return "";
    }
    EXPECT_EQ(neural_config_resolved(config, 0, &resolved), NEURAL_OK);
    std::string settings = "\n", section, rest = resolved;
    for (size_t end; (end = rest.find('\n')) != std::string::npos; rest = rest.substr(end + 1)) {
        const std::string line = rest.substr(0, end);
        if (!line.empty() && line[0] == '[') {
            section = line;
        } else if (!line.empty()) {
            settings += section + " " + line + "\n";
        }
    }
    neural_text_free(resolved);
    neural_config_destroy(config);
    return settings;
}

void Check(const Key &key) {
    SCOPED_TRACE(std::string("[") + key.section + "] " + key.key + " = " + key.value);
    const std::string with = key.with;
    const std::string before = with.empty() || with[0] == '[' ? with : "[model]\n" + with;
    const std::string line = std::string("[") + key.section + "]\n" + key.key + " = " + key.value;
    const std::string settings = Settings(before + line + "\n");
    ASSERT_NE(settings, "") << neural_last_error();
    if (key.resolved) {
        EXPECT_NE(settings.find("\n" + std::string(key.resolved) + "\n"), std::string::npos)
            << settings;
    } else {
        EXPECT_EQ(settings, Settings(before)); /* what holds anyway */
    }
}

TEST(ConfigDialects, EveryKeyOfA) {
    for (const Key &key : kDialectA) {
        Check(key);
    }
}

TEST(ConfigDialects, EveryKeyOfB) {
    for (const Key &key : kDialectB) {
        Check(key);
    }
}

TEST(ConfigDialects, EveryActivationOfBothFormsOfArchitecture) {
    for (const char *word : {"relu", "sigmoid", "tanh", "softmax", "gelu", "leaky_relu", "elu",
                             "selu", "swish", "mish", "hardswish", "softplus", "hardtanh"}) {
        EXPECT_NE(Settings(std::string("[model]\narchitecture = 2,") + word + ",8,1\n"), "")
            << neural_last_error();
    }
    for (const char *name :
         {"ReLU", "Sigmoid", "Tanh", "Softmax", "GELU", "LeakyReLU", "ELU", "SELU", "Swish", "Mish",
          "HardSwish", "Softplus", "HardTanh", "hardtanh"}) {
        EXPECT_NE(Settings(std::string("[model]\narchitecture = Sequential(Linear(2,8), ") + name +
                           "(), Linear(8,1))\n"),
                  "")
            << neural_last_error();
    }
    EXPECT_EQ(Settings("[model]\narchitecture = Sequential(Linear(2,8), Nothing(), Linear(8,1))\n"),
              "");
    EXPECT_NE(std::string(neural_last_error()).find("Nothing"), std::string::npos);
}

} // namespace
