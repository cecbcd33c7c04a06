#include "model/shrink.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/base/memory.h"
#include "tests/model/models.h"

namespace {

using Channels = std::unique_ptr<neural_channels, void (*)(neural_channels *)>;

Channels Find(const neural_model *model) {
    neural_channels *out = nullptr;
    EXPECT_EQ(neural_model_channels(model, &out), NEURAL_OK) << neural_last_error();
    return Channels(out, neural_channels_destroy);
}

std::string Text(const std::string &input, const std::string &layers) {
    return "[model]\ninput = " + input + "\nlayers = " + layers + "\n[options]\nseed = 3\n";
}

void SetAll(const neural_parameters *all, uint64_t seed) {
    for (int i = 0; i < all->count; i++) {
        neural_tensor *value = all->item[i]->value;
        const bool is_variance = strstr(all->item[i]->name, "running_var") != nullptr;
        if (is_variance) {
            EXPECT_EQ(neural_tensor_fill_uniform(value, seed + (uint64_t)i, 0.5, 2), NEURAL_OK);
        } else {
            EXPECT_EQ(neural_tensor_fill_normal(value, seed + (uint64_t)i, 0, 0.4), NEURAL_OK);
        }
    }
}

// Which channels stay: ties together, fixed ones, at least one of every maker.
std::vector<uint8_t> Draw(const neural_channels *all, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<uint8_t> keep((size_t)all->count, 1);
    for (int64_t i = 0; i < all->count; i++) {
        const size_t leader = (size_t)all->leader[i];
        keep[(size_t)i] = leader == (size_t)i ? all->fixed[i] || random() % 2 : keep[leader];
    }
    for (int m = 0; m < all->makers; m++) {
        const neural_channel_maker &maker = all->maker[m];
        bool any = maker.count == 0;
        for (int64_t i = 0; i < maker.count; i++) {
            any |= keep[(size_t)(maker.first + i)] != 0;
        }
        if (!any) {
            const int64_t leader = all->leader[maker.first];
            for (int64_t i = 0; i < all->count; i++) {
                keep[(size_t)i] |= all->leader[i] == leader;
            }
        }
    }
    return keep;
}

// In the large model: what makes a channel that goes, its bias, scale and shift become 0, so that
// the channel is 0 everywhere. What reads it stays as it is.
void Silence(const neural_channels *all, const std::vector<uint8_t> &keep) {
    for (int u = 0; u < all->uses; u++) {
        const neural_channel_use &use = all->use[u];
        const int64_t *dims = neural_tensor_dims(use.parameter->value);
        const int ndim = neural_tensor_ndim(use.parameter->value);
        if (strstr(use.parameter->name, "running") || (ndim > 1 && use.made < 0)) {
            continue;
        }
        const int dim = ndim == 1 ? 0 : use.made;
        const int64_t rows = dims[0], cols = ndim > 1 ? dims[1] : 1;
        const int64_t rest = neural_tensor_len(use.parameter->value) / (rows * cols);
        float *data = (float *)neural_tensor_data(use.parameter->value);
        for (int64_t i = 0; i < rows * cols; i++) {
            const int64_t channel = use.channel[dim][dim ? i % cols : i / cols];
            if (channel != NEURAL_CHANNEL_NONE && !keep[(size_t)channel]) {
                std::fill(data + i * rest, data + (i + 1) * rest, 0.0f);
            }
        }
    }
}

struct Case {
    const char *name, *input, *layers;
    int64_t removable; // leaders that may go
};

const Case kCases[] = {
    {"linear", "6", "linear 12 | relu | linear 9 | tanh | linear 3", 21},
    {"conv_batchnorm", "2x9x9",
     "conv2d 8 3x3 pad=1 bias=false | batchnorm | relu | maxpool2d 2x2 | conv2d 10 3x3 | relu | "
     "flatten | dropout 0.5 | linear 7 | relu | linear 3",
     8 + 10 + 7},
    {"residual", "3x6x6",
     "conv2d 8 3x3 pad=1 | batchnorm | relu | residual { conv2d 5 3x3 pad=1 | relu | conv2d 8 3x3 "
     "pad=1 | batchnorm } | relu | global_avgpool | flatten | linear 4",
     8 + 5},
    {"shortcut", "3x6x6",
     "conv2d 4 3x3 pad=1 | relu | residual { conv2d 6 3x3 pad=1 stride=2 } { conv2d 6 1x1 "
     "stride=2 | batchnorm } | relu | flatten | linear 4",
     4 + 6},
    {"residual_of_the_input", "4", "residual { linear 7 | relu | linear 4 } | linear 3", 7},
    {"concat", "2x5x5",
     "conv2d 4 3x3 pad=1 | relu | concat { conv2d 3 1x1 | relu } { conv2d 5 3x3 pad=1 | "
     "batchnorm } { avgpool2d 3x3 stride=1 pad=1 } | conv2d 6 3x3 | flatten | linear 2",
     4 + 3 + 5 + 6},
    {"concat_in_residual", "3x4x4",
     "conv2d 6 1x1 | relu | residual { concat { conv2d 2 1x1 } { conv2d 4 3x3 pad=1 } } | flatten "
     "| linear 2",
     6},
    {"depthwise", "2x6x6",
     "conv2d 6 1x1 | batchnorm | relu | conv2d 6 3x3 pad=1 groups=6 bias=false | batchnorm | relu "
     "| conv2d 12 3x3 1 1 1 6 | conv2d 5 1x1 | flatten | linear 2",
     6 + 5},
    {"grouped_stays", "4x5x5",
     "conv2d 8 1x1 | relu | conv2d 6 3x3 groups=2 | flatten | linear 5 | "
     "relu | linear 2",
     5},
    {"signal", "3x16", "conv1d 7 3 | relu | maxpool1d 2 | conv1d 4 3 | flatten | linear 3", 7 + 4},
    {"transposed", "3x4x4",
     "conv2d 5 1x1 | relu | conv_transpose2d 6 2x2 stride=2 | relu | conv2d 2 1x1 | flatten | "
     "linear 3",
     5 + 6 + 2},
    {"norms_stay", "8", "linear 6 | layernorm | linear 5 | relu | linear 4 | softmax | linear 2",
     5},
    {"nested", "3x5x5",
     "conv2d 5 1x1 | residual { residual { conv2d 5 3x3 pad=1 } | relu | concat { conv2d 3 1x1 } "
     "{ conv2d 2 1x1 } } | flatten | linear 3 | softmax",
     5},
};

class Shrink : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Networks, Shrink, testing::ValuesIn(kCases),
                         [](const auto &c) { return std::string(c.param.name); });

TEST_P(Shrink, FindsWhatMayGo) {
    const Model model = Build(Text(GetParam().input, GetParam().layers));
    const Channels all = Find(model.get());
    int64_t removable = 0;
    for (int64_t i = 0; i < all->count; i++) {
        removable += all->leader[i] == i && !all->fixed[i];
        EXPECT_LE(all->leader[i], i);
        EXPECT_EQ(all->leader[all->leader[i]], all->leader[i]);
    }
    EXPECT_EQ(removable, GetParam().removable);
}

// A channel that is 0 everywhere may as well not be there.
TEST_P(Shrink, PredictsAsWithTheChannelsSilenced) {
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const Model model = Build(Text(GetParam().input, GetParam().layers));
        SetAll(neural_model_parameters(model.get()), 100 * seed);
        SetAll(neural_model_buffers(model.get()), 100 * seed + 50);
        const Channels all = Find(model.get());
        const std::vector<uint8_t> keep = Draw(all.get(), seed);
        neural_model *smaller = nullptr;
        ASSERT_EQ(neural_model_shrink(model.get(), all.get(), keep.data(), &smaller), NEURAL_OK)
            << neural_last_error();
        const Model owned(smaller, neural_model_destroy);
        EXPECT_LE(neural_model_weight_count(smaller), neural_model_weight_count(model.get()));
        Silence(all.get(), keep);
        neural_layer_weights_written(neural_model_network(model.get()));
        const Tensor x = Normal({5, neural_model_features(model.get())}, NEURAL_DTYPE_F32, seed);
        const std::vector<double> want = Values(Predict(model.get(), x.get()).get());
        const std::vector<double> have = Values(Predict(smaller, x.get()).get());
        ASSERT_EQ(have.size(), want.size());
        for (size_t i = 0; i < want.size(); i++) {
            EXPECT_NEAR(have[i], want[i], 1e-4 * (1 + std::fabs(want[i]))) << "seed " << seed;
        }
    }
}

TEST_P(Shrink, IsAWholeModelOfItsOwn) {
    const Model model = Build(Text(GetParam().input, GetParam().layers));
    const Channels all = Find(model.get());
    const std::vector<uint8_t> keep = Draw(all.get(), 3);
    neural_model *smaller = nullptr, *loaded = nullptr;
    ASSERT_EQ(neural_model_shrink(model.get(), all.get(), keep.data(), &smaller), NEURAL_OK);
    const Model owned(smaller, neural_model_destroy);
    const std::string path = testing::TempDir() + "/smaller.safetensors";
    ASSERT_EQ(neural_model_save(smaller, nullptr, path.c_str()), NEURAL_OK) << neural_last_error();
    ASSERT_EQ(neural_model_load(path.c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model again(loaded, neural_model_destroy);
    const Tensor x = Normal({3, neural_model_features(model.get())}, NEURAL_DTYPE_F32, 1);
    EXPECT_EQ(Values(Predict(loaded, x.get()).get()), Values(Predict(smaller, x.get()).get()));
    // it can be shrunk again, and all kept is the same model
    const Channels fewer = Find(loaded);
    const std::vector<uint8_t> everything((size_t)fewer->count, 1);
    neural_model *same = nullptr;
    ASSERT_EQ(neural_model_shrink(loaded, fewer.get(), everything.data(), &same), NEURAL_OK);
    const Model third(same, neural_model_destroy);
    EXPECT_EQ(Values(Predict(same, x.get()).get()), Values(Predict(smaller, x.get()).get()));
}

TEST(ShrinkModel, MasksLoseTheirPlaces) {
    const Model model = Build(Text("3", "linear 4 | relu | linear 2"));
    neural_parameter *second = neural_model_parameters(model.get())->item[2];
    const int64_t dims[] = {2, 4};
    neural_tensor *mask = nullptr;
    ASSERT_EQ(neural_tensor_create(2, dims, NEURAL_DTYPE_U8, &mask), NEURAL_OK);
    const uint8_t bits[] = {1, 0, 0, 1, 0, 1, 1, 0};
    memcpy(neural_tensor_data(mask), bits, sizeof bits);
    ASSERT_EQ(neural_parameter_set_mask(second, mask), NEURAL_OK);
    neural_tensor_release(mask);
    const Channels all = Find(model.get());
    const uint8_t keep[] = {1, 0, 1, 1, 1, 1};
    neural_model *smaller = nullptr;
    ASSERT_EQ(neural_model_shrink(model.get(), all.get(), keep, &smaller), NEURAL_OK);
    const Model owned(smaller, neural_model_destroy);
    const neural_tensor *kept = neural_model_parameters(smaller)->item[2]->mask;
    ASSERT_NE(kept, nullptr);
    const uint8_t want[] = {1, 0, 1, 0, 1, 0};
    EXPECT_EQ(memcmp(neural_tensor_data((neural_tensor *)kept), want, sizeof want), 0);
}

TEST(ShrinkModel, Refuses) {
    const Model model =
        Build(Text("4", "linear 4 | residual { linear 4 } | relu | linear 3 | linear 2"));
    const Channels all = Find(model.get());
    std::vector<uint8_t> keep((size_t)all->count, 1);
    neural_model *out = nullptr;
    keep[4] = 0; // tied to 0
    EXPECT_EQ(neural_model_shrink(model.get(), all.get(), keep.data(), &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_STREQ(neural_last_error(),
                 "model_shrink: channels 4 and 0 are tied, expected both or none to stay");
    keep[4] = 1;
    keep.back() = 0; // an output
    EXPECT_EQ(neural_model_shrink(model.get(), all.get(), keep.data(), &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    keep.back() = 1;
    keep[8] = keep[9] = keep[10] = 0;
    EXPECT_EQ(neural_model_shrink(model.get(), all.get(), keep.data(), &out),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("all channels"), std::string::npos);
    keep[8] = 1;
    EXPECT_EQ(out, nullptr);
    for (int64_t failing = 1;; failing++) {
        ASSERT_LT(failing, 1000);
        neural_alloc_fail_at(failing);
        const neural_status status = neural_model_shrink(model.get(), all.get(), keep.data(), &out);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        ASSERT_EQ(out, nullptr);
    }
    neural_model_destroy(out);
}

TEST(ShrinkModel, AdaptsAConfigOfAnyDialect) {
    const Model model = Build(Text("1x4x4", "conv2d 3 3x3 | relu | flatten | linear 2 | softmax"));
    for (const char *own : {"[model]\narchitecture = 16,8,2\nhidden_activation = relu\n",
                            "[model]\ninput_size = 16\nhidden_size = 5\nnum_layers = 1\n"
                            "output_size = 2\n",
                            "[model]\ninput = 16\nlayers = linear 2\n"}) {
        const Config config =
            ParseConfig(std::string(own) + "dtype = f32\n[data]\ntrain_file = x.csv\n"
                                           "[training]\nlr = 0.25\nepochs = 9\n");
        const char *overrides[] = {"training.epochs=3"};
        neural_config *out = nullptr;
        ASSERT_EQ(neural_model_adapt_config(model.get(), config.get(), overrides, 1, &out),
                  NEURAL_OK)
            << neural_last_error();
        const Config owned(out, neural_config_destroy);
        EXPECT_EQ(neural_config_get_float(out, "training", "learning_rate", 0), 0.25);
        EXPECT_EQ(neural_config_get_int(out, "training", "epochs", 0), 3);
        EXPECT_STREQ(neural_config_get_string(out, "data", "train_file", ""), "x.csv");
        neural_model *made = nullptr;
        ASSERT_EQ(neural_model_create(out, &made), NEURAL_OK) << neural_last_error();
        EXPECT_EQ(neural_model_weight_count(made), neural_model_weight_count(model.get()));
        neural_model_destroy(made);
    }
}

} // namespace
