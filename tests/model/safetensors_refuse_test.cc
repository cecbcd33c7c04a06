// What the reader of safetensors files has to refuse: wrong, cut, damaged and random files.
#include "model/safetensors.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "core/base/allocations.h"
#include "tests/model/safetensors_files.h"

namespace {

std::string One(const std::string &dtype, const std::string &shape, const std::string &offsets) {
    return WithHeader("{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
                          ",\"data_offsets\":" + offsets + "}}",
                      "A");
}

const std::string i8 = "{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}";
const struct {
    const char *what;
    std::string bytes, error;
} refused[] = {
    {"empty", "", "0 bytes"},
    {"short", "1234567", "7 bytes"},
    {"header beyond the end", Length(3) + "{}",
     "the file is truncated: it has 10 bytes, its header ends at 11"},
    {"huge header", Length(~0ull) + "{}", "expected a safetensors file"},
    {"huge header 2", Length(1ull << 63) + "{}", "expected a safetensors file"},
    {"huge header 3", Length(100000001) + "{}", "a header of 100000001 bytes, expected"},
    {"largest header", Length(100000000) + "{}", "its header ends at 100000008"},
    {"no header", Length(0) + "{}", "whose header has 2 to"},
    {"array", WithHeader("[]"), "header byte 0: expected {"},
    {"blank first", WithHeader(" {}"), "header byte 0: expected {"},
    {"open", WithHeader("{\"a\":"), "header byte 5: unexpected token near end of file"},
    {"open string", WithHeader("{\"a"), "premature end of input"},
    {"line in string", WithHeader("{\"a\n\":" + i8 + "}", "A"), "unexpected newline"},
    {"NUL", WithHeader(std::string("{\"a\0\":", 6) + i8 + "}", "A"), "control character 0x0"},
    {"escaped NUL", WithHeader("{\"a\\u0000\":" + i8 + "}", "A"), "NUL byte in object key"},
    {"lone surrogate", WithHeader("{\"\\ud800\":" + i8 + "}", "A"), "invalid Unicode"},
    {"low surrogate", WithHeader("{\"\\udc00\":" + i8 + "}", "A"), "invalid Unicode"},
    {"bad escape", WithHeader("{\"\\x\":" + i8 + "}", "A"), "invalid escape"},
    {"bad hex", WithHeader("{\"\\u00g0\":" + i8 + "}", "A"), "invalid escape"},
    {"Latin-1", WithHeader("{\"\xe4\":" + i8 + "}", "A"), "unable to decode byte 0xe4"},
    {"comma", WithHeader("{\"a\":" + i8 + ",}", "A"), "string or '}' expected near '}'"},
    {"behind", WithHeader("{\"a\":" + i8 + "}x", "A"), "end of file expected near 'x'"},
    {"twice",
     WithHeader("{\"a\":" + i8 +
                    ",\"\\u0061\":{\"dtype\":\"I8\",\"shape\":[1],"
                    "\"data_offsets\":[1,2]}}",
                "AB"),
     "duplicate object key"},
    {"metadata twice", WithHeader("{\"__metadata__\":{},\"__metadata__\":{}}"), "duplicate"},
    {"key twice", WithHeader("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}"), "duplicate"},
    {"metadata text", WithHeader("{\"__metadata__\":\"a\"}"), "__metadata__ as an object"},
    {"metadata number", WithHeader("{\"__metadata__\":{\"a\":1}}"),
     "metadata a: expected a string"},
    {"metadata nested", WithHeader("{\"__metadata__\":{\"a\":{}}}"), "header byte 21: found {"},
    {"no object", WithHeader("{\"a\":1}", "A"), "tensor a: Expected object, got integer"},
    {"no offsets", WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[1]}}", "A"),
     "tensor a: Object item not found: data_offsets"},
    {"field twice", WithHeader("{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}", "A"), "duplicate"},
    {"field unknown", WithHeader("{\"a\":{\"size\":1," + i8.substr(1) + "}", "A"),
     "left unpacked: size"},
    {"dtype", One("F8", "[1]", "[0,1]"), "tensor a: dtype F8, expected F32"},
    {"no sizes", One("I8", "1", "[0,1]"), "tensor a: expected a shape"},
    {"negative", One("I8", "[-1]", "[0,1]"), "header byte 28: found -"},
    {"negative zero", One("I8", "[-0]", "[0,0]"), "header byte 28: found -"},
    {"float", One("I8", "[1.0]", "[0,1]"), "expected whole numbers"},
    {"exponent", One("I8", "[1e0]", "[0,1]"), "expected whole numbers"},
    {"null", One("I8", "[null]", "[0,1]"), "expected whole numbers"},
    {"leading zero", One("I8", "[01]", "[0,1]"), "invalid token near '0'"},
    {"huge number", One("I8", "[9223372036854775808]", "[0,1]"), "too big integer"},
    {"huge number 2", One("I8", "[" + std::string(90000, '9') + "]", "[0,1]"), "too big integer"},
    {"dims", One("I8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), "up to 8 sizes"},
    {"overflow", One("I8", "[4294967296,4294967296]", "[0,1]"), "too large"},
    {"overflow in bytes", One("F64", "[2305843009213693952]", "[0,0]"),
     "0 bytes, expected as many"},
    {"1e9 dims", One("F64", "[1000000000,1000]", "[0,8000000000000]"), "truncated"},
    {"bytes", One("I8", "[2]", "[0,1]"), "1 bytes, expected as many"},
    {"too few bytes", One("F64", "[1]", "[0,1]"), "1 bytes, expected as many"},
    {"too many bytes", One("BF16", "[0]", "[0,1]"), "1 bytes, expected as many"},
    {"negative offset", One("I8", "[1]", "[-1,0]"), "found -"},
    {"negative offsets", One("I8", "[1]", "[-2,-1]"), "found -"},
    {"huge offset", One("I8", "[1]", "[0,9223372036854775807]"), "expected as many"},
    {"huge offsets", One("I8", "[1]", "[9223372036854775806,9223372036854775807]"),
     "begin at 9223372036854775806, expected 0"},
    {"huge tensor", One("I8", "[9223372036854775807]", "[0,9223372036854775807]"), "truncated"},
    {"larger offset", One("I8", "[1]", "[0,18446744073709551616]"), "too big integer"},
    {"offset of a number with a point", One("I8", "[1]", "[0,1.0]"), "got real"},
    {"backwards", One("I8", "[1]", "[1,0]"), "begin <= end"},
    {"three offsets", One("I8", "[1]", "[0,1,2]"), "1 array item(s) left unpacked"},
    {"one offset", One("I8", "[1]", "[0]"), "Array index 1 out of range"},
    {"offset text", One("I8", "[1]", "[0,\"1\"]"), "Expected integer, got string"},
    {"hole", WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[1,2]}}", "AB"),
     "begin at 1, expected 0"},
    {"hole between",
     WithHeader("{\"a\":" + i8 + ",\"b\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
                "ABC"),
     "the bytes of b begin at 2, expected 1"},
    {"overlap in part",
     WithHeader("{\"a\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                "\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
                "ABC"),
     "the bytes of b begin at 1, expected 2"},
    {"overlap", WithHeader("{\"a\":" + i8 + ",\"b\":" + i8 + "}", "AB"), "expected 1"},
    {"tail", WithHeader("{\"a\":" + i8 + "}", "AB"),
     "the file has a tail: it has 63 bytes, its header tells of 62"},
    {"truncated", WithHeader("{\"a\":" + i8 + "}"),
     "the file is truncated: it has 61 bytes, its header tells of 62"},
    {"truncated header", WithHeader("{\"a\":" + i8 + "}").substr(0, 20),
     "the file is truncated: it has 20 bytes, its header ends at 61"},
    {"checksum", WithHeader("{\"__metadata__\":{\"checksum\":\"0\"}}"), "damaged"},
    {"nested", WithHeader(std::string(50000, '{')), "header byte 2: found {"},
    {"nested arrays", WithHeader("{\"a\":{\"shape\":" + std::string(50000, '[')), "found ["},
    {"array of objects", WithHeader("{\"a\":{\"shape\":[{}]}}"), "header byte 15: found {"},
    {"array for a tensor", WithHeader("{\"a\":[1]}"), "header byte 5: found ["},
};

TEST(Safetensors, Refuses) {
    for (const auto &c : refused) {
        const int64_t allocations = neural_alloc_count(), held = neural_alloc_bytes();
        const std::string error = Error(c.bytes);
        EXPECT_LE(neural_alloc_count() - allocations, 5)
            << c.what; // file, path, bytes, entries, keys
        EXPECT_EQ(neural_alloc_bytes(), held) << c.what;
        EXPECT_NE(error.find(c.error), std::string::npos) << c.what << ": \"" << error << '"';
        EXPECT_FALSE(error.empty()) << c.what;
    }
    neural_safetensors *file = nullptr;
    EXPECT_EQ(neural_safetensors_open("/nonexistent", &file), NEURAL_ERR_FILE_NOT_FOUND);
    EXPECT_EQ(neural_safetensors_open("/", &file), NEURAL_ERR_FILE_READ);
}

// 300 MB of a file, without a byte of it on the disk: what its header claims is not believed.
TEST(Safetensors, LargeFilesAreRefusedWithoutLargeAllocations) {
    const std::string path = Path("large.safetensors"), zeros(16, 0);
    for (const std::string &begin :
         {Length(150000000), Length(100000000), Length(100000000) + "{",
          WithHeader("{\"a\":{\"dtype\":\"F64\",\"shape\":[9000000000],"
                     "\"data_offsets\":[0,72000000000]}}"),
          WithHeader("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}")}) {
        Spill(path, begin + zeros);
        ASSERT_EQ(truncate(path.c_str(), 300000000), 0);
        const int64_t allocations = neural_alloc_count(), held = neural_alloc_bytes();
        const size_t arena = mallinfo2().arena + mallinfo2().hblkhd;
        neural_safetensors *file = nullptr;
        EXPECT_EQ(neural_safetensors_open(path.c_str(), &file), NEURAL_ERR_DATA);
        EXPECT_EQ(std::string(neural_last_error()).find(path + ": "), 0u);
        EXPECT_LE(neural_alloc_count() - allocations, 4);
        EXPECT_EQ(neural_alloc_bytes(), held);
        EXPECT_LE(mallinfo2().arena + mallinfo2().hblkhd, arena + (4 << 20));
    }
    unlink(path.c_str());
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
