// Networks from configs: layers, loss, forward, predict, summary.
#include "model/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/autograd/tape.h"
#include "core/base/memory.h"
#include "tests/model/models.h"

namespace {

std::string Layers(const neural_model *model) {
    std::string text;
    const neural_layer *network = neural_model_network(model);
    for (int i = 0; i < neural_layer_child_count(network); i++) {
        char line[200];
        text += (i ? " " : "") +
                std::string(neural_layer_describe(neural_layer_child(network, i), line, 200));
    }
    return text;
}

TEST(Model, LayersAndNames) {
    const Model model = Build("[model]\ninput = 1x4x4\nlayers = linear 8 bias=false | ReLU | "
                              "dropout p=0.25 | linear out=3 | leaky_relu 0.2 | elu alpha=2 | "
                              "hardtanh -2 2 | swish | linear 2\n");
    EXPECT_EQ(Layers(model.get()),
              "Linear(in_features=16, out_features=8, bias=False) ReLU() Dropout(p=0.25) "
              "Linear(in_features=8, out_features=3, bias=True) LeakyReLU(negative_slope=0.2) "
              "ELU(alpha=2) HardTanh(min_val=-2, max_val=2) SiLU() "
              "Linear(in_features=3, out_features=2, bias=True)");
    const neural_parameters *all = neural_model_parameters(model.get());
    ASSERT_EQ(all->count, 5);
    EXPECT_STREQ(all->item[0]->name, "0.weight");
    EXPECT_STREQ(all->item[1]->name, "3.weight");
    EXPECT_STREQ(all->item[4]->name, "8.bias");
    EXPECT_EQ(neural_model_weight_count(model.get()), 16 * 8 + 8 * 3 + 3 + 3 * 2 + 2);
    EXPECT_EQ(neural_model_features(model.get()), 16);
    EXPECT_EQ(neural_model_outputs(model.get()), 2);
}

TEST(Model, LayersInBracesOverLines) {
    const Model model = Build("[model]\ninput = 4\nlayers = {\n linear 8 |  # first\n relu |\n"
                              " linear 2 }\n");
    EXPECT_EQ(neural_layer_child_count(neural_model_network(model.get())), 3);
}

TEST(Model, LossAndOutput) {
    const struct {
        const char *config;
        neural_loss loss;
        neural_activation output;
        int layers;
    } cases[] = {
        {"architecture = 4,8,softmax,3", NEURAL_LOSS_CROSS_ENTROPY, NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,3", NEURAL_LOSS_CROSS_ENTROPY, NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,2", NEURAL_LOSS_CROSS_ENTROPY, NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,1", NEURAL_LOSS_BCE_WITH_LOGITS, NEURAL_ACTIVATION_SIGMOID, 2},
        {"architecture = 4,8,sigmoid,1", NEURAL_LOSS_BCE_WITH_LOGITS, NEURAL_ACTIVATION_SIGMOID, 2},
        {"architecture = 4,8,sigmoid,3", NEURAL_LOSS_BCE_WITH_LOGITS, NEURAL_ACTIVATION_SIGMOID, 2},
        {"architecture = 4,8,1\noutput_activation = linear", NEURAL_LOSS_MSE,
         NEURAL_ACTIVATION_NONE, 2},
        {"architecture = 4,8,tanh,1", NEURAL_LOSS_MSE, NEURAL_ACTIVATION_NONE, 3},
        {"architecture = 4,8,sigmoid,1\n[loss]\nfunction = mse", NEURAL_LOSS_MSE,
         NEURAL_ACTIVATION_NONE, 3},
        {"architecture = 4,8,3\n[loss]\nfunction = mse", NEURAL_LOSS_MSE, NEURAL_ACTIVATION_NONE,
         2},
        {"architecture = 4,8,sigmoid,1\n[loss]\nloss_function = bce", NEURAL_LOSS_BCE_WITH_LOGITS,
         NEURAL_ACTIVATION_SIGMOID, 2},
        {"architecture = 4,8,softmax,3\n[loss]\nfunction = ce", NEURAL_LOSS_CROSS_ENTROPY,
         NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,relu,3\n[loss]\nfunction = ce", NEURAL_LOSS_CROSS_ENTROPY,
         NEURAL_ACTIVATION_SOFTMAX, 3},
        {"architecture = 4,8,log_softmax,3", NEURAL_LOSS_NLL, NEURAL_ACTIVATION_SOFTMAX, 3},
        {"architecture = 4,8,log_softmax,3\n[loss]\nfunction = kl_div", NEURAL_LOSS_KL_DIV,
         NEURAL_ACTIVATION_SOFTMAX, 3},
        {"architecture = 4,8,3\n[loss]\nfunction = focal", NEURAL_LOSS_FOCAL,
         NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,softmax,3\n[loss]\nfunction = focal", NEURAL_LOSS_FOCAL,
         NEURAL_ACTIVATION_SOFTMAX, 2},
        {"architecture = 4,8,3\n[training]\nloss = mae", NEURAL_LOSS_L1, NEURAL_ACTIVATION_NONE, 2},
        {"architecture = 4,8,3\n[loss]\nfunction = bce_with_logits", NEURAL_LOSS_BCE_WITH_LOGITS,
         NEURAL_ACTIVATION_SIGMOID, 2},
    };
    for (const auto &c : cases) {
        const Model model = Build(std::string("[model]\n") + c.config + "\n");
        EXPECT_EQ(neural_model_loss(model.get()), c.loss) << c.config;
        EXPECT_EQ(neural_model_output_activation(model.get()), c.output) << c.config;
        EXPECT_EQ(neural_layer_child_count(neural_model_network(model.get())), c.layers)
            << c.config;
        EXPECT_EQ(neural_model_is_classifier(model.get()), c.loss == NEURAL_LOSS_CROSS_ENTROPY ||
                                                               c.loss == NEURAL_LOSS_NLL ||
                                                               c.loss == NEURAL_LOSS_FOCAL);
    }
}

TEST(Model, ErrorsNameLineWordAndPosition) {
    const auto error = [](const std::string &layers) {
        return BuildError("[model]\ninput = 4\nlayers = " + layers + "\n");
    };
    EXPECT_EQ(error("linear 8 | dropuot 0.2 | linear 2"),
              "run.ini:3:10: layer 2: unknown layer dropuot; did you mean dropout?");
    EXPECT_EQ(error("linear 0"),
              "run.ini:3:10: layer 1 (linear): out is 0, expected a whole number from 1 to "
              "1000000000");
    EXPECT_EQ(error("linear 8 | dropout 1.5"),
              "run.ini:3:10: layer 2 (dropout): p is 1.5, expected a number from 0 to below 1");
    EXPECT_EQ(error("linear 8 | | linear 2"),
              "run.ini:3:10: layer 2 is empty, expected a layer such as linear 10");
    EXPECT_EQ(error("linear 8 relu"),
              "run.ini:3:10: layer 1 (linear): bias is relu, expected true or false");
    for (const char *bad :
         {"|", "linear", "linear x", "linear 8 units=3", "linear 8 out=9", "dropout",
          "linear 3 | relu 0.1", "linear 3 | hardtanh 2 1", "linear 3 | dropout nan",
          "linear 2147483648", "linear 1 2 3 4 5 6 7 8 9 10", "linear 3 bias=maybe", "linear -3",
          "leaky_relu alpha=x | linear 2", "= =", "linear 3 |"}) {
        EXPECT_EQ(error(bad).compare(0, 13, "run.ini:3:10:"), 0) << bad << ": " << error(bad);
    }
    EXPECT_NE(BuildError("[model]\narchitecture = 4,1\n[loss]\nfunction = cross_entropy\n")
                  .find("run.ini:4:12: cross_entropy needs an output per class"),
              std::string::npos);
    EXPECT_NE(BuildError("[model]\narchitecture = 4,softmax,1\n").find("run.ini:2:16: "),
              std::string::npos);
    EXPECT_NE(BuildError("[model]\narchitecture = 4,tanh,1\n[loss]\nfunction = bce\n")
                  .find("bce needs sigmoid at the end or nothing, found tanh"),
              std::string::npos);
    EXPECT_NE(BuildError("[model]\ninput = 4\nlayers = linear 3\noutput_size = 4\n")
                  .find("output_size is 4, but the network ends with 3"),
              std::string::npos);
}

#ifdef __SANITIZE_ADDRESS__
// A failed allocation is what the next test asks for.
extern "C" const char *__asan_default_options() {
    return "allocator_may_return_null=1";
}
#endif

TEST(Model, TooLargeIsAnErrorNotACrash) {
    neural_config *config = nullptr;
    ASSERT_EQ(neural_config_parse("[model]\narchitecture = 1000000000,1000000000\n", "run.ini",
                                  nullptr, 0, &config),
              NEURAL_OK);
    neural_model *model = nullptr;
    const neural_status status = neural_model_create(config, &model);
    EXPECT_EQ(status, NEURAL_ERR_INVALID_CONFIG) << neural_last_error();
    EXPECT_EQ(model, nullptr);
    neural_config_destroy(config);
}

// softmax(relu(z W0^T + b0) W1^T + b1) of z = (x - offset) / scale, in double.
std::vector<double> Oracle(const neural_model *model, const std::vector<double> &x,
                           const std::vector<double> &offset, const std::vector<double> &scale) {
    const neural_parameters *all = neural_model_parameters(model);
    std::vector<double> a(x);
    for (size_t i = 0; i < a.size(); i++) {
        a[i] = (a[i] - offset[i]) / scale[i];
    }
    for (int p = 0; p < all->count; p += 2) {
        const std::vector<double> w = Values(all->item[p]->value),
                                  b = Values(all->item[p + 1]->value);
        std::vector<double> y(b);
        for (size_t j = 0; j < y.size(); j++) {
            for (size_t i = 0; i < a.size(); i++) {
                y[j] += w[j * a.size() + i] * a[i];
            }
            y[j] = p + 2 < all->count ? std::max(y[j], 0.0) : std::exp(y[j]);
        }
        a = y;
    }
    double sum = 0;
    for (const double v : a) {
        sum += v;
    }
    for (double &v : a) {
        v /= sum;
    }
    return a;
}

TEST(Model, PredictTransformsRunsAndActivates) {
    for (const char *dtype : {"f32", "f64"}) {
        const Model model = Build("[model]\narchitecture = 5,7,3\nhidden_activation = relu\n"
                                  "dropout = 0.5\noutput_activation = softmax\ndtype = " +
                                  std::string(dtype) + "\n");
        const std::vector<double> offset = {1, 2, 3, 4, 5}, scale = {1, 2, 4, 0.5, 3};
        neural_transform *transform = nullptr;
        ASSERT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, offset.data(), scale.data(), 5,
                                          &transform),
                  NEURAL_OK);
        ASSERT_EQ(neural_model_set_transform(model.get(), transform), NEURAL_OK);
        const Tensor rows = Normal({11, 5}, NEURAL_DTYPE_F64, 3);
        const std::vector<double> x = Values(rows.get());
        const Tensor y = Predict(model.get(), rows.get());
        EXPECT_EQ(Values(rows.get()), x); // the caller's rows stay
        ASSERT_EQ(neural_tensor_len(y.get()), 33);
        EXPECT_EQ(neural_tensor_dtype(y.get()), neural_model_dtype(model.get()));
        const std::vector<double> got = Values(y.get());
        for (size_t i = 0; i < 11; i++) {
            const std::vector<double> row(x.begin() + (long)i * 5, x.begin() + (long)i * 5 + 5);
            const std::vector<double> want = Oracle(model.get(), row, offset, scale);
            for (size_t j = 0; j < 3; j++) {
                EXPECT_NEAR(got[i * 3 + j], want[j], dtype[1] == '3' ? 3e-6 : 1e-13);
            }
        }
        EXPECT_TRUE(neural_layer_training(neural_model_network(model.get())));
        EXPECT_TRUE(neural_grad_enabled());
        EXPECT_EQ(neural_node_count(), 0);
    }
}

TEST(Model, ForwardGivesLogitsAndTakesImages) {
    const Model model = Build("[model]\ninput = 1x2x3\nlayers = linear 4 | softmax\n");
    const Tensor flat = Normal({3, 6}, NEURAL_DTYPE_F32, 1);
    neural_tensor *image = nullptr, *a = nullptr, *b = nullptr;
    const int64_t dims[] = {3, 1, 2, 3};
    ASSERT_EQ(neural_tensor_view(flat.get(), 4, dims, &image), NEURAL_OK);
    ASSERT_EQ(neural_model_forward(model.get(), flat.get(), &a), NEURAL_OK);
    ASSERT_EQ(neural_model_forward(model.get(), image, &b), NEURAL_OK);
    EXPECT_EQ(Values(a), Values(b));
    double sum = 0;
    for (const double v : Values(a)) {
        sum += v;
    }
    EXPECT_GT(std::fabs(sum - 3), 1e-3); // not probabilities
    neural_tensor_release(image);
    neural_tensor_release(a);
    neural_tensor_release(b);
}

TEST(Model, WrongShapesNameBoth) {
    const Model model = Build("[model]\narchitecture = 784,10\n");
    neural_tensor *y = nullptr;
    const Tensor narrow = Normal({32, 10}, NEURAL_DTYPE_F32, 1),
                 row = Normal({784}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(neural_model_forward(model.get(), narrow.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "model: x is [32, 10], expected [*, 784]");
    EXPECT_EQ(neural_model_predict(model.get(), row.get(), &y), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_model_forward(model.get(), nullptr, &y), NEURAL_ERR_NULL_POINTER);
    neural_transform *transform = nullptr;
    const double one = 1;
    ASSERT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, &one, &one, 1, &transform),
              NEURAL_OK);
    EXPECT_EQ(neural_model_set_transform(model.get(), transform), NEURAL_ERR_SHAPE_MISMATCH);
    neural_transform_destroy(transform);
}

TEST(Model, ClassNames) {
    const Model model = Build("[model]\narchitecture = 4,3\n");
    const char *names[] = {"a", "b b", "c\xc3\xbc"}, *bad[] = {"a", "b", "\xfc"};
    EXPECT_EQ(neural_model_class_name(model.get(), 0), nullptr);
    EXPECT_EQ(neural_model_class_names(model.get()), nullptr);
    ASSERT_EQ(neural_model_set_class_names(model.get(), names, 3), NEURAL_OK);
    EXPECT_STREQ(neural_model_class_name(model.get(), 2), "c\xc3\xbc");
    EXPECT_EQ(neural_model_class_name(model.get(), 3), nullptr);
    EXPECT_EQ(neural_model_class_name(model.get(), -1), nullptr);
    EXPECT_EQ(neural_model_set_class_names(model.get(), names, 2), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_model_set_class_names(model.get(), bad, 3), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_model_class_name(model.get(), 0), "a");
}

TEST(Model, SeedsDecideTheStart) {
    const std::string text = "[model]\narchitecture = 4,relu,8,3\n[options]\nseed = ";
    const Model a = Build(text + "1\n"), b = Build(text + "1\n"), c = Build(text + "2\n");
    const auto weights = [](const Model &m) {
        return Values(neural_model_parameters(m.get())->values);
    };
    EXPECT_EQ(weights(a), weights(b));
    EXPECT_NE(weights(a), weights(c));
}

TEST(Model, DropoutsOfOneModelDiffer) {
    const Model model =
        Build("[model]\ninput = 64\nlayers = dropout 0.5 | dropout 0.5 | linear 2\n");
    const neural_layer *network = neural_model_network(model.get());
    neural_tensor *ones = nullptr, *a = nullptr, *b = nullptr;
    const int64_t dims[] = {8, 64};
    ASSERT_EQ(neural_tensor_ones(2, dims, NEURAL_DTYPE_F32, &ones), NEURAL_OK);
    ASSERT_EQ(neural_layer_forward(neural_layer_child(network, 0), ones, &a), NEURAL_OK);
    ASSERT_EQ(neural_layer_forward(neural_layer_child(network, 1), ones, &b), NEURAL_OK);
    EXPECT_NE(Values(a), Values(b));
    for (neural_tensor *t : {ones, a, b}) {
        neural_tensor_release(t);
    }
}

TEST(Model, Initialisation) {
    const Model model = Build("[model]\narchitecture = 100,50,3\n[initialization]\n"
                              "weight_init = he\nbias_init = zero\n");
    const neural_parameters *all = neural_model_parameters(model.get());
    double most = 0;
    for (const double w : Values(all->item[0]->value)) {
        most = std::max(most, std::fabs(w));
    }
    EXPECT_LE(most, std::sqrt(6.0 / 100));
    EXPECT_GT(most, 0.9 * std::sqrt(6.0 / 100));
    for (const double b : Values(all->item[1]->value)) {
        EXPECT_EQ(b, 0);
    }
}

TEST(Model, Summary) {
    const Model model =
        Build("[model]\ninput = 1x28x28\nlayers = linear 256 | relu | dropout 0.2 | "
              "linear 10\n");
    char *text = nullptr;
    ASSERT_EQ(neural_model_summary(model.get(), &text), NEURAL_OK);
    EXPECT_STREQ(text,
                 "Layer                                                     Output shape  "
                 "  Parameters\n"
                 "-----------------------------------------------------------------------"
                 "-------------\n"
                 " 0  Linear(in_features=784, out_features=256, bias=True)  [N, 256]      "
                 "     200,960\n"
                 " 1  ReLU()                                                [N, 256]      "
                 "           0\n"
                 " 2  Dropout(p=0.2)                                        [N, 256]      "
                 "           0\n"
                 " 3  Linear(in_features=256, out_features=10, bias=True)   [N, 10]       "
                 "       2,570\n"
                 "-----------------------------------------------------------------------"
                 "-------------\n"
                 "203,530 parameters, f32, 795.0 KiB; input [N, 1, 28, 28], loss cross_entropy, "
                 "softmax in predictions\n");
    neural_text_free(text);
}

TEST(Model, EveryFailedAllocationIsReported) {
    const Config config =
        ParseConfig("[model]\ninput = 4\nlayers = linear 8 | relu | dropout 0.5 | "
                    "linear 3\n");
    int n = 1;
    for (;; n++) {
        neural_model *model = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status = neural_model_create(config.get(), &model);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            neural_model_destroy(model);
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << ": " << neural_last_error();
        ASSERT_EQ(model, nullptr);
    }
    EXPECT_GT(n, 8);
}

TEST(Model, RandomLayerLines) {
    const std::vector<std::string> words = {
        "linear", "8", "relu", "|",   "dropout", "0.2",     "p=0.1", "=",  "bias=",   "false", "|",
        "3",      "{", "}",    "elu", "alpha",   "softmax", "-1",    "99", "sigmoid", "|"};
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    int built = 0;
    for (int round = 0; round < 10000; round++) {
        std::string line;
        for (unsigned i = 1 + random() % 8; i; i--) {
            line += words[random() % words.size()] + " ";
        }
        neural_config *config = nullptr;
        neural_model *model = nullptr;
        const std::string text = "[model]\ninput = 4\nlayers = \"" + line + "\"\n";
        if (neural_config_parse(text.c_str(), "run.ini", nullptr, 0, &config) == NEURAL_OK) {
            built += neural_model_create(config, &model) == NEURAL_OK;
            ASSERT_TRUE(model || neural_last_error_code() == NEURAL_ERR_INVALID_CONFIG)
                << "seed " << seed << ": " << line << neural_last_error();
        }
        neural_model_destroy(model);
        neural_config_destroy(config);
    }
    EXPECT_GT(built, 20);
}

TEST(Model, ImagesFromTheInputsShape) {
    for (const char *input : {"6x5", "1x6x5"}) { // a missing channel dimension counts as 1
        EXPECT_EQ(BuildError("[model]\ninput = " + std::string(input) +
                             "\nlayers = conv2d 4 3x2 pad=1x0 bias=no | relu | "
                             "conv2d 8 3 stride=2 groups=4 | conv_transpose2d 2 1x2 | "
                             "conv2d 3 2x2 pad=same\n"),
                  "run.ini:3:10: the network ends with [3, 2, 2], expected one row of numbers; "
                  "flatten makes one");
    }
}

TEST(Model, RefusesImpossibleConvolutions) {
    const struct {
        const char *layers, *error;
    } cases[] = {
        {"conv2d 64 0x3", "layer 1 (conv2d): kernel is 0x3, expected a size such as 3 or height x "
                          "width such as 3x3, each from 1 to 16777216"},
        {"conv2d 64 3x", "layer 1 (conv2d): kernel is 3x, expected a size"},
        {"conv2d 64", "layer 1 (conv2d): kernel is missing, expected a size"},
        {"conv2d 0 3x3", "layer 1 (conv2d): out is 0, expected a whole number from 1"},
        {"conv2d 64 3x3 pad=-1",
         "layer 1 (conv2d): pad is -1, expected a size from 0 such as 1, height x width such as "
         "1x2, same or valid"},
        {"conv2d 64 3x3 pad=1x2x3", "layer 1 (conv2d): pad is 1x2x3"},
        {"conv2d 64 3x3 stride=0", "layer 1 (conv2d): stride is 0"},
        {"conv2d 64 3x3 stride=2 pad=same",
         "layer 1 (conv2d): pad=same needs stride 1, found stride=2x2"},
        {"conv2d 64 3x3 dilation=99999999999999999999", "layer 1 (conv2d): dilation is 9999999999"},
        {"conv2d 64 9x9 pad=1",
         "layer 1 (conv2d): Conv2d: the kernel covers 9 elements, but the padded height is 6 + 1 "
         "+ 1"},
        {"conv2d 64 3x3 groups=2", "layer 1 (conv2d): Conv2d: groups is 2, expected a divisor of"},
        {"conv2d 64 3x3 padding=1", "layer 1 (conv2d): unexpected argument padding=1"},
        {"conv2d 1000000000 3000x3000", "layer 1 (conv2d): "},
        {"conv_transpose2d 64 3x3 pad=same", "layer 1 (conv_transpose2d): pad is same"},
        {"conv_transpose2d 4 3x3 stride=2 output_padding=2",
         "layer 1 (conv_transpose2d): ConvTranspose2d: output_padding is 2"},
        {"conv2d 4 3x3 | linear 10",
         "layer 2 (linear): the input is the image [4, 4, 3], expected one row of numbers; put "
         "flatten before it"},
        {"linear 4 | conv2d 4 3x3",
         "layer 1 (linear): the input is the image [1, 6, 5], expected one row of numbers"},
    };
    for (const auto &c : cases) {
        const std::string error =
            BuildError("[model]\ninput = 6x5\nlayers = " + std::string(c.layers) + "\n");
        EXPECT_EQ(error.rfind("run.ini:3:10: " + std::string(c.error), 0), 0u)
            << c.layers << ": " << error;
    }
    EXPECT_EQ(BuildError("[model]\ninput = 784\nlayers = conv2d 4 3x3\n"),
              "run.ini:3:10: layer 1 (conv2d): the input is [784], expected [channels, height, "
              "width], given by a line such as input = 1x28x28");
}

TEST(Model, PoolingAndShapesInTheLayersLine) {
    const struct {
        const char *layers, *error;
    } cases[] = {
        {"maxpool2d 0x2", "layer 1 (maxpool2d): size is 0x2, expected a size"},
        {"maxpool2d", "layer 1 (maxpool2d): size is missing"},
        {"maxpool2d 2 pad=2", "layer 1 (maxpool2d): MaxPool2d: pad is 2, want 0 to 1"},
        {"maxpool2d 7x2",
         "layer 1 (maxpool2d): MaxPool2d: x is [1, 6, 5], padded by 0 the height is 6, but the "
         "window spans 7"},
        {"maxpool2d 2 | flatten | maxpool2d 2", "layer 3 (maxpool2d): the input is [6], expected"},
        {"maxpool2d 2 | reshape 7x-1", "layer 2 (reshape): Reshape: the input is [1, 3, 2]"},
        {"maxpool2d 2 | reshape 7x", "layer 2 (reshape): shape is 7x, expected sizes such as"},
        {"maxpool2d 2 | embedding 5 4", "layer 2 (embedding): it looks up the columns"},
        {"dropout2d 1", "layer 1 (dropout2d): p is 1, expected a number from 0 to below 1"},
        {"embedding 0 4", "layer 1 (embedding): rows is 0, expected a whole number from 1"},
        {"embedding 5 4 padding=5", "layer 1 (embedding): padding is 5, expected a whole number"},
    };
    for (const auto &c : cases) {
        const std::string error =
            BuildError("[model]\ninput = 6x5\nlayers = " + std::string(c.layers) + "\n");
        EXPECT_EQ(error.rfind("run.ini:3:10: " + std::string(c.error), 0), 0u)
            << c.layers << ": " << error;
    }
    for (const char *layers :
         {"maxpool2d 2x2 | flatten | linear 3", "embedding 9 4 | flatten | linear 3",
          "conv2d 4 3x3 pad=1 | maxpool2d 3x3 stride=2 pad=1 ceil=true | dropout2d 0.2 | "
          "global_avgpool | flatten | linear 3",
          "avgpool2d 2 count_pad=false | adaptive_avgpool 2x1 | flatten | linear 3"}) {
        const Config config =
            ParseConfig("[model]\ninput = 6x5\nlayers = " + std::string(layers) + "\n");
        neural_model *model = nullptr;
        EXPECT_EQ(neural_model_create(config.get(), &model), NEURAL_OK)
            << layers << ": " << neural_last_error();
        neural_model_destroy(model);
    }
}

} // namespace
