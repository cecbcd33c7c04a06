// What the reader of safetensors files has to refuse: wrong, cut, damaged and random files.
#include "model/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "tests/model/safetensors_files.h"

namespace {

const std::string i8 = "{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}";
const struct {
    const char *what;
    std::string bytes, error;
} refused[] = {
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
    {"field twice", WithHeader("{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}", "A"), "once each"},
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
    {"bytes", WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,1]}}", "A"),
     "expected as many bytes"},
    {"backwards", WithHeader("{\"a\":{\"data_offsets\":[1,0]}}", "A"), "begin <= end"},
    {"three offsets", WithHeader("{\"a\":{\"data_offsets\":[0,1,2]}}", "A"), "two numbers"},
    {"one offset", WithHeader("{\"a\":{\"data_offsets\":[0]}}", "A"), "[begin, end]"},
    {"hole", WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[1,2]}}", "AB"),
     "begin at 1, expected 0"},
    {"overlap", WithHeader("{\"a\":" + i8 + ",\"b\":" + i8 + "}", "AB"), "expected 1"},
    {"tail", WithHeader("{\"a\":" + i8 + "}", "AB"), "2 bytes of data, expected 1"},
    {"truncated", WithHeader("{\"a\":" + i8 + "}"), "0 bytes of data, expected 1"},
    {"checksum", WithHeader("{\"__metadata__\":{\"checksum\":\"0\"}}"), "damaged"},
    {"nested", WithHeader(std::string(50000, '{')), "expected \""},
    {"nested arrays", WithHeader("{\"a\":{\"shape\":" + std::string(50000, '[')), "not negative"},
};

TEST(Safetensors, Refuses) {
    for (const auto &c : refused) {
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

} // namespace
