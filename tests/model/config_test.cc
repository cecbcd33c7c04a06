#include "model/config.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "data/transform.h"
#include "layers/activation.h"
#include "layers/init.h"
#include "layers/loss.h"
#include "model/config_fields.h"
#include "tests/model/mutations.h"

namespace {

using Config = std::unique_ptr<neural_config, void (*)(neural_config *)>;

const char kNet[] = "[model]\narchitecture = 4,relu,8,3\n";

Config Parse(const std::string &text, std::vector<const char *> overrides = {}) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_parse(text.c_str(), "run.ini", overrides.data(), (int)overrides.size(),
                                  &config),
              NEURAL_OK)
        << neural_last_error();
    return Config(config, neural_config_destroy);
}

std::string Error(const std::string &text, std::vector<const char *> overrides = {}) {
    neural_config *config = nullptr;
    EXPECT_EQ(neural_config_parse(text.c_str(), "run.ini", overrides.data(), (int)overrides.size(),
                                  &config),
              NEURAL_ERR_INVALID_CONFIG);
    EXPECT_EQ(config, nullptr);
    return neural_last_error();
}

std::string Resolved(const Config &config, int portable = 0) {
    char *text = nullptr;
    EXPECT_EQ(neural_config_resolved(config.get(), portable, &text), NEURAL_OK);
    std::string copy = text ? text : "";
    neural_text_free(text);
    return copy;
}

std::string Network(const std::string &model) {
    const Config config = Parse("[model]\n" + model);
    return config ? config->network : "?";
}

TEST(Config, AbsentIsOff) {
    const Config config = Parse(kNet);
    EXPECT_EQ(config->epochs, 10);
    EXPECT_EQ(config->batch_size, 32);
    EXPECT_EQ(config->learning_rate, 0.001);
    EXPECT_EQ(config->dropout, 0);
    EXPECT_EQ(config->val_split, 0);
    EXPECT_EQ(config->normalize, NEURAL_NORMALIZE_NONE);
    EXPECT_EQ(config->gradient_clip, 0);
    EXPECT_EQ(config->momentum, 0);
    EXPECT_EQ(config->early_stopping, 0);
    EXPECT_EQ(config->loss, -1);
    EXPECT_EQ(config->lr_gamma, 1);
    EXPECT_EQ(config->train_file, nullptr);
    EXPECT_EQ(config->weight_init, NEURAL_INIT_DEFAULT);
    EXPECT_EQ(config->num_threads, 0);
    EXPECT_EQ(config->use_simd, 1);
    EXPECT_EQ(Resolved(config), "[model]\narchitecture = 4,relu,8,3\n");
}

TEST(Config, DialectA) {
    const Config config = Parse("[MODEL]\nInput_Size = 8 # in\nhidden_size=4\nnum_layers=2\n"
                                "output_size=3\nactivation=relu\n[training]\nepochs = 20\n"
                                "batch_size = 4\nlearning_rate = 0.01\nlr_step_size=5\n"
                                "lr_gamma=0.5\n[optimizer]\ntype = Adam\nmomentum=0.9\n"
                                "[data]\ntrain_data = csv/train.csv\nval_labels = l.csv\n"
                                "normalize = true\nshuffle = no\n");
    EXPECT_STREQ(config->network, "linear 4 | relu | linear 4 | relu | linear 3 | softmax");
    EXPECT_EQ(config->input_shape.ndim, 1);
    EXPECT_EQ(config->input_shape.dim[0], 8);
    EXPECT_EQ(config->epochs, 20);
    EXPECT_EQ(config->lr_step_size, 5);
    EXPECT_EQ(config->lr_gamma, 0.5);
    EXPECT_EQ(config->optimizer, NEURAL_CONFIG_ADAM);
    EXPECT_STREQ(config->train_file, "csv/train.csv");
    EXPECT_STREQ(config->test_label_file, "l.csv");
    EXPECT_EQ(config->normalize, NEURAL_NORMALIZE_ZSCORE);
    EXPECT_EQ(config->shuffle, 0);
}

TEST(Config, BatchNormStandsBeforeEachHiddenActivation) {
    const std::string on = "[regularization]\nbatch_norm = true\ndropout = 0.1\n";
    EXPECT_EQ(
        Network("architecture = 4,8,6,3\nactivation = relu\noutput_activation = softmax\n" + on),
        "linear 8 | batchnorm | relu | dropout 0.1 | linear 6 | batchnorm | relu | "
        "dropout 0.1 | linear 3 | softmax");
    EXPECT_EQ(Network("architecture = 4,tanh,8,3\n" + on),
              "linear 8 | batchnorm | tanh | dropout 0.1 | linear 3");
    EXPECT_EQ(Network("input_size=2\nhidden_size=8\nnum_layers=1\noutput_size=1\n" + on),
              "linear 8 | batchnorm | relu | dropout 0.1 | linear 1 | sigmoid");
    EXPECT_EQ(Network("input = 4\nlayers = linear 3\nbatch_norm = false\n"), "linear 3");
}

TEST(Config, DialectAOutputs) {
    const std::string sizes = "input_size=2\nhidden_size=8\nnum_layers=1\n";
    EXPECT_EQ(Network(sizes + "output_size=1\n"), "linear 8 | relu | linear 1 | sigmoid");
    EXPECT_EQ(Network(sizes + "output_size=2\n"), "linear 8 | relu | linear 2 | softmax");
    EXPECT_EQ(Network(sizes + "output_size=1\n[loss]\nfunction=mse\n"),
              "linear 8 | relu | linear 1");
    EXPECT_EQ(Network(sizes + "output_size=2\n[loss]\nfunction=nll\n"),
              "linear 8 | relu | linear 2 | log_softmax");
    EXPECT_EQ(Network(sizes + "output_size=2\n[training]\nloss=focal\n"),
              "linear 8 | relu | linear 2 | softmax");
    EXPECT_EQ(Network(sizes + "output_size=2\n[training]\nloss=smooth_l1\n"),
              "linear 8 | relu | linear 2");
    EXPECT_EQ(Network(sizes + "output_size=1\noutput_activation=tanh\nactivation=gelu\n"),
              "linear 8 | gelu | linear 1 | tanh");
    EXPECT_EQ(Network("input_size=3\noutput_size=2\nnum_layers=0\n"), "linear 2 | softmax");
}

TEST(Config, DialectB) {
    const Config config =
        Parse("[model]\narchitecture = 784,256,128,10\nhidden_activation = relu\n"
              "output_activation = softmax\n[training]\noptimizer = adam\nlr_decay = .999\n"
              "lr_decay_steps = 100\nbeta1=.8\nepsilon = 0.00000001\n[loss]\n"
              "loss_function = cross_entropy\n[logging]\nprint_every = 5\nsave_model =\n"
              "[options]\nrandom_seed = 1337\ngradient_clipping = 5.0\nearly_stopping = yes\n"
              "patience = 3\n[regularization]\nweight_decay = 1e-5\ndropout = 0.1\n"
              "batch_norm = false\n[initialization]\nweight_init = he\nbias_init = zero\n"
              "[performance]\nuse_simd = true\nnum_threads = 4\n");
    EXPECT_STREQ(config->network, "linear 256 | relu | dropout 0.1 | linear 128 | relu | "
                                  "dropout 0.1 | linear 10 | softmax");
    EXPECT_EQ(config->optimizer, NEURAL_CONFIG_ADAM);
    EXPECT_EQ(config->lr_gamma, 0.999);
    EXPECT_EQ(config->lr_step_size, 100);
    EXPECT_EQ(config->beta1, 0.8);
    EXPECT_EQ(config->epsilon, 1e-8);
    EXPECT_EQ(config->loss, NEURAL_LOSS_CROSS_ENTROPY);
    EXPECT_EQ(config->save_model, nullptr);
    EXPECT_EQ(config->random_seed, 1337);
    EXPECT_EQ(config->gradient_clip, 5);
    EXPECT_EQ(config->early_stopping, 1);
    EXPECT_EQ(config->patience, 3);
    EXPECT_EQ(config->weight_decay, 1e-5);
    EXPECT_EQ(config->weight_init, NEURAL_INIT_KAIMING_UNIFORM);
    EXPECT_EQ(config->bias_init, NEURAL_INIT_ZEROS);
    EXPECT_EQ(config->num_threads, 4);
}

TEST(Config, ArchitectureSpellings) {
    const std::string want = "linear 8 | relu | linear 1 | sigmoid";
    EXPECT_EQ(Network("architecture = 2,relu,8,sigmoid,1\n"), want);
    EXPECT_EQ(Network("architecture = 2 , ReLU , 8 , Sigmoid , 1\n"), want);
    EXPECT_EQ(Network("architecture = Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid())\n"),
              want);
    EXPECT_EQ(Network("architecture = Sequential(\n  Linear(2, 8),  # in\n  ReLU,\n"
                      "  Linear(in_features=8, out_features=1), SIGMOID(),\n)\n"),
              want);
    EXPECT_EQ(Network("architecture = Sequential(Linear(2,8,bias=false), LeakyReLU(0.2), "
                      "Dropout(p=0.5), Linear(8,2), Softmax(dim=1))\n"),
              "linear 8 bias=false | leaky_relu 0.2 | dropout p=0.5 | linear 2 | softmax");
    EXPECT_EQ(Network("architecture = 2,8,1\n"), "linear 8 | linear 1");
    EXPECT_EQ(Network("architecture = 2,8,tanh,4,1\nhidden_activation=relu\n"),
              "linear 8 | relu | linear 4 | tanh | linear 1");
    EXPECT_EQ(Network("architecture = 2,relu,1\noutput_activation=relu\n"), "linear 1 | relu");
    EXPECT_EQ(Network("architecture = 2,8,1\noutput_activation = linear\n"), "linear 8 | linear 1");
}

TEST(Config, LayersLine) {
    const Config config = Parse("[model]\ninput = 1x28x28\n"
                                "layers = linear 256 | relu | dropout 0.2 | linear 10\n");
    EXPECT_STREQ(config->network, "linear 256 | relu | dropout 0.2 | linear 10");
    EXPECT_EQ(config->input_shape.ndim, 3);
    EXPECT_EQ(config->input_shape.dim[2], 28);
    EXPECT_EQ(config->network_key, NEURAL_CONFIG_KEY_layers);
}

TEST(Config, UnknownWords) {
    EXPECT_EQ(Error(std::string(kNet) + "[training]\n\n\n\nlearing_rate = 1\n"),
              "run.ini:7:1: unknown key learing_rate in [training]; did you mean learning_rate?");
    EXPECT_EQ(Error("[modle]\nx=1\n"), "run.ini:2:1: unknown section modle; did you mean model?");
    EXPECT_EQ(Error("[model]\nepochs=1\n"),
              "run.ini:2:1: unknown key epochs in [model]; it belongs in [training]");
    EXPECT_NE(Error("[loss]\nqqqqqqqqqqqq=1\n").find("known are function, loss_function"),
              std::string::npos);
    EXPECT_EQ(Error("[optimizer]\ntype = adamm\n"),
              "run.ini:2:8: type is adamm, expected one of sgd, adam, adamw, "
              "rmsprop, adagrad, lion; did you mean adam?");
}

TEST(Config, Ranges) {
    const auto training = [](const std::string &line) { return Error("[training]\n" + line); };
    EXPECT_EQ(training("epochs = 0\n"),
              "run.ini:2:10: epochs is 0, expected a whole number from 1 to 1000000000");
    for (const char *bad : {"", "-1", "1.5", "1e3", "x", "99999999999999999999", "+", "0x10"}) {
        EXPECT_NE(training(std::string("epochs = ") + bad).find("expected a whole number"),
                  std::string::npos)
            << bad;
    }
    EXPECT_EQ(training("lr = 0\n"), "run.ini:2:6: lr is 0, expected a number above 0");
    for (const char *bad : {"", "-1", "nan", "inf", "1e999", "0,1", "1e", "0x1p3", "1 2"}) {
        EXPECT_NE(training(std::string("lr = ") + bad).find("expected a number above 0"),
                  std::string::npos)
            << bad;
    }
    EXPECT_EQ(Error("[model]\ndropout = 1\n"),
              "run.ini:2:11: dropout is 1, expected a number from 0 to below 1");
    EXPECT_EQ(Error("[training]\nearly_stopping = maybe\n"),
              "run.ini:2:18: early_stopping is maybe, expected true or false");
    EXPECT_NE(Error("[options]\nseed = -1\n").find("from 0 to 9223372036854775807"),
              std::string::npos);
    EXPECT_EQ(Error("[model]\ninput = 4\nlayers = linear 3\n[regularization]\n"
                    "batch_norm = true\n"),
              "run.ini:5:14: batch_norm = true does not go with layers, which lists all layers; "
              "expected batchnorm there");
    EXPECT_EQ(Error("[model]\narchitecture = Sequential(Linear(4,3))\nbatch_norm = yes\n"),
              "run.ini:3:14: batch_norm = true does not go with architecture = Sequential(...), "
              "which lists all layers; expected architecture = sizes, or layers with batchnorm "
              "there");
    EXPECT_NE(Error("[data]\nlabel_column = Qualit\xe4t\n").find("expected UTF-8 text"),
              std::string::npos);
}

TEST(Config, BooleansAndWords) {
    for (const char *word : {"true", "YES", "on", "1"}) {
        EXPECT_EQ(Parse(std::string(kNet) + "[training]\nearly_stopping = " + word)->early_stopping,
                  1);
    }
    for (const char *word : {"False", "no", "OFF", "0"}) {
        EXPECT_EQ(Parse(std::string(kNet) + "[data]\nshuffle = " + word)->shuffle, 0);
    }
    EXPECT_EQ(Parse(std::string(kNet) + "[data]\nnormalize = MinMax")->normalize,
              NEURAL_NORMALIZE_MINMAX);
    EXPECT_EQ(Parse(std::string(kNet) + "[data]\nnormalize = false")->normalize,
              NEURAL_NORMALIZE_NONE);
    const Config csv = Parse(std::string(kNet) + "[data]\nseparator = ;\nheader = no\n");
    EXPECT_EQ(neural_config_separator_char(csv.get()), ';');
    EXPECT_EQ(neural_config_header_mode(csv.get()), -1);
    const Config open = Parse(kNet);
    EXPECT_EQ(neural_config_separator_char(open.get()), 0);
    EXPECT_EQ(neural_config_header_mode(open.get()), 0);
}

TEST(Config, ContradictionsNameBothPlaces) {
    EXPECT_EQ(Error(std::string(kNet) + "[training]\nlearning_rate = 0.1\nlr = 0.2\n"),
              "run.ini:5:1: [training] lr contradicts [training] learning_rate at run.ini:4:1: "
              "both are the same setting, expected one value");
    EXPECT_EQ(
        Parse(std::string(kNet) + "[training]\nlearning_rate = 0.1\nlr = 1e-1\n")->learning_rate,
        0.1);
    EXPECT_NE(Error("[data]\ntest_file=a\nval_data=b\n").find("contradicts"), std::string::npos);
    EXPECT_NE(Error("[model]\narchitecture = 2,1\nlayers = linear 1\ninput=2\n")
                  .find("architecture does not go with layers"),
              std::string::npos);
    EXPECT_NE(Error("[model]\narchitecture = 2,1\nnum_layers = 2\n")
                  .find("run.ini:3:14: num_layers does not go with architecture"),
              std::string::npos);
}

TEST(Config, WhatBelongsTogether) {
    EXPECT_NE(Error("[training]\nepochs=3\n").find("run.ini: [model] describes no network"),
              std::string::npos);
    EXPECT_NE(Error("[model]\nlayers = linear 3\n").find("layers needs input"), std::string::npos);
    EXPECT_EQ(Error("[model]\narchitecture=784,10\ninput_size = 700\n"),
              "run.ini:3:14: input_size is 700, but architecture begins with 784");
    EXPECT_EQ(Error("[model]\narchitecture=784,10\noutput_size = 9\n"),
              "run.ini:3:15: output_size is 9, but architecture ends with 10");
    EXPECT_NE(Error(std::string(kNet) + "[training]\nlr_step_size=3\n").find("expected lr_gamma"),
              std::string::npos);
    EXPECT_NE(Error(std::string(kNet) + "[training]\nnesterov=true\n").find("a momentum above 0"),
              std::string::npos);
    for (const char *bad : {"0", "-3", "1x", "x3", "1x2x3x4x5x6x7x8", "28 x", "abc", "1x0",
                            "1000000000x1000000000x1000000000", "3,4"}) {
        EXPECT_NE(Error("[model]\nlayers = linear 3\ninput = " + std::string(bad) + "\n")
                      .find("expected the sizes of one row"),
                  std::string::npos)
            << bad;
    }
}

TEST(Config, ArchitectureErrors) {
    const auto error = [](const std::string &text) {
        return Error("[model]\narchitecture = " + text + "\n");
    };
    EXPECT_NE(error("2,rellu,8,1")
                  .find("run.ini:2:16: architecture: entry 2 is rellu, expected a "
                        "size or an activation: unknown activation rellu; did you "
                        "mean relu?"),
              std::string::npos);
    for (const char *bad : {"2",
                            "2,",
                            ",2",
                            "relu,2",
                            "2,relu,relu,1",
                            "2,8,relu",
                            "2,0",
                            "2,-1",
                            "2,1x",
                            "2;3",
                            "9999999999,1",
                            "Sequential",
                            "Sequential()",
                            "Sequential(ReLU())",
                            "Seq(Linear(1,2))",
                            "Sequential(Linear(2,8), Linear(9,1))",
                            "Sequential(Linear(2))",
                            "Sequential(Conv(1,2))",
                            "Sequential(Linear(2,8)) x",
                            "Sequential(Linear(2 8))",
                            "Sequential(Linear(2,-8))",
                            "Sequential(Linear(2,8),,ReLU())",
                            "Sequential(Linear(1,2,3,4,5))"}) {
        EXPECT_NE(error(bad).find("run.ini:2:16: architecture"), std::string::npos) << bad;
    }
    EXPECT_NE(error("2,relu,1\noutput_activation = sigmoid").find("ends with relu"),
              std::string::npos);
}

TEST(Config, Overrides) {
    const Config config = Parse(std::string(kNet) + "[training]\nepochs = 3\nlr = 0.5\n",
                                {"training.epochs=7", "TRAINING.learning_rate=1e-2",
                                 "training.epochs=8", "data.train_file=a=b.csv"});
    EXPECT_EQ(config->epochs, 8);
    EXPECT_EQ(config->learning_rate, 0.01);
    EXPECT_STREQ(config->train_file, "a=b.csv");
    char place[NEURAL_CONFIG_PLACE_TEXT];
    EXPECT_STREQ(neural_config_place_text(config.get(), NEURAL_CONFIG_KEY_epochs, place),
                 "--set training.epochs=8");
    EXPECT_EQ(Error(kNet, {"training.epochs=x"}),
              "--set training.epochs=x: epochs is x, expected a whole number from 1 to 1000000000");
    EXPECT_EQ(Error(kNet, {"training.epoch=1"}),
              "--set training.epoch=1: unknown key epoch in [training]; did you mean epochs?");
    for (const char *bad : {"", "x", "epochs=3", "a=b.c", "training.epochs"}) {
        EXPECT_NE(Error(kNet, {bad}).find("expected section.key=value"), std::string::npos) << bad;
    }
    EXPECT_NE(Error(kNet, {"data.label_column=a\nb"}).find("control characters"),
              std::string::npos);
}

TEST(Config, Getters) {
    const Config config = Parse(std::string(kNet) + "[training]\nepochs = 3\nlr = 0.5\n"
                                                    "[optimizer]\ntype = adamw\n");
    const neural_config *c = config.get();
    EXPECT_EQ(neural_config_get_int(c, "training", "epochs", -1), 3);
    EXPECT_EQ(neural_config_get_int(c, "Training", "Batch_Size", -1), 32);
    EXPECT_EQ(neural_config_get_int(c, "training", "lr", -1), -1);
    EXPECT_EQ(neural_config_get_int(c, "nope", "epochs", -1), -1);
    EXPECT_EQ(neural_config_get_int(c, "model", "hidden_size", -1), -1);
    EXPECT_EQ(neural_config_get_int(nullptr, "training", "epochs", -1), -1);
    EXPECT_EQ(neural_config_get_float(c, "optimizer", "lr", -1), 0.5);
    EXPECT_EQ(neural_config_get_float(c, "training", "epochs", -1), 3);
    EXPECT_STREQ(neural_config_get_string(c, "training", "optimizer", "x"), "adamw");
    EXPECT_STREQ(neural_config_get_string(c, "data", "train_file", "x"), "x");
    EXPECT_STREQ(neural_config_get_string(c, "loss", "function", "x"), "x");
}

TEST(Config, ResolvedReadsBackTheSame) {
    const Config config = Parse(
        "[model]\narchitecture = Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid())\n"
        "dtype = float64\n[training]\nlr = 0.1\nmin_delta = 1e-7\n[data]\ntrain_file = /x/y.csv\n"
        "label_column = \"a # \"\"b\"\"\"\nseparator = tab\nheader = yes\nnormalize = 1\n"
        "[performance]\nnum_threads = 3\n[options]\nseed = 9223372036854775807\n");
    const std::string all = Resolved(config);
    const Config again = Parse(all);
    EXPECT_EQ(Resolved(again), all);
    EXPECT_STREQ(again->network, config->network);
    EXPECT_STREQ(again->label_column, "a # \"b\"");
    EXPECT_NE(all.find("num_threads"), std::string::npos);
    const std::string portable = Resolved(config, 1);
    EXPECT_EQ(portable.find("num_threads"), std::string::npos);
    EXPECT_EQ(portable.find("/x/"), std::string::npos);
    EXPECT_NE(portable.find("random_seed = 9223372036854775807"), std::string::npos);
    EXPECT_EQ(Resolved(Parse(portable), 1), portable);
}

TEST(Config, WarnsAboutAChainWithoutActivations) {
    std::string line;
    neural_set_log(
        [](void *context, neural_log_level, const char *text) { *(std::string *)context = text; },
        &line, NEURAL_LOG_WARNING);
    Parse("[model]\narchitecture = 2,8,8,1\n");
    EXPECT_NE(line.find("2 hidden layers have no activation"), std::string::npos);
    line.clear();
    Parse("[model]\narchitecture = 2,8,8,1\nhidden_activation = none\n");
    EXPECT_EQ(line, "");
    neural_set_log(nullptr, nullptr, NEURAL_LOG_ERROR);
}

TEST(Config, EveryFailedAllocationIsReported) {
    const std::string text =
        "[model]\narchitecture = Sequential(Linear(2,8), ReLU(), Linear(8,1))\n"
        "[data]\ntrain_file = a\ntrain_labels = b\n";
    const char *overrides[] = {"training.epochs=3", "data.test_file=x"};
    int n = 1;
    for (;; n++) {
        neural_config *config = nullptr;
        const int64_t held = neural_alloc_bytes();
        neural_alloc_fail_at(n);
        const neural_status status =
            neural_config_parse(text.c_str(), "run.ini", overrides, 2, &config);
        neural_alloc_fail_at(0);
        neural_config_destroy(config);
        ASSERT_EQ(neural_alloc_bytes(), held) << n;
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
    }
    EXPECT_GT(n, 10);
}

TEST(Config, RandomMutations) {
    const std::string base =
        "[model]\ninput = 1x4x4\narchitecture = Sequential(Linear(16,8), ReLU(),"
        " Dropout(0.5), Linear(8,1))\n[training]\nlr = 1e-3\nepochs = 12\n"
        "optimizer = adam\n[data]\nlabel_column = \"x\"\nnormalize = zscore\n"
        "[options]\nseed = 3\n";
    const std::string alphabet = "[]=#;\"(){},x |\t\nabe019.-+";
    const unsigned seed = TestSeed();
    std::mt19937 random(seed);
    int accepted = 0;
    for (int round = 0; round < 10000; round++) {
        const std::string text = Mutated(base, alphabet, &random);
        neural_config *config = nullptr;
        const neural_status status =
            neural_config_parse(text.c_str(), "run.ini", nullptr, 0, &config);
        ASSERT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_PARSE_ERROR ||
                    status == NEURAL_ERR_INVALID_CONFIG)
            << "seed " << seed;
        if (status == NEURAL_OK) {
            accepted++;
            const Config owner(config, neural_config_destroy);
            const std::string resolved = Resolved(owner);
            ASSERT_EQ(Resolved(Parse(resolved)), resolved) << "seed " << seed << "\n" << text;
        } else {
            ASSERT_EQ(strncmp(neural_last_error(), "run.ini", 7), 0)
                << "seed " << seed << ": " << neural_last_error();
        }
    }
    EXPECT_GT(accepted, 100);
}

} // namespace
