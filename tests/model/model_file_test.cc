// Model files: saved, loaded, restored, and refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "core/base/memory.h"
#include "model/safetensors.h"
#include "tests/model/memory_file.h"
#include "tests/model/models.h"

namespace {

const char kConfig[] = "[model]\narchitecture = 5,relu,7,softmax,3\n[training]\nepochs = 3\n"
                       "[data]\ntrain_file = /somewhere/train.csv\nlabel_column = \"the class\"\n"
                       "normalize = zscore\n[performance]\nnum_threads = 2\n";

std::string Path(const std::string &name) {
    return testing::TempDir() + "/" + name;
}

std::string Slurp(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

Model Furnished(const std::string &config = kConfig) {
    Model model = Build(config);
    const double offset[] = {1, 2, 3, 4, 1.0 / 3}, scale[] = {1, 2, 4, 0.5, 0.3};
    const char *names[] = {"setosa", "two\nlines \\n", "\xc3\xbc, \"x\""};
    neural_transform *transform = nullptr;
    EXPECT_EQ(neural_transform_create(NEURAL_NORMALIZE_ZSCORE, offset, scale, 5, &transform),
              NEURAL_OK);
    EXPECT_EQ(neural_model_set_transform(model.get(), transform), NEURAL_OK);
    EXPECT_EQ(neural_model_set_class_names(model.get(), names, 3), NEURAL_OK);
    const char *columns[] = {"a", "", "b\\n", "c\n\\", "a"};
    EXPECT_EQ(neural_model_set_feature_names(model.get(), columns, 5), NEURAL_OK);
    return model;
}

std::string Save(const neural_model *model, const std::string &name) {
    const neural_model_facts facts = {3, 42, 0.1, "0123456789abcdef"};
    EXPECT_EQ(neural_model_save(model, &facts, Path(name).c_str()), NEURAL_OK)
        << neural_last_error();
    return Slurp(Path(name));
}

neural_status LoadStatus(const std::string &path) {
    neural_model *model = nullptr;
    const neural_status status = neural_model_load(path.c_str(), &model);
    EXPECT_EQ(model != nullptr, status == NEURAL_OK);
    neural_model_destroy(model);
    return status;
}

// The same container with one metadata value or tensor changed.
std::string Rewritten(const std::string &path, const std::string &key, const std::string &value) {
    const std::string out = Path("rewritten");
    neural_safetensors *file = nullptr;
    neural_safetensors_writer *writer = nullptr;
    EXPECT_EQ(neural_safetensors_open(path.c_str(), &file), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_writer_create(&writer), NEURAL_OK);
    for (int i = 0; i < neural_safetensors_count(file); i++) {
        neural_tensor *tensor = nullptr;
        const char *name = neural_safetensors_name(file, i);
        EXPECT_EQ(neural_safetensors_read(file, name, &tensor), NEURAL_OK);
        EXPECT_EQ(neural_safetensors_add_tensor(writer, key == name ? value.c_str() : name, tensor),
                  NEURAL_OK);
        neural_tensor_release(tensor);
    }
    for (const char *name : {"format", "config", "class_names", "feature_names", "transform"}) {
        const std::string text = key == name ? value : neural_safetensors_text(file, name);
        if (text != "absent") {
            EXPECT_EQ(neural_safetensors_add_text(writer, name, text.c_str()), NEURAL_OK);
        }
    }
    EXPECT_EQ(neural_safetensors_write(writer, out.c_str()), NEURAL_OK);
    neural_safetensors_writer_destroy(writer);
    neural_safetensors_close(file);
    return out;
}

TEST(ModelFile, KeepsTheNamesOfColumns) {
    const Model model = Furnished();
    Save(model.get(), "m");
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(Path("m").c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model again(loaded, neural_model_destroy);
    const char *want[] = {"a", "", "b\\n", "c\n\\", "a"};
    for (int i = 0; i < 5; i++)
        EXPECT_STREQ(neural_model_feature_name(loaded, i), want[i]);
    EXPECT_EQ(neural_model_feature_name(loaded, 5), nullptr);
    EXPECT_EQ(neural_model_feature_name(loaded, -1), nullptr);
}

TEST(ModelFile, ColumnsThatAreNotUtf8HaveNoNames) {
    const Model model = Furnished();
    const char *latin1[] = {"a", "b", "c", "\xe9", "e"};
    EXPECT_EQ(neural_model_set_feature_names(model.get(), latin1, 5), NEURAL_OK);
    EXPECT_EQ(neural_model_feature_name(model.get(), 0), nullptr);
    EXPECT_EQ(Save(model.get(), "m").find("feature_names"), std::string::npos);
    EXPECT_EQ(neural_model_set_feature_names(model.get(), latin1, 4), NEURAL_ERR_INVALID_ARGUMENT);
    const char *absent[] = {"a", "b", "c", nullptr, "e"};
    EXPECT_EQ(neural_model_set_feature_names(model.get(), absent, 5), NEURAL_ERR_NULL_POINTER);
}

TEST(ModelFile, LoadsWhatWasSaved) {
    const Model model = Furnished();
    const std::string bytes = Save(model.get(), "m");
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(Path("m").c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model again(loaded, neural_model_destroy);
    EXPECT_EQ(Values(neural_model_parameters(loaded)->values),
              Values(neural_model_parameters(model.get())->values));
    EXPECT_EQ(neural_model_loss(loaded), neural_model_loss(model.get()));
    EXPECT_EQ(neural_model_output_activation(loaded), NEURAL_ACTIVATION_SOFTMAX);
    for (int c = 0; c < 3; c++) {
        EXPECT_STREQ(neural_model_class_name(loaded, c), neural_model_class_name(model.get(), c));
    }
    const neural_transform *transform = neural_model_transform(loaded);
    ASSERT_NE(transform, nullptr);
    EXPECT_EQ(neural_transform_kind(transform), NEURAL_NORMALIZE_ZSCORE);
    EXPECT_EQ(neural_transform_offset(transform)[4], 1.0 / 3);
    EXPECT_EQ(neural_transform_scale(transform)[4], 0.3);
    const Tensor rows = Normal({4, 5}, NEURAL_DTYPE_F32, 9);
    EXPECT_EQ(Values(Predict(loaded, rows.get()).get()),
              Values(Predict(model.get(), rows.get()).get()));
    EXPECT_EQ(Save(loaded, "m2"), bytes);
}

TEST(ModelFile, NothingOfTheMachineIsInIt) {
    const std::string a = Save(Furnished().get(), "a");
    std::string elsewhere = kConfig;
    elsewhere.replace(elsewhere.find("/somewhere"), 10, "/elsewhere");
    elsewhere.replace(elsewhere.find("num_threads = 2"), 15, "num_threads = 7");
    EXPECT_EQ(Save(Furnished(elsewhere).get(), "b"), a);
    EXPECT_EQ(a.find("somewhere"), std::string::npos);
    EXPECT_EQ(a.find(testing::TempDir()), std::string::npos);
    neural_safetensors *file = nullptr;
    ASSERT_EQ(neural_safetensors_open(Path("a").c_str(), &file), NEURAL_OK);
    EXPECT_STREQ(neural_safetensors_text(file, "format"), "neural 1");
    EXPECT_STREQ(neural_safetensors_text(file, "epoch"), "3");
    EXPECT_STREQ(neural_safetensors_text(file, "step"), "42");
    EXPECT_STREQ(neural_safetensors_text(file, "loss"), "0.1");
    EXPECT_STREQ(neural_safetensors_text(file, "digest"), "0123456789abcdef");
    neural_safetensors_close(file);
}

TEST(ModelFile, RestoreFitsTheConfigsModel) {
    const Model model = Furnished();
    Save(model.get(), "r");
    std::string other = kConfig;
    other += "[options]\nseed = 5\n";
    const Model target = Build(other);
    ASSERT_NE(Values(neural_model_parameters(target.get())->values),
              Values(neural_model_parameters(model.get())->values));
    ASSERT_EQ(neural_model_restore(target.get(), Path("r").c_str()), NEURAL_OK);
    EXPECT_EQ(Values(neural_model_parameters(target.get())->values),
              Values(neural_model_parameters(model.get())->values));
    EXPECT_STREQ(neural_model_class_name(target.get(), 0), "setosa");
}

TEST(ModelFile, RestoreNamesTensorAndBothShapes) {
    Save(Furnished().get(), "s");
    const Model wider = Build("[model]\narchitecture = 5,relu,8,softmax,3\n");
    const std::vector<double> before = Values(neural_model_parameters(wider.get())->values);
    EXPECT_EQ(neural_model_restore(wider.get(), Path("s").c_str()), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_last_error(),
              Path("s") + ": 0.weight is f32 [7, 5], the model wants f32 [8, 5]");
    EXPECT_EQ(Values(neural_model_parameters(wider.get())->values), before);
    const Model deeper = Build("[model]\narchitecture = 5,relu,7,relu,3,3\n");
    EXPECT_EQ(neural_model_restore(deeper.get(), Path("s").c_str()), NEURAL_ERR_DATA);
    EXPECT_NE(
        std::string(neural_last_error()).find("no tensor 4.weight, the model wants f32 [3, 3]"),
        std::string::npos);
    const Model shallower = Build("[model]\narchitecture = 5,7\n");
    EXPECT_EQ(neural_model_restore(shallower.get(), Path("s").c_str()), NEURAL_ERR_DATA);
    EXPECT_NE(std::string(neural_last_error()).find("a tensor 2.bias that the model does not have"),
              std::string::npos);
    const Model doubles = Build("[model]\narchitecture = 5,relu,7,softmax,3\ndtype = f64\n");
    EXPECT_EQ(neural_model_restore(doubles.get(), Path("s").c_str()), NEURAL_ERR_DTYPE_MISMATCH);
}

TEST(ModelFile, Refuses) {
    Save(Furnished().get(), "v");
    const std::string path = Path("v");
    const struct {
        const char *key, *value, *error;
    } cases[] = {
        {"format", "neural 2", "the file's format is \"neural 2\", expected \"neural 1\""},
        {"format", "pt", "the file's format is \"pt\""},
        {"format", "absent", "not a model of this program"},
        {"config", "absent", "not a model of this program"},
        {"config", "[model]\nx", "expected key = value"},
        {"config", "[model]\narchitecture = 5,relu,9,softmax,3\n", "0.weight is f32 [7, 5]"},
        {"config", "[model]\narchitecture = 1000000000,1000000000\n", "weights, there is room for"},
        {"config", "[model]\ninput = 5\nlayers = linear 1000000000\n",
         "weights, there is room for"},
        {"class_names", "a\nb\n", "2 names"},
        {"class_names", "a\nb\nc", "2 names"},
        {"feature_names", "a\nb\n", "2 names, the model has 5 features"},
        {"feature_names", "\n\n\n\n\n\n", "6 names, the model has 5 features"},
        {"transform", "log", "transform is log"},
        {"transform.scale", "transform.scales", "transform.scales that the model does not have"},
        {"0.weight", "weight", "no tensor 0.weight"},
    };
    for (const auto &c : cases) {
        const std::string changed = Rewritten(path, c.key, c.value);
        EXPECT_NE(LoadStatus(changed), NEURAL_OK) << c.value;
        const std::string error = neural_last_error();
        EXPECT_NE(error.find(c.error), std::string::npos) << c.value << ": " << error;
        EXPECT_EQ(error.compare(0, changed.size() + 1, changed + ":"), 0) << error;
    }
    std::string many = "[model]\ninput = 5\nlayers = relu";
    for (int i = 0; i < 20000; i++) {
        many += "|relu";
    }
    EXPECT_NE(LoadStatus(Rewritten(path, "config", many)), NEURAL_OK);
    EXPECT_NE(std::string(neural_last_error()).find("more than 10000 layers"), std::string::npos);
    EXPECT_EQ(LoadStatus(Path("nowhere")), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(LoadStatus(testing::TempDir()), NEURAL_ERR_FILE_READ);
}

TEST(ModelFile, TruncatedAnywhere) {
    const std::string whole = Save(Furnished().get(), "t");
    MemoryFile memory;
    for (size_t bytes = 0; bytes < whole.size(); bytes++) {
        memory.Set(whole.substr(0, bytes));
        ASSERT_EQ(LoadStatus(memory.path()), NEURAL_ERR_DATA) << bytes;
    }
}

/* The checksum's own name is no exception. */
TEST(ModelFile, EveryFlippedBitIsDetectedAndNamed) {
    const std::string whole = Save(Furnished().get(), "b");
    MemoryFile memory;
    const std::string path = memory.path();
    for (size_t at = 0; at < whole.size(); at++) {
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = whole;
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
            memory.Set(bytes);
            ASSERT_EQ(LoadStatus(path), NEURAL_ERR_DATA) << at << " bit " << bit;
            ASSERT_EQ(std::string(neural_last_error()).find(path + ": "), 0u) << at;
        }
    }
}

TEST(ModelFile, RandomMutations) {
    const std::string whole = Save(Furnished().get(), "f");
    const size_t checksum = whole.find("\"checksum\":\"") + 12;
    uint64_t length = 0;
    memcpy(&length, whole.data(), 8);
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    int loaded = 0;
    MemoryFile memory;
    for (int round = 0; round < 10000; round++) {
        std::string bytes = whole;
        for (unsigned edits = 1 + random() % 3; edits; edits--) {
            const size_t at = random() % 4 ? 8 + random() % length : random() % bytes.size();
            bytes[at] = random() % 2 ? (char)random() : (char)('0' + random() % 10);
        }
        memory.Set(bytes);
        neural_model *model = nullptr;
        neural_status status = neural_model_load(memory.path().c_str(), &model);
        const std::string error = status ? neural_last_error() : "";
        const size_t sum = error.find("the content has ");
        if (sum != std::string::npos) { // with it, so that what is behind it is reached
            memory.Set(bytes.replace(checksum, 16, error.substr(sum + 16, 16)));
            status = neural_model_load(memory.path().c_str(), &model);
        }
        ASSERT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_DATA ||
                    status == NEURAL_ERR_PARSE_ERROR || status == NEURAL_ERR_INVALID_CONFIG ||
                    status == NEURAL_ERR_SHAPE_MISMATCH || status == NEURAL_ERR_TENSOR_TOO_LARGE ||
                    status == NEURAL_ERR_DTYPE_MISMATCH || status == NEURAL_ERR_INVALID_ARGUMENT)
            << "seed " << seed << ": " << neural_last_error();
        loaded += status == NEURAL_OK;
        neural_model_destroy(model);
    }
    EXPECT_GT(loaded, 10);
}

TEST(ModelFile, EveryFailedAllocationIsReported) {
    const Model model = Furnished();
    const std::string path = Path("alloc");
    const std::string bytes = Save(model.get(), "alloc");
    int n = 1;
    for (;; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = LoadStatus(path);
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
    }
    EXPECT_GT(n, 20);
    for (n = 1;; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = neural_model_save(model.get(), nullptr, path.c_str());
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n << neural_last_error();
        ASSERT_EQ(Slurp(path), bytes);
    }
    EXPECT_GT(n, 10);
}

TEST(ModelFile, UnwritablePlaces) {
    const Model model = Build("[model]\narchitecture = 2,1\n");
    for (const char *path : {"/nonexistent/m", "/dev/full", "/"}) {
        EXPECT_EQ(neural_model_save(model.get(), nullptr, path), NEURAL_ERR_FILE_WRITE) << path;
        EXPECT_EQ(std::string(neural_last_error()).compare(0, strlen(path), path), 0);
    }
}

} // namespace
