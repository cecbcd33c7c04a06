// Parameters with masks in safetensors files: round trips, sizes, and files that lie.
#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/masked.h"
#include "model/weights.h"
#include "tests/model/models.h"
#include "tests/model/safetensors_files.h"

namespace {

// Parameters "0.weight" [rows, cols] and "0.bias" [rows] in their flat home.
class Weights {
  public:
    Weights(int64_t rows, int64_t cols, neural_dtype dtype) {
        const int64_t dims[] = {rows, cols};
        EXPECT_EQ(neural_parameter_create("0.weight", 2, dims, dtype, 0, &item_[0]), NEURAL_OK);
        EXPECT_EQ(neural_parameter_create("0.bias", 1, dims, dtype, 0, &item_[1]), NEURAL_OK);
        EXPECT_EQ(neural_parameters_create(item_, 2, &all_), NEURAL_OK);
    }
    ~Weights() {
        neural_parameters_destroy(all_);
        neural_parameter_destroy(item_[0]);
        neural_parameter_destroy(item_[1]);
    }
    Weights(const Weights &) = delete;

    neural_parameter *weight() { return item_[0]; }
    neural_parameters *all() { return all_; }

    // Random values, the mask by `keeps`; pruned values are +0.
    void Fill(unsigned seed, const std::function<bool(int64_t)> &keeps) {
        std::mt19937 random(seed);
        neural_parameter *w = weight();
        const int64_t bytes = neural_tensor_bytes(w->value), len = neural_tensor_len(w->value);
        const size_t size = len ? (size_t)(bytes / len) : 0;
        neural_tensor_release(w->mask);
        ASSERT_EQ(neural_tensor_zeros(2, w->value->shape.dim, NEURAL_DTYPE_U8,
                                      &w->mask),
                  NEURAL_OK);
        char *value = (char *)neural_tensor_data(w->value);
        for (int64_t i = 0; i < len; i++) {
            ((uint8_t *)neural_tensor_data(w->mask))[i] = keeps(i);
            for (size_t b = 0; b < size; b++) {
                value[(size_t)i * size + b] = keeps(i) ? (char)random() : 0;
            }
        }
    }

    neural_status Save(const std::string &path) {
        const Writer writer = NewWriter();
        const neural_status status = neural_weights_add(writer.get(), all_);
        return status ? status : neural_safetensors_write(writer.get(), path.c_str());
    }

  private:
    neural_parameter *item_[2] = {};
    neural_parameters *all_ = nullptr;
};

class MaskedOf : public testing::TestWithParam<neural_dtype> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, MaskedOf, testing::Values(NEURAL_DTYPE_F32, NEURAL_DTYPE_F64));

TEST_P(MaskedOf, RoundTripKeepsEveryBit) {
    const std::vector<std::function<bool(int64_t)>> patterns = {
        [](int64_t) { return false; }, [](int64_t) { return true; },
        [](int64_t i) { return i % 10 == 3; }, [](int64_t i) { return i == 0; }};
    for (int64_t cols : {1, 3, 8, 13, 64}) {
        for (size_t p = 0; p < patterns.size(); p++) {
            Weights saved(5, cols, GetParam()), loaded(5, cols, GetParam());
            saved.Fill((unsigned)p, patterns[p]);
            const std::string path = Path("masked");
            ASSERT_EQ(saved.Save(path), NEURAL_OK) << neural_last_error();
            const File file = Open(path);
            ASSERT_EQ(neural_weights_read(file.get(), loaded.all()), NEURAL_OK)
                << neural_last_error();
            EXPECT_EQ(Bytes(saved.weight()->value), Bytes(loaded.weight()->value));
            ASSERT_NE(loaded.weight()->mask, nullptr);
            EXPECT_EQ(Bytes(saved.weight()->mask), Bytes(loaded.weight()->mask));
            EXPECT_GE(neural_masked_elements(file.get()), 5 * cols);
        }
    }
}

TEST_P(MaskedOf, KeepsZerosThatAreKeptAndDropsWhatIsNot) {
    Weights saved(2, 2, GetParam()), loaded(2, 2, GetParam());
    saved.Fill(1, [](int64_t i) { return i < 2; });
    const double values[] = {0, -0.0, 7, NAN};
    for (int64_t i = 0; i < 4; i++) {
        const int64_t at[] = {i / 2, i % 2};
        ASSERT_EQ(neural_tensor_set(saved.weight()->value, at, values[i]), NEURAL_OK);
    }
    ASSERT_EQ(saved.Save(Path("masked")), NEURAL_OK);
    const File file = Open(Path("masked"));
    ASSERT_EQ(neural_weights_read(file.get(), loaded.all()), NEURAL_OK);
    const std::vector<double> got = Values(loaded.weight()->value);
    EXPECT_EQ(got, (std::vector<double>{0, 0, 0, 0}));
    EXPECT_FALSE(std::signbit(got[0]));
    EXPECT_TRUE(std::signbit(got[1]));
    EXPECT_FALSE(std::signbit(got[2]) || std::signbit(got[3]));
}

TEST_P(MaskedOf, TheFileFollowsTheKeptElements) {
    Weights weights(300, 100, GetParam());
    const int64_t size = GetParam() == NEURAL_DTYPE_F32 ? 4 : 8, head = 1000 + 300 * size;
    for (int64_t every : {1, 2, 10, 100}) {
        weights.Fill(1, [=](int64_t i) { return i % every == 0; });
        ASSERT_EQ(weights.Save(Path("masked")), NEURAL_OK);
        const int64_t bytes = (int64_t)Slurp(Path("masked")).size();
        EXPECT_LE(bytes, 30000 / every * size + 30000 / 8 + head) << every;
        EXPECT_GE(bytes, 30000 / every * size + 30000 / 8) << every;
    }
}

TEST(Masked, APlainFileTakesTheMaskAway) {
    Weights weights(3, 4, NEURAL_DTYPE_F32), plain(3, 4, NEURAL_DTYPE_F32);
    weights.Fill(1, [](int64_t i) { return i % 2; });
    ASSERT_EQ(plain.Save(Path("plain")), NEURAL_OK);
    const File file = Open(Path("plain"));
    EXPECT_EQ(neural_safetensors_count(file.get()), 2);
    EXPECT_EQ(neural_masked_elements(file.get()), 0);
    ASSERT_EQ(neural_weights_read(file.get(), weights.all()), NEURAL_OK);
    EXPECT_EQ(weights.weight()->mask, nullptr);
}

TEST(Masked, RefusesMasksThatDoNotFitOnSaving) {
    Weights weights(3, 4, NEURAL_DTYPE_F32);
    const int64_t dims[] = {4, 3};
    neural_tensor **mask = &weights.weight()->mask;
    ASSERT_EQ(neural_tensor_zeros(2, dims, NEURAL_DTYPE_U8, mask), NEURAL_OK);
    EXPECT_EQ(weights.Save(Path("masked")), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(),
                 "the mask of 0.weight is [4, 3], expected [3, 4], contiguous");
    neural_tensor_release(*mask);
    const int64_t right[] = {3, 4};
    ASSERT_EQ(neural_tensor_zeros(2, right, NEURAL_DTYPE_F32, mask), NEURAL_OK);
    EXPECT_EQ(weights.Save(Path("masked")), NEURAL_ERR_INVALID_DTYPE);
}

// A file of 0.bias and the given tensors.
struct Lie {
    const char *name;
    neural_dtype dtype;
    std::vector<int64_t> dims;
    std::vector<uint8_t> bytes;
};

neural_status ReadLies(const std::vector<Lie> &lies) {
    const Writer writer = NewWriter();
    const int64_t three = 3;
    neural_tensor *bias = nullptr;
    EXPECT_EQ(neural_tensor_zeros(1, &three, NEURAL_DTYPE_F32, &bias), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_add_tensor(writer.get(), "0.bias", bias), NEURAL_OK);
    neural_tensor_release(bias);
    for (const Lie &lie : lies) {
        const Tensor tensor = Make(lie.dims, lie.dtype);
        std::memcpy(neural_tensor_data(tensor.get()), lie.bytes.data(), lie.bytes.size());
        EXPECT_EQ(neural_safetensors_add_tensor(writer.get(), lie.name, tensor.get()), NEURAL_OK);
    }
    EXPECT_EQ(neural_safetensors_write(writer.get(), Path("lies").c_str()), NEURAL_OK);
    Weights weights(3, 4, NEURAL_DTYPE_F32); // 12 elements: 2 bytes of bits
    weights.Fill(1, [](int64_t) { return true; });
    const std::string before = Bytes(weights.weight()->value);
    const File file = Open(Path("lies"));
    const neural_status checked = neural_weights_check(file.get(), weights.all());
    const neural_status status = neural_weights_read(file.get(), weights.all());
    EXPECT_EQ(checked, status);
    if (status) {
        EXPECT_EQ(Bytes(weights.weight()->value), before);
    }
    return status;
}

TEST(Masked, RefusesFilesThatLie) {
    const Lie bits = {"0.weight.mask", NEURAL_DTYPE_U8, {2}, {0x81, 0x08}};
    const Lie values = {"0.weight.values", NEURAL_DTYPE_F32, {3}, {}};
    EXPECT_EQ(ReadLies({bits, values}), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(ReadLies({bits}), NEURAL_ERR_DATA);
    EXPECT_EQ(ReadLies({values}), NEURAL_ERR_DATA);
    EXPECT_EQ(ReadLies({bits, values, {"0.weight", NEURAL_DTYPE_F32, {3, 4}, {}}}),
              NEURAL_ERR_DATA);
    EXPECT_EQ(ReadLies({bits, {"0.weight.values", NEURAL_DTYPE_F32, {4}, {}}}),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_STREQ(neural_last_error(), "0.weight.values has 4 elements, its mask keeps 3");
    EXPECT_EQ(ReadLies({bits, {"0.weight.values", NEURAL_DTYPE_F32, {3, 1}, {}}}),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(ReadLies({bits, {"0.weight.values", NEURAL_DTYPE_F64, {3}, {}}}),
              NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(ReadLies({{"0.weight.mask", NEURAL_DTYPE_U8, {2}, {0x81, 0x18}}, values}),
              NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "0.weight.mask has bits behind element 12");
    EXPECT_EQ(ReadLies({{"0.weight.mask", NEURAL_DTYPE_U8, {3}, {0x81, 0x08, 0}}, values}),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(ReadLies({{"0.weight.mask", NEURAL_DTYPE_U8, {1}, {0x07}}, values}),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(ReadLies({{"0.weight.mask", NEURAL_DTYPE_U8, {0}, {}}, values}),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(ReadLies({{"0.weight.mask", NEURAL_DTYPE_I8, {2}, {0x81, 0x08}}, values}),
              NEURAL_ERR_DTYPE_MISMATCH);
}

TEST(Masked, FailedAllocationsLeaveTheWeights) {
    Weights saved(5, 40, NEURAL_DTYPE_F32), loaded(5, 40, NEURAL_DTYPE_F32);
    saved.Fill(1, [](int64_t i) { return i % 3 == 0; });
    loaded.Fill(2, [](int64_t) { return true; });
    ASSERT_EQ(saved.Save(Path("masked")), NEURAL_OK);
    const File file = Open(Path("masked"));
    const std::string before = Bytes(loaded.weight()->value);
    int failed = 0;
    for (int64_t n = 1; n < 100; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = neural_weights_read(file.get(), loaded.all());
        neural_alloc_fail_at(0);
        if (!status) {
            break;
        }
        failed++;
        EXPECT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(Bytes(loaded.weight()->value), before);
    }
    EXPECT_GT(failed, 2);
    EXPECT_EQ(Bytes(loaded.weight()->value), Bytes(saved.weight()->value));
}

TEST(Masked, ModelsLoadFromFilesSmallerThanThemselves) {
    const Model model = Build("[model]\narchitecture = 64,relu,256,softmax,3\n");
    neural_parameter *weight = neural_model_parameters(model.get())->item[0];
    const int64_t len = neural_tensor_len(weight->value);
    ASSERT_EQ(neural_tensor_zeros(2, weight->value->shape.dim, NEURAL_DTYPE_U8,
                                  &weight->mask),
              NEURAL_OK);
    for (int64_t i = 0; i < len; i++) {
        const bool keeps = i % 20 == 0;
        ((uint8_t *)neural_tensor_data(weight->mask))[i] = keeps;
        ((float *)neural_tensor_data(weight->value))[i] *= keeps ? 1 : 0;
    }
    ASSERT_EQ(neural_model_save(model.get(), nullptr, Path("model").c_str()), NEURAL_OK)
        << neural_last_error();
    EXPECT_LT((int64_t)Slurp(Path("model")).size(), len);
    neural_model *loaded = nullptr;
    ASSERT_EQ(neural_model_load(Path("model").c_str(), &loaded), NEURAL_OK) << neural_last_error();
    const Model owner(loaded, neural_model_destroy);
    const neural_parameter *got = neural_model_parameters(loaded)->item[0];
    EXPECT_EQ(Values(got->value), Values(weight->value));
    ASSERT_NE(got->mask, nullptr);
    EXPECT_EQ(Bytes(got->mask), Bytes(weight->mask));
    ASSERT_EQ(neural_model_save(loaded, nullptr, Path("again").c_str()), NEURAL_OK);
    EXPECT_EQ(Slurp(Path("again")), Slurp(Path("model")));
}

} // namespace
