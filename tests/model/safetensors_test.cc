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
#include "tests/model/memory_file.h"

namespace {

using Tensor = std::unique_ptr<neural_tensor, void (*)(neural_tensor *)>;
using File = std::unique_ptr<neural_safetensors, void (*)(neural_safetensors *)>;
using Writer = std::unique_ptr<neural_safetensors_writer, void (*)(neural_safetensors_writer *)>;

std::string Path(const std::string &name) {
    return testing::TempDir() + "/" + name;
}

std::string Slurp(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

void Spill(const std::string &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

Tensor Make(std::vector<int64_t> dims, neural_dtype dtype, int first = 1) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create((int)dims.size(), dims.data(), dtype, &out), NEURAL_OK);
    char *data = (char *)neural_tensor_data(out);
    for (int64_t i = 0; i < neural_tensor_bytes(out); i++) {
        data[i] = (char)((first + i) % (dtype == NEURAL_DTYPE_BOOL ? 2 : 100));
    }
    return Tensor(out, neural_tensor_release);
}

Writer NewWriter() {
    neural_safetensors_writer *writer = nullptr;
    EXPECT_EQ(neural_safetensors_writer_create(&writer), NEURAL_OK);
    return Writer(writer, neural_safetensors_writer_destroy);
}

File Open(const std::string &path) {
    neural_safetensors *file = nullptr;
    EXPECT_EQ(neural_safetensors_open(path.c_str(), &file), NEURAL_OK) << neural_last_error();
    return File(file, neural_safetensors_close);
}

std::string Bytes(const neural_tensor *tensor) {
    return std::string((const char *)neural_tensor_data(tensor),
                       (size_t)neural_tensor_bytes(tensor));
}

std::string Length(uint64_t bytes) {
    std::string text(8, 0);
    for (int i = 0; i < 8; i++) {
        text[(size_t)i] = (char)(bytes >> (8 * i));
    }
    return text;
}

std::string WithHeader(const std::string &header, const std::string &data = "") {
    return Length(header.size()) + header + data;
}

// Opens bytes as a file and returns the error, "" when they are accepted.
std::string Error(const std::string &bytes) {
    static MemoryFile memory;
    const std::string path = memory.path();
    memory.Set(bytes);
    neural_safetensors *file = nullptr;
    const neural_status status = neural_safetensors_open(path.c_str(), &file);
    neural_safetensors_close(file);
    EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_DATA) << status;
    const std::string text = status ? neural_last_error() : "";
    EXPECT_TRUE(text.empty() || text.compare(0, path.size() + 2, path + ": ") == 0) << text;
    return text;
}

std::string SmallFile() {
    const std::string path = Path("small.safetensors");
    const Writer writer = NewWriter();
    const Tensor a = Make({2, 3}, NEURAL_DTYPE_F32), b = Make({1}, NEURAL_DTYPE_F64, 7);
    EXPECT_EQ(neural_safetensors_add_tensor(writer.get(), "0.weight", a.get()), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_add_tensor(writer.get(), "b", b.get()), NEURAL_OK);
    EXPECT_EQ(neural_safetensors_add_text(writer.get(), "format", "test \"1\"\n\xc3\xbc"),
              NEURAL_OK);
    EXPECT_EQ(neural_safetensors_write(writer.get(), path.c_str()), NEURAL_OK);
    return Slurp(path);
}

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

TEST(Safetensors, Refuses) {
    const std::string i8 = "{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}";
    const struct {
        const char *what;
        std::string bytes, error;
    } cases[] = {
        {"empty", "", "0 bytes"},
        {"short", "1234567", "7 bytes"},
        {"header beyond the end", Length(3) + "{}", "no more than the file has"},
        {"huge header", Length(~0ull) + "{}", "no more than the file has"},
        {"huge header 2", Length(1ull << 63) + "{}", "no more than the file has"},
        {"no header", Length(0) + "{}", "expected 2 to"},
        {"array", WithHeader("[]"), "header byte 0: expected {"},
        {"blank first", WithHeader(" {}"), "header byte 0: expected {"},
        {"open", WithHeader("{\"a\":"), "expected {"},
        {"open string", WithHeader("{\"a"), "expected the end of a string"},
        {"line in string", WithHeader("{\"a\n\":" + i8 + "}", "A"), "expected the end of a string"},
        {"NUL", WithHeader(std::string("{\"a\0\":", 6) + i8 + "}", "A"), "the end of a string"},
        {"escaped NUL", WithHeader("{\"a\\u0000\":" + i8 + "}", "A"), "expected an escape"},
        {"lone surrogate", WithHeader("{\"\\ud800\":" + i8 + "}", "A"), "expected an escape"},
        {"low surrogate", WithHeader("{\"\\udc00\":" + i8 + "}", "A"), "expected an escape"},
        {"bad escape", WithHeader("{\"\\x\":" + i8 + "}", "A"), "expected an escape"},
        {"bad hex", WithHeader("{\"\\u00g0\":" + i8 + "}", "A"), "expected an escape"},
        {"Latin-1", WithHeader("{\"\xe4\":" + i8 + "}", "A"), "expected UTF-8"},
        {"comma", WithHeader("{\"a\":" + i8 + ",}", "A"), "expected \""},
        {"behind", WithHeader("{\"a\":" + i8 + "}x", "A"), "expected blanks"},
        {"twice",
         WithHeader("{\"a\":" + i8 +
                        ",\"a\":{\"dtype\":\"I8\",\"shape\":[1],"
                        "\"data_offsets\":[1,2]}}",
                    "AB"),
         "tensor a is there twice"},
        {"metadata twice", WithHeader("{\"__metadata__\":{},\"__metadata__\":{}}"), "once"},
        {"key twice", WithHeader("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}"), "there twice"},
        {"metadata number", WithHeader("{\"__metadata__\":{\"a\":1}}"), "expected \""},
        {"metadata nested", WithHeader("{\"__metadata__\":{\"a\":{}}}"), "expected \""},
        {"no offsets", WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[1]}}", "A"), "once each"},
        {"field twice", WithHeader("{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}", "A"),
         "once each"},
        {"field unknown", WithHeader("{\"a\":{\"size\":1}}", "A"), "once each"},
        {"dtype", WithHeader("{\"a\":{\"dtype\":\"F8\"}}", "A"), "expected dtype F32"},
        {"negative", WithHeader("{\"a\":{\"shape\":[-1]}}"), "not negative"},
        {"float", WithHeader("{\"a\":{\"shape\":[1.0]}}"), "expected ]"},
        {"leading zero", WithHeader("{\"a\":{\"shape\":[01]}}"), "not negative"},
        {"huge number", WithHeader("{\"a\":{\"shape\":[9223372036854775808]}}"), "below 2^63"},
        {"huge number 2", WithHeader("{\"a\":{\"shape\":[" + std::string(90000, '9') + "]}}"),
         "below 2^63"},
        {"dims", WithHeader("{\"a\":{\"shape\":[1,1,1,1,1,1,1,1,1]}}"), "up to 8 sizes"},
        {"overflow",
         WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[4294967296,4294967296],"
                    "\"data_offsets\":[0,0]}}"),
         "too large"},
        {"overflow in bytes",
         WithHeader("{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],"
                    "\"data_offsets\":[0,0]}}"),
         "expected as many bytes"},
        {"1e9 dims",
         WithHeader("{\"a\":{\"dtype\":\"F64\",\"shape\":[1000000000,1000],"
                    "\"data_offsets\":[0,8000000000000]}}",
                    "A"),
         "truncated"},
        {"bytes",
         WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,1]}}", "A"),
         "expected as many bytes"},
        {"backwards", WithHeader("{\"a\":{\"data_offsets\":[1,0]}}", "A"), "begin <= end"},
        {"three offsets", WithHeader("{\"a\":{\"data_offsets\":[0,1,2]}}", "A"), "two numbers"},
        {"one offset", WithHeader("{\"a\":{\"data_offsets\":[0]}}", "A"), "[begin, end]"},
        {"hole",
         WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[1,2]}}", "AB"),
         "begin at 1, expected 0"},
        {"overlap", WithHeader("{\"a\":" + i8 + ",\"b\":" + i8 + "}", "AB"), "expected 1"},
        {"tail", WithHeader("{\"a\":" + i8 + "}", "AB"), "2 bytes of data, expected 1"},
        {"truncated", WithHeader("{\"a\":" + i8 + "}"), "0 bytes of data, expected 1"},
        {"checksum", WithHeader("{\"__metadata__\":{\"checksum\":\"0\"}}"), "damaged"},
        {"nested", WithHeader(std::string(50000, '{')), "expected \""},
        {"nested arrays", WithHeader("{\"a\":{\"shape\":" + std::string(50000, '[')),
         "not negative"},
    };
    for (const auto &c : cases) {
        const std::string error = Error(c.bytes);
        EXPECT_NE(error.find(c.error), std::string::npos) << c.what << ": \"" << error << '"';
        EXPECT_FALSE(error.empty()) << c.what;
    }
    neural_safetensors *file = nullptr;
    EXPECT_EQ(neural_safetensors_open("/nonexistent", &file), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(neural_safetensors_open("/", &file), NEURAL_ERR_FILE_READ);
}

TEST(Safetensors, TruncatedAnywhere) {
    const std::string whole = SmallFile();
    ASSERT_EQ(Error(whole), "");
    for (size_t bytes = 0; bytes < whole.size(); bytes++) {
        ASSERT_NE(Error(whole.substr(0, bytes)), "") << bytes;
    }
}

TEST(Safetensors, DamageIsSeen) {
    const std::string whole = SmallFile();
    uint64_t header = 0;
    memcpy(&header, whole.data(), 8);
    for (size_t at = 8 + header; at < whole.size(); at++) {
        std::string damaged = whole;
        damaged[at] = (char)(damaged[at] ^ 0x10);
        ASSERT_NE(Error(damaged).find("damaged"), std::string::npos) << at;
    }
}

TEST(Safetensors, RandomMutations) {
    const std::string whole = SmallFile(), alphabet = "{}[]\":,\\u0019 azF\xc3\x01";
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    MemoryFile memory;
    const std::string path = memory.path();
    for (int round = 0; round < 10000; round++) {
        std::string bytes = whole;
        for (unsigned edits = 1 + random() % 3; edits && !bytes.empty(); edits--) {
            const size_t at = random() % bytes.size();
            switch (random() % 4) {
            case 0:
                bytes[at] = (char)random();
                break;
            case 1:
                bytes[at] = alphabet[random() % alphabet.size()];
                break;
            case 2:
                bytes.erase(at, 1 + random() % 4);
                break;
            default:
                bytes.insert(at, 1, alphabet[random() % alphabet.size()]);
            }
        }
        if (random() % 2 && bytes.size() > 8) { // keep the length honest, so that more is reached
            const size_t end = bytes.size() - std::min(bytes.size() - 8, (size_t)32);
            bytes.replace(0, 8, Length(end - 8));
        }
        memory.Set(bytes);
        neural_safetensors *file = nullptr;
        const neural_status status = neural_safetensors_open(path.c_str(), &file);
        ASSERT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_DATA) << "seed " << seed;
        for (int i = 0; file && i < neural_safetensors_count(file); i++) {
            neural_tensor *tensor = nullptr;
            ASSERT_EQ(neural_safetensors_read(file, neural_safetensors_name(file, i), &tensor),
                      NEURAL_OK)
                << "seed " << seed;
            neural_tensor_release(tensor);
        }
        neural_safetensors_close(file);
    }
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
