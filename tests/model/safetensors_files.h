// Files to read and tensors to write, for the tests of safetensors.
#ifndef TESTS_MODEL_SAFETENSORS_FILES_H_
#define TESTS_MODEL_SAFETENSORS_FILES_H_

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "model/safetensors.h"
#include "tests/model/memory_file.h"

using Tensor = std::unique_ptr<neural_tensor, void (*)(neural_tensor *)>;
using File = std::unique_ptr<neural_safetensors, void (*)(neural_safetensors *)>;
using Writer = std::unique_ptr<neural_safetensors_writer, void (*)(neural_safetensors_writer *)>;

inline std::string Path(const std::string &name) {
    return testing::TempDir() + "/" + name;
}

inline std::string Slurp(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void Spill(const std::string &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline Tensor Make(std::vector<int64_t> dims, neural_dtype dtype, int first = 1) {
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_create((int)dims.size(), dims.data(), dtype, &out), NEURAL_OK);
    char *data = (char *)neural_tensor_data(out);
    for (int64_t i = 0; i < neural_tensor_bytes(out); i++) {
        data[i] = (char)((first + i) % (dtype == NEURAL_DTYPE_BOOL ? 2 : 100));
    }
    return Tensor(out, neural_tensor_release);
}

inline Writer NewWriter() {
    neural_safetensors_writer *writer = nullptr;
    EXPECT_EQ(neural_safetensors_writer_create(&writer), NEURAL_OK);
    return Writer(writer, neural_safetensors_writer_destroy);
}

inline File Open(const std::string &path) {
    neural_safetensors *file = nullptr;
    EXPECT_EQ(neural_safetensors_open(path.c_str(), &file), NEURAL_OK) << neural_last_error();
    return File(file, neural_safetensors_close);
}

inline std::string Bytes(const neural_tensor *tensor) {
    return std::string((const char *)neural_tensor_data(tensor),
                       (size_t)neural_tensor_bytes(tensor));
}

inline std::string Length(uint64_t bytes) {
    std::string text(8, 0);
    for (int i = 0; i < 8; i++) {
        text[(size_t)i] = (char)(bytes >> (8 * i));
    }
    return text;
}

inline std::string WithHeader(const std::string &header, const std::string &data = "") {
    return Length(header.size()) + header + data;
}

// Opens bytes as a file and returns the error, "" when they are accepted.
inline std::string Error(const std::string &bytes) {
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

inline std::string SmallFile() {
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

#endif /* TESTS_MODEL_SAFETENSORS_FILES_H_ */
