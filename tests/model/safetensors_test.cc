#include "model/safetensors.h"

#include <gtest/gtest.h>
#include <jansson.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/memory.h"
#include "tests/model/safetensors_files.h"

namespace {

// --- writing, read back by jansson and by hand ---

struct Parsed {
    json_t *header;
    std::string data;
    ~Parsed() { json_decref(header); }
    json_t *Get(const char *name, const char *key) {
        return json_object_get(json_object_get(header, name), key);
    }
    std::string TensorBytes(const char *name) {
        json_t *offsets = Get(name, "data_offsets");
        const size_t begin = (size_t)json_integer_value(json_array_get(offsets, 0));
        return data.substr(begin, (size_t)json_integer_value(json_array_get(offsets, 1)) - begin);
    }
};

std::unique_ptr<Parsed> ParseIndependently(const std::string &bytes) {
    uint64_t length = 0;
    memcpy(&length, bytes.data(), 8);
    json_error_t error;
    auto parsed = std::make_unique<Parsed>();
    parsed->header = json_loadb(bytes.data() + 8, length, JSON_REJECT_DUPLICATES, &error);
    EXPECT_NE(parsed->header, nullptr) << error.text;
    EXPECT_EQ(length % 8, 0u);
    parsed->data = bytes.substr(8 + length);
    return parsed;
}

TEST(Safetensors, IndependentReaderAgrees) {
    const std::string path = Path("all.safetensors");
    const std::map<std::string, std::pair<neural_dtype, std::vector<int64_t>>> cases = {
        {"f32", {NEURAL_DTYPE_F32, {3, 5}}},
        {"f64", {NEURAL_DTYPE_F64, {7}}},
        {"i8", {NEURAL_DTYPE_I8, {3}}},
        {"u8", {NEURAL_DTYPE_U8, {1, 1, 5}}},
        {"i32", {NEURAL_DTYPE_I32, {2}}},
        {"i64", {NEURAL_DTYPE_I64, {1}}},
        {"bool", {NEURAL_DTYPE_BOOL, {3}}},
        {"bf16", {NEURAL_DTYPE_BF16, {5}}},
        {"scalar", {NEURAL_DTYPE_F32, {}}},
        {"none", {NEURAL_DTYPE_F64, {0, 4}}},
        {"deep", {NEURAL_DTYPE_U8, {1, 2, 1, 2, 1, 2, 1, 2}}}};
    const std::map<neural_dtype, std::string> names = {
        {NEURAL_DTYPE_F32, "F32"},   {NEURAL_DTYPE_F64, "F64"},  {NEURAL_DTYPE_I8, "I8"},
        {NEURAL_DTYPE_U8, "U8"},     {NEURAL_DTYPE_I32, "I32"},  {NEURAL_DTYPE_I64, "I64"},
        {NEURAL_DTYPE_BOOL, "BOOL"}, {NEURAL_DTYPE_BF16, "BF16"}};
    std::map<std::string, std::string> want;
    const Writer writer = NewWriter();
    int first = 1;
    for (const auto &[name, what] : cases) {
        const Tensor tensor = Make(what.second, what.first, first++);
        want[name] = Bytes(tensor.get());
        ASSERT_EQ(neural_safetensors_add_tensor(writer.get(), name.c_str(), tensor.get()),
                  NEURAL_OK);
    }
    ASSERT_EQ(neural_safetensors_add_text(writer.get(), "k\t\"", "line\n\\\x01 \xe2\x82\xac"),
              NEURAL_OK);
    ASSERT_EQ(neural_safetensors_write(writer.get(), path.c_str()), NEURAL_OK);
    const auto parsed = ParseIndependently(Slurp(path));
    const File file = Open(path);
    ASSERT_EQ(neural_safetensors_count(file.get()), (int)cases.size());
    for (const auto &[name, what] : cases) {
        EXPECT_EQ(json_string_value(parsed->Get(name.c_str(), "dtype")), names.at(what.first));
        json_t *shape = parsed->Get(name.c_str(), "shape");
        ASSERT_EQ(json_array_size(shape), what.second.size());
        for (size_t d = 0; d < what.second.size(); d++) {
            EXPECT_EQ(json_integer_value(json_array_get(shape, d)), what.second[d]);
        }
        const int64_t begin =
            json_integer_value(json_array_get(parsed->Get(name.c_str(), "data_offsets"), 0));
        EXPECT_EQ(begin % neural_dtype_bytes(what.first), 0) << name;
        EXPECT_EQ(parsed->TensorBytes(name.c_str()), want[name]) << name;
        neural_tensor *tensor = nullptr;
        ASSERT_EQ(neural_safetensors_read(file.get(), name.c_str(), &tensor), NEURAL_OK);
        EXPECT_EQ(Bytes(tensor), want[name]);
        EXPECT_EQ(neural_tensor_dtype(tensor), what.first);
        neural_tensor_release(tensor);
    }
    EXPECT_STREQ(json_string_value(parsed->Get("__metadata__", "k\t\"")),
                 "line\n\\\x01 \xe2\x82\xac");
    EXPECT_STREQ(neural_safetensors_text(file.get(), "k\t\""), "line\n\\\x01 \xe2\x82\xac");
    EXPECT_EQ(neural_safetensors_text(file.get(), "absent"), nullptr);
}

TEST(Safetensors, TheOrderOfAddingDoesNotMatter) {
    const std::string path = Path("order.safetensors");
    std::vector<std::string> names = {"b", "a", "10.weight", "2.weight"};
    std::sort(names.begin(), names.end());
    std::string first;
    do {
        const Writer writer = NewWriter();
        for (const std::string &name : names) {
            const Tensor tensor = Make({(int64_t)name.size()}, NEURAL_DTYPE_F32, name[0]);
            ASSERT_EQ(neural_safetensors_add_tensor(writer.get(), name.c_str(), tensor.get()),
                      NEURAL_OK);
            ASSERT_EQ(neural_safetensors_add_text(writer.get(), name.c_str(), "x"), NEURAL_OK);
        }
        ASSERT_EQ(neural_safetensors_write(writer.get(), path.c_str()), NEURAL_OK);
        first = first.empty() ? Slurp(path) : first;
        ASSERT_EQ(Slurp(path), first);
    } while (std::next_permutation(names.begin(), names.end()));
}

TEST(Safetensors, TheFileIsWhatTheDocumentSays) {
    const std::string path = Path("golden.safetensors");
    const Writer writer = NewWriter();
    const int8_t value = 65;
    neural_tensor *t = nullptr;
    ASSERT_EQ(neural_tensor_from_data(&value, 1, 0, nullptr, NEURAL_DTYPE_I8, &t), NEURAL_OK);
    ASSERT_EQ(neural_safetensors_add_tensor(writer.get(), "t", t), NEURAL_OK);
    neural_tensor_release(t);
    ASSERT_EQ(neural_safetensors_add_text(writer.get(), "z", "1"), NEURAL_OK);
    ASSERT_EQ(neural_safetensors_write(writer.get(), path.c_str()), NEURAL_OK);
    uint64_t sum = 0xcbf29ce484222325u; // FNV-1a of what docs/model-files.md lists
    for (const char c : std::string("z\0001\0t\0I8\0A", 10)) {
        sum = (sum ^ (unsigned char)c) * 0x100000001b3u;
    }
    char checksum[17];
    snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)sum);
    std::string header = std::string("{\"__metadata__\":{\"checksum\":\"") + checksum +
                         "\",\"z\":\"1\"},\"t\":{\"dtype\":\"I8\",\"shape\":[],"
                         "\"data_offsets\":[0,1]}}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    EXPECT_EQ(Slurp(path), WithHeader(header, "A"));
}

TEST(Safetensors, WriterRefuses) {
    const Writer writer = NewWriter();
    const Tensor tensor = Make({1}, NEURAL_DTYPE_F32);
    neural_safetensors_writer *w = writer.get();
    EXPECT_EQ(neural_safetensors_add_tensor(w, "a", tensor.get()), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_add_tensor(w, "a", tensor.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_add_tensor(w, "__metadata__", tensor.get()),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_add_tensor(w, "\xff", tensor.get()), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_add_tensor(w, "b", nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_safetensors_add_text(w, "k", "v"), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_add_text(w, "k", "v"), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_add_text(w, "checksum", "v"), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_add_text(w, "l", "\xe4"), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_safetensors_write(w, "/nonexistent/m"), NEURAL_ERR_FILE_WRITE);
}

TEST(Safetensors, NonContiguousTensorsAreWrittenInOrder) {
    const std::string path = Path("strided.safetensors");
    const Tensor base = Make({2, 3}, NEURAL_DTYPE_I8);
    neural_tensor *turned = nullptr;
    const int order[] = {1, 0};
    ASSERT_EQ(neural_tensor_permute(base.get(), order, &turned), NEURAL_OK);
    const Writer writer = NewWriter();
    ASSERT_EQ(neural_safetensors_add_tensor(writer.get(), "t", turned), NEURAL_OK);
    ASSERT_EQ(neural_safetensors_write(writer.get(), path.c_str()), NEURAL_OK);
    EXPECT_EQ(ParseIndependently(Slurp(path))->TensorBytes("t"), "\x01\x04\x02\x05\x03\x06");
    const Tensor zeros = Make({2, 3}, NEURAL_DTYPE_I8, 50);
    neural_tensor *into = nullptr;
    ASSERT_EQ(neural_tensor_permute(zeros.get(), order, &into), NEURAL_OK);
    const File file = Open(path);
    EXPECT_EQ(neural_safetensors_read_into(file.get(), "t", into), NEURAL_OK);
    EXPECT_EQ(Bytes(zeros.get()), Bytes(base.get()));
    neural_tensor_release(turned);
    neural_tensor_release(into);
}

TEST(Safetensors, AFailedWriteLeavesTheOldFile) {
    const std::string path = Path("kept.safetensors");
    Spill(path, "old");
    const Writer writer = NewWriter();
    const Tensor tensor = Make({1000}, NEURAL_DTYPE_F32);
    ASSERT_EQ(neural_safetensors_add_tensor(writer.get(), "t", tensor.get()), NEURAL_OK);
    int n = 1;
    for (;; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = neural_safetensors_write(writer.get(), path.c_str());
        neural_alloc_fail_at(0);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY);
        ASSERT_EQ(Slurp(path), "old");
    }
    EXPECT_GT(n, 2);
    EXPECT_EQ(neural_safetensors_write(writer.get(), "/dev/full"), NEURAL_ERR_FILE_WRITE);
    EXPECT_NE(std::string(neural_last_error()).find("/dev/full: "), std::string::npos);
    EXPECT_EQ(neural_safetensors_write(writer.get(), testing::TempDir().c_str()),
              NEURAL_ERR_FILE_WRITE);
}

// --- reading ---

TEST(Safetensors, AcceptsOtherProgramsFiles) {
    EXPECT_EQ(Error(WithHeader("{}")), "");
    EXPECT_EQ(Error(WithHeader("{ }   ")), "");
    EXPECT_EQ(Error(WithHeader("{\"__metadata__\":{}}")), "");
    // Any order, blanks, escapes, no checksum.
    const std::string header =
        "{\"b\" : {\"data_offsets\":[4,8], \"shape\":[1],\"dtype\":\"F32\"},\n"
        "\"\\u0061\\ud83d\\ude00\\/\":{\"dtype\":\"I8\",\"shape\":[4],"
        "\"data_offsets\":[0,4]},\"__metadata__\":{\"format\":\"pt\"}}";
    ASSERT_EQ(Error(WithHeader(header, "abcd\1\2\3\4")), "");
    Spill(Path("foreign.safetensors"), WithHeader(header, "abcd\1\2\3\4"));
    const File file = Open(Path("foreign.safetensors"));
    EXPECT_STREQ(neural_safetensors_name(file.get(), 0), "a\xf0\x9f\x98\x80/");
    EXPECT_STREQ(neural_safetensors_name(file.get(), 1), "b");
    EXPECT_EQ(neural_safetensors_name(file.get(), 2), nullptr);
    EXPECT_EQ(neural_safetensors_name(file.get(), -1), nullptr);
    EXPECT_EQ(neural_safetensors_bytes(file.get()), 8);
    EXPECT_STREQ(neural_safetensors_text(file.get(), "format"), "pt");
    neural_tensor *tensor = nullptr;
    EXPECT_EQ(neural_safetensors_read(file.get(), "c", &tensor), NEURAL_ERR_DATA);
    EXPECT_EQ(tensor, nullptr);
}

TEST(Safetensors, MismatchesNameBothShapes) {
    const std::string path = Path("fit.safetensors");
    Spill(path, SmallFile());
    const File file = Open(path);
    const Tensor shape = Make({2, 4}, NEURAL_DTYPE_F32), dtype = Make({2, 3}, NEURAL_DTYPE_F64);
    EXPECT_EQ(neural_safetensors_read_into(file.get(), "0.weight", shape.get()),
              NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(neural_last_error(), path + ": 0.weight is f32 [2, 3], the model wants f32 [2, 4]");
    EXPECT_EQ(neural_safetensors_read_into(file.get(), "0.weight", dtype.get()),
              NEURAL_ERR_DTYPE_MISMATCH);
    EXPECT_EQ(neural_safetensors_read_into(file.get(), "1.weight", dtype.get()), NEURAL_ERR_DATA);
    EXPECT_EQ(neural_last_error(),
              path + ": there is no tensor 1.weight, the model wants f64 [2, 3]");
}

TEST(Safetensors, EveryFailedAllocationIsReported) {
    const std::string path = Path("alloc.safetensors");
    Spill(path, SmallFile());
    int n = 1;
    for (;; n++) {
        neural_safetensors *file = nullptr;
        const int64_t held = neural_alloc_bytes();
        neural_alloc_fail_at(n);
        const neural_status status = neural_safetensors_open(path.c_str(), &file);
        neural_alloc_fail_at(0);
        neural_safetensors_close(file);
        ASSERT_EQ(neural_alloc_bytes(), held);
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n;
    }
    EXPECT_GT(n, 3);
}

} // namespace
