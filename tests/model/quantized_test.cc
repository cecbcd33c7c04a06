// Networks in 8 bits: what each kind of layer becomes, files of them, and files that are refused.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "core/base/allocations.h"
#include "core/base/memory.h"
#include "model/safetensors.h"
#include "tests/model/quantized_models.h"

namespace {

struct Case {
    const char *name, *layers, *input;
    int64_t features;
    int layers_8bit; /* with weights */
    double snr;      /* dB that the predictions keep at least */
};

/* Predictions are the logits: there is no softmax at the end. */
const Case kCases[] = {
    {"mlp", "linear 32 | relu | linear 16 | relu | linear 5", "24", 24, 3, 28},
    {"activations", "linear 24 | tanh | linear 24 | sigmoid | linear 24 | gelu | linear 5", "24",
     24, 4, 25},
    {"no_bias", "linear 32 bias=false | leaky_relu | linear 5 bias=false", "24", 24, 2, 30},
    {"conv",
     "conv2d 8 3x3 pad=1 bias=false | batchnorm | relu | maxpool2d 2x2 | conv2d 12 3x3 | "
     "relu | flatten | dropout 0.5 | linear 5",
     "3x8x8", 192, 3, 26},
    {"pools",
     "conv2d 8 3x3 pad=1 | relu | avgpool2d 2x2 | conv2d 8 1x1 | global_avgpool | flatten | "
     "linear 5",
     "2x8x8", 128, 3, 22},
    {"pool_then_relu", "conv2d 8 3x3 pad=1 | maxpool2d 2x2 | relu | flatten | linear 5", "2x8x8",
     128, 2, 28},
    {"depthwise",
     "conv2d 8 3x3 pad=1 | relu | conv2d 8 3x3 pad=1 groups=8 | relu | conv2d 6 1x1 | "
     "relu | flatten | linear 5",
     "2x8x8", 128, 4, 24},
    {"residual",
     "conv2d 8 3x3 pad=1 | batchnorm | relu | residual { conv2d 8 3x3 pad=1 | batchnorm "
     "| relu | conv2d 8 3x3 pad=1 | batchnorm } | relu | flatten | linear 5",
     "2x6x6", 72, 4, 22},
    {"shortcut",
     "residual { conv2d 8 3x3 pad=1 | relu } { conv2d 8 1x1 } | relu | flatten | "
     "linear 5",
     "2x6x6", 72, 3, 24},
    {"concat",
     "conv2d 6 3x3 pad=1 | relu | concat { conv2d 4 3x3 pad=1 | relu } { conv2d 2 1x1 } "
     "{ maxpool2d 3x3 stride=1 pad=1 } | relu | flatten | linear 5",
     "2x6x6", 72, 4, 24},
    {"stays_outside",
     "conv2d 8 3x3 pad=1 | layernorm | relu | conv2d 4 3x3 | flatten | "
     "residual { linear 64 | relu } | linear 5",
     "2x6x6", 72, 4, 22},
};

class QuantizedCase : public testing::TestWithParam<Case> {};

TEST_P(QuantizedCase, PredictsNearlyTheSame) {
    const Case &c = GetParam();
    const Model model = Settled(c.layers, c.input, c.features);
    const Dataset rows = Rows(200, c.features, 5);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    EXPECT_TRUE(neural_model_is_8bit(q.model.get()));
    EXPECT_EQ(q.report.count, c.layers_8bit);
    for (int i = 0; i < q.report.count; i++) {
        EXPECT_TRUE(q.report.layers[i].is_8bit) << q.report.layers[i].name;
        EXPECT_GT(q.report.layers[i].snr, 20) << q.report.layers[i].name;
    }
    const Tensor x = Normal({64, c.features}, NEURAL_DTYPE_F32, 99);
    EXPECT_GT(Snr(model.get(), q.model.get(), x.get()), c.snr);
}

TEST_P(QuantizedCase, FilesGiveTheSameBits) {
    const Case &c = GetParam();
    const std::string path = testing::TempDir() + "/" + c.name + ".int8.safetensors";
    const Model model = Settled(c.layers, c.input, c.features);
    const Dataset rows = Rows(200, c.features, 5);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    ASSERT_EQ(neural_model_save(q.model.get(), nullptr, path.c_str()), NEURAL_OK)
        << neural_last_error();
    neural_model *read = nullptr;
    ASSERT_EQ(neural_model_load(path.c_str(), &read), NEURAL_OK) << neural_last_error();
    const Model again(read, neural_model_destroy);
    EXPECT_TRUE(neural_model_file_is_8bit(path.c_str()));
    for (const int64_t batch : {1, 3, 64}) {
        const Tensor x = Normal({batch, c.features}, NEURAL_DTYPE_F32, 99);
        EXPECT_EQ(Values(Predict(again.get(), x.get()).get()),
                  Values(Predict(q.model.get(), x.get()).get()));
    }
    EXPECT_EQ(neural_model_restore(model.get(), path.c_str()), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find("cannot be trained"), std::string::npos)
        << neural_last_error();
}

INSTANTIATE_TEST_SUITE_P(Layers, QuantizedCase, testing::ValuesIn(kCases),
                         [](const auto &one) { return std::string(one.param.name); });

TEST_P(QuantizedCase, PredictsWithoutAllocations) {
    const Case &c = GetParam();
    const Model model = Settled(c.layers, c.input, c.features);
    const Dataset rows = Rows(200, c.features, 5);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    const Tensor x = Normal({64, c.features}, NEURAL_DTYPE_F32, 99);
    for (int i = 0; i < 3; i++) {
        Predict(q.model.get(), x.get());
    }
    const int64_t before = neural_alloc_count();
    Predict(q.model.get(), x.get());
    EXPECT_EQ(neural_alloc_count(), before);
}

TEST(Quantized, DynamicRowsDoNotDependOnEachOther) {
    const Model model = Settled("linear 16 | relu | linear 5", "24", 24);
    const Dataset rows = Rows(100, 24, 5);
    neural_quantize_options options = AllOfIt();
    options.dynamic = 1;
    Quantized q;
    Quantize(model.get(), rows.get(), options, &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    const Tensor x = Normal({64, 24}, NEURAL_DTYPE_F32, 99);
    const Tensor one = Normal({1, 24}, NEURAL_DTYPE_F32, 99);
    EXPECT_GT(Snr(model.get(), q.model.get(), x.get()), 34);
    const std::vector<double> all = Values(Predict(q.model.get(), x.get()).get());
    EXPECT_EQ(Values(Predict(q.model.get(), one.get()).get()),
              std::vector<double>(all.begin(), all.begin() + 5));
}

TEST(Quantized, EmbeddingsAreTablesOf8Bits) {
    const Model model = Build("[model]\ninput = 4\nlayers = embedding 50 6 | flatten | linear 5\n"
                              "[loss]\nfunction = cross_entropy\n");
    const Dataset rows = Rows(100, 4, 5);
    const Tensor x(neural_tensor_retain(neural_dataset_x(rows.get())), neural_tensor_release);
    for (int64_t i = 0; i < neural_tensor_len(x.get()); i++) {
        static_cast<float *>(neural_tensor_data(x.get()))[i] = static_cast<float>(i * 7 % 50);
    }
    const std::string path = testing::TempDir() + "/embedding.int8.safetensors";
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    ASSERT_EQ(q.status, NEURAL_OK) << neural_last_error();
    EXPECT_EQ(q.report.count, 2);
    EXPECT_STREQ(q.report.layers[0].kind, "Embedding");
    EXPECT_GT(Snr(model.get(), q.model.get(), x.get()), 30);
    ASSERT_EQ(neural_model_save(q.model.get(), nullptr, path.c_str()), NEURAL_OK);
    neural_model *read = nullptr;
    ASSERT_EQ(neural_model_load(path.c_str(), &read), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(Values(Predict(read, x.get()).get()), Values(Predict(q.model.get(), x.get()).get()));
    neural_model_destroy(read);
}

// --- files ---

using Change = std::function<void(const std::string &name, neural_tensor *tensor)>;

/* The file's tensors through `change` into another file; `skipped` is left out. */
std::string Altered(const std::string &from, const Change &change,
                    const std::string &skipped = "") {
    const std::string to = from + ".altered";
    neural_safetensors *file = nullptr;
    neural_safetensors_writer *writer = nullptr;
    EXPECT_EQ(neural_safetensors_open(from.c_str(), &file), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_writer_create(&writer), NEURAL_OK);
    for (const char *key :
         {"format", "config", "features", "outputs", "loss_function", "output_activation"}) {
        EXPECT_EQ(neural_safetensors_add_text(writer, key, neural_safetensors_text(file, key)),
                  NEURAL_OK);
    }
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        const std::string name = neural_safetensors_name(file, i);
        neural_tensor *tensor = nullptr;
        EXPECT_EQ(neural_safetensors_read(file, name.c_str(), &tensor), NEURAL_OK);
        change(name, tensor);
        if (name != skipped) {
            EXPECT_EQ(neural_safetensors_add_tensor(writer, name.c_str(), tensor), NEURAL_OK);
        }
        neural_tensor_release(tensor);
    }
    EXPECT_EQ(neural_safetensors_write(writer, to.c_str()), NEURAL_OK) << neural_last_error();
    neural_safetensors_writer_destroy(writer);
    neural_safetensors_close(file);
    return to;
}

std::string LoadError(const std::string &path) {
    neural_model *model = nullptr;
    const neural_status status = neural_model_load(path.c_str(), &model);
    neural_model_destroy(model);
    return status ? neural_last_error() : "";
}

std::string Saved() {
    const std::string path = testing::TempDir() + "/refused.int8.safetensors";
    const Model model = Settled("linear 8 | tanh | linear 3", "4", 4);
    const Dataset rows = Rows(50, 4, 3);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    EXPECT_EQ(neural_model_save(q.model.get(), nullptr, path.c_str()), NEURAL_OK);
    return path;
}

TEST(Quantized, HostileFilesAreRefused) {
    const std::string path = Saved();
    const auto nothing = [](const std::string &, neural_tensor *) {};
    const auto set = [](const char *name, int64_t i, float value) {
        return [=](const std::string &found, neural_tensor *tensor) {
            if (found == name) {
                static_cast<float *>(neural_tensor_data(tensor))[i] = value;
            }
        };
    };
    const auto set_byte = [](const char *name, int64_t i, uint8_t value) {
        return [=](const std::string &found, neural_tensor *tensor) {
            if (found == name) {
                static_cast<uint8_t *>(neural_tensor_data(tensor))[i] = value;
            }
        };
    };
    ASSERT_EQ(LoadError(Altered(path, nothing)), "");
    for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 1e-40f}) {
        EXPECT_NE(LoadError(Altered(path, set("quantized.grids", 2, scale))).find("node 1: scale"),
                  std::string::npos);
        EXPECT_NE(
            LoadError(Altered(path, set("0.weight_scale", 3, scale))).find("0.weight_scale[3]"),
            std::string::npos);
    }
    for (const float zero : {-1.0f, 256.0f, 0.5f, NAN}) {
        EXPECT_NE(LoadError(Altered(path, set("quantized.grids", 3, zero))).find("zero point"),
                  std::string::npos);
    }
    EXPECT_NE(LoadError(Altered(path, set("2.bias", 0, INFINITY))).find("2.bias[0]"),
              std::string::npos);
    EXPECT_NE(LoadError(Altered(path, set_byte("quantized.kinds", 1, 3))).find("expected 0 ... 2"),
              std::string::npos);
    /* weights for an activation, none for what has them */
    EXPECT_NE(LoadError(Altered(path, set_byte("quantized.kinds", 2, 1))).find("Tanh"),
              std::string::npos);
    EXPECT_NE(LoadError(Altered(path, set_byte("quantized.kinds", 1, 0))), "");
    for (const char *name :
         {"quantized.grids", "quantized.kinds", "0.weight", "0.weight_scale", "0.bias"}) {
        EXPECT_NE(LoadError(Altered(path, nothing, name)).find(name), std::string::npos) << name;
    }
    /* without its table an activation computes in f32 */
    EXPECT_EQ(LoadError(Altered(path, nothing, "quantized.table.2")), "");
}

TEST(Quantized, EveryFlippedBitIsNamed) {
    const std::string path = Saved();
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)),
                            std::istreambuf_iterator<char>());
    for (size_t i = 0; i < bytes.size(); i += 7) {
        std::string changed = bytes;
        changed[i] = (char)(changed[i] ^ (1 << (i % 8)));
        std::ofstream(path + ".flipped", std::ios::binary) << changed;
        ASSERT_NE(LoadError(path + ".flipped"), "") << "byte " << i;
    }
}

TEST(Quantized, TheSummaryCountsWeights) {
    const Model model = Settled("linear 8 | relu | residual { linear 8 } | linear 3", "4", 4);
    const Dataset rows = Rows(50, 4, 3);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    char *summary = nullptr;
    ASSERT_EQ(neural_model_summary(q.model.get(), &summary), NEURAL_OK);
    const std::string text = summary;
    neural_text_free(summary);
    EXPECT_NE(text.find(" 40\n"), std::string::npos) << text;
    EXPECT_NE(text.find(" 27\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\n139 parameters in 8 bits, 0 parameters, f32, 0.1 KiB"),
              std::string::npos)
        << text;
}

TEST(Quantized, IsNeitherFoldedNorQuantizedAgain) {
    const Model model = Settled("linear 8 | relu | linear 3", "4", 4);
    const Dataset rows = Rows(50, 4, 3);
    Quantized q, twice;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    ASSERT_EQ(q.status, NEURAL_OK);
    Quantize(q.model.get(), rows.get(), AllOfIt(), &twice);
    EXPECT_EQ(twice.status, NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_NE(std::string(neural_last_error()).find("in 8 bits"), std::string::npos);
}

TEST(Quantized, WrongRowsAreRefused) {
    const Model model = Settled("conv2d 4 3x3 | relu | flatten | linear 3", "2x6x6", 72);
    const Dataset rows = Rows(50, 72, 3);
    Quantized q;
    Quantize(model.get(), rows.get(), AllOfIt(), &q);
    neural_tensor *out = nullptr;
    EXPECT_NE(neural_model_predict(q.model.get(), Normal({3, 71}, NEURAL_DTYPE_F32, 1).get(), &out),
              NEURAL_OK);
    EXPECT_EQ(neural_layer_forward(neural_model_network(q.model.get()),
                                   Normal({3, 2, 6, 5}, NEURAL_DTYPE_F32, 1).get(), &out),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_NE(std::string(neural_last_error()).find("[3, 2, 6, 5]"), std::string::npos)
        << neural_last_error();
}

TEST(Quantized, EveryFailedAllocationOfALoadIsReported) {
    const std::string path = Saved();
    for (int64_t n = 1; n < 10000; n++) {
        neural_model *out = nullptr;
        neural_alloc_fail_at(n);
        const neural_status status = neural_model_load(path.c_str(), &out);
        neural_alloc_fail_at(0);
        if (!status) {
            EXPECT_GT(n, 40);
            neural_model_destroy(out);
            return;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
        ASSERT_EQ(out, nullptr);
    }
    FAIL() << "it never succeeded";
}

} // namespace
