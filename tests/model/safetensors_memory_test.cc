// The memory that jansson takes for headers: bounded, and reported when there is none.
#include <gtest/gtest.h>
#include <jansson.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "model/safetensors.h"
#include "tests/model/safetensors_files.h"

namespace {

// jansson's memory, counted; the n-th allocation from now on fails.
size_t json_bytes, json_peak;
int json_fail_at;

void *JsonAlloc(size_t bytes) {
    if (json_fail_at && --json_fail_at == 0) {
        return nullptr;
    }
    void *memory = malloc(bytes);
    json_bytes += malloc_usable_size(memory) + sizeof(size_t);
    json_peak = std::max(json_peak, json_bytes);
    return memory;
}

void JsonFree(void *memory) {
    json_bytes -= memory ? malloc_usable_size(memory) + sizeof(size_t) : 0;
    free(memory);
}

// part count times, the % in it the number of the repetition.
std::string Repeat(const std::string &begin, const std::string &part, size_t count,
                   const std::string &end) {
    const size_t number = std::min(part.find('%'), part.size());
    std::string text = begin;
    for (size_t i = 0; i < count; i++) {
        text.append(part, 0, number);
        if (number < part.size()) {
            text.append(std::to_string(i)).append(part, number + 1, part.size());
        }
    }
    return text + end;
}

TEST(SafetensorsMemory, IsBounded) {
    const std::string tensor = ",\"%\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    const std::string metadata = "{\"__metadata__\":{\"a\":\"\"";
    const struct {
        const char *what;
        std::string begin, part, end;
    } cases[] = {
        {"tensors", "{\"__metadata__\":{}", tensor, "}"},
        {"texts", metadata, ",\"%\":\"\"", "}}"},
        {"long texts", metadata, ",\"%" + std::string(40, 'k') + "\":\"a longer text\"", "}}"},
        {"objects", "{\"a\":{}", ",\"%\":{}", "}"},
        {"arrays", "{\"a\":{\"a\":[]", ",\"%\":[]", "}}"},
        {"numbers", "{\"a\":{\"a\":1", ",\"%\":1", "}}"},
        {"sizes", "{\"a\":{\"shape\":[1", ",1", "]}}"},
        {"names of sizes", "{\"a\":{\"shape\":[\"\"", ",\"\"", "]}}"},
        {"one text", metadata.substr(0, metadata.size() - 1), "0123456789abcde\\n", "\"}}"},
        {"one key", "{\"", "0123456789abcde\\n", "\":1}"},
    };
    json_set_alloc_funcs(JsonAlloc, JsonFree);
    for (const auto &c : cases) {
        for (const size_t count : {1000u, 14000u, 33000u, 131100u}) {
            const std::string bytes = WithHeader(Repeat(c.begin, c.part, count, c.end));
            json_peak = 0;
            const std::string error = Error(bytes);
            EXPECT_LT(json_peak + 4 * bytes.size(), 16 * (bytes.size() + (1 << 20)))
                << c.what << ' ' << count;
            EXPECT_EQ(json_bytes, 0u);
            if (count == 1000 && (c.part == tensor || c.begin.find(metadata) == 0)) {
                EXPECT_EQ(error, "") << c.what;
            }
        }
    }
    json_set_alloc_funcs(malloc, free);
    const std::string many = WithHeader(Repeat("{\"__metadata__\":{}", tensor, 66000, "}"));
    EXPECT_NE(Error(many).find("more memory than 16 times"), std::string::npos);
}

TEST(SafetensorsMemory, EveryFailedAllocationOfTheParserIsReported) {
    const std::string path = Path("parser.safetensors");
    Spill(path, SmallFile());
    json_set_alloc_funcs(JsonAlloc, JsonFree);
    int n = 1;
    for (;; n++) {
        neural_safetensors *file = nullptr;
        json_fail_at = n;
        const neural_status status = neural_safetensors_open(path.c_str(), &file);
        json_fail_at = 0;
        neural_safetensors_close(file);
        ASSERT_EQ(json_bytes, 0u) << n;
        if (status == NEURAL_OK) {
            break;
        }
        // jansson calls some of them an invalid token
        ASSERT_TRUE(status == NEURAL_ERR_OUT_OF_MEMORY || status == NEURAL_ERR_DATA) << n;
    }
    json_set_alloc_funcs(malloc, free);
    EXPECT_GT(n, 20);
}

TEST(SafetensorsMemory, EveryFailedAllocationOfAHeaderToWriteIsReported) {
    const std::string path = Path("unwritten.safetensors");
    Spill(path, "old");
    const Tensor tensor = Make({1}, NEURAL_DTYPE_F32);
    json_set_alloc_funcs(JsonAlloc, JsonFree);
    int n = 1;
    for (;; n++) {
        neural_safetensors_writer *writer = nullptr;
        json_fail_at = n;
        neural_status status = neural_safetensors_writer_create(&writer);
        status = status ? status : neural_safetensors_add_tensor(writer, "t", tensor.get());
        status = status ? status : neural_safetensors_add_text(writer, "key", "value");
        status = status ? status : neural_safetensors_write(writer, path.c_str());
        json_fail_at = 0;
        neural_safetensors_writer_destroy(writer);
        ASSERT_EQ(json_bytes, 0u) << n;
        if (status == NEURAL_OK) {
            break;
        }
        ASSERT_EQ(status, NEURAL_ERR_OUT_OF_MEMORY) << n;
        ASSERT_EQ(Slurp(path), "old");
    }
    json_set_alloc_funcs(malloc, free);
    EXPECT_GT(n, 8);
}

} // namespace
