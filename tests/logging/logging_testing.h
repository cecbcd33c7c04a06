// What the tests of logging/ share: directories that vanish, a reader of records with a checksum of
// its own, and bytes as texts.
#ifndef TESTS_LOGGING_LOGGING_TESTING_H_
#define TESTS_LOGGING_LOGGING_TESTING_H_

#include <dirent.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace logging_testing {

// A new directory, gone with the object.
class TempDir {
  public:
    TempDir() {
        const char *root = getenv("TEST_TMPDIR");
        path_ = std::string(root ? root : "/tmp") + "/logging-XXXXXX";
        EXPECT_NE(mkdtemp(&path_[0]), nullptr);
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;
    const std::string &path() const { return path_; }

  private:
    std::string path_;
};

// CRC32C bit by bit (RFC 3720 12.1: polynomial 0x1EDC6F41, here reflected), masked as TFRecord.
inline uint32_t masked_crc32c(const std::string &data) {
    uint32_t crc = 0xFFFFFFFFu;
    for (const char byte : data) {
        crc ^= static_cast<uint8_t>(byte);
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
        }
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

inline std::string little_endian(uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; i++) {
        out += static_cast<char>(value >> (8 * i));
    }
    return out;
}

template <typename T> std::string bits_of(T value) {
    return std::string(reinterpret_cast<const char *>(&value), sizeof value);
}

inline std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

inline std::string record_of(const std::string &payload) {
    const std::string head = little_endian(payload.size(), 8);
    return head + little_endian(masked_crc32c(head), 4) + payload +
           little_endian(masked_crc32c(payload), 4);
}

// Whole records from `at` on, which moves behind the last one; is_broken when bytes that are there
// contradict a checksum.
inline std::vector<std::string> records_of(const std::string &file, size_t *at, bool *is_broken) {
    std::vector<std::string> payloads;
    *is_broken = false;
    while (file.size() - *at >= 12) {
        uint64_t bytes = 0;
        memcpy(&bytes, &file[*at], 8);
        const std::string head = file.substr(*at, 8);
        if (little_endian(masked_crc32c(head), 4) != file.substr(*at + 8, 4)) {
            *is_broken = true;
            break;
        }
        if (file.size() - *at < 16 + bytes) {
            break;
        }
        const std::string payload = file.substr(*at + 12, bytes);
        if (little_endian(masked_crc32c(payload), 4) != file.substr(*at + 12 + bytes, 4)) {
            *is_broken = true;
            break;
        }
        payloads.push_back(payload);
        *at += 16 + bytes;
    }
    return payloads;
}

// All records of a file that has nothing else.
inline std::vector<std::string> records_in(const std::string &path) {
    const std::string file = read_file(path);
    size_t at = 0;
    bool is_broken = false;
    const std::vector<std::string> payloads = records_of(file, &at, &is_broken);
    EXPECT_FALSE(is_broken) << path;
    EXPECT_EQ(at, file.size()) << path;
    return payloads;
}

// --- protobuf by hand ---

inline std::string varint(uint64_t value) {
    std::string out;
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    return out + static_cast<char>(value);
}

// Fields: of bytes (texts, messages, packed numbers), a varint, a double, a float.
inline std::string field(int number, const std::string &bytes) {
    return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}
inline std::string field_int(int number, int64_t value) {
    return varint(static_cast<uint64_t>(number) << 3) + varint(static_cast<uint64_t>(value));
}
inline std::string field_double(int number, double value) {
    return varint(static_cast<uint64_t>(number) << 3 | 1) + bits_of(value);
}
inline std::string field_float(int number, float value) {
    return varint(static_cast<uint64_t>(number) << 3 | 5) + bits_of(value);
}

// An event without its first field, the wall time, which has to be there and plausible.
inline std::string without_time(const std::string &event) {
    double time = 0;
    if (event.size() < 9 || event[0] != 0x09) {
        return "no wall time: " + event;
    }
    memcpy(&time, &event[1], 8);
    EXPECT_GT(time, 1.6e9);
    EXPECT_LT(time, 1e10);
    return event.substr(9);
}

// The event of step `step` (0 is not written) with one summary value of this tag.
inline std::string value_event(int64_t step, const std::string &tag, const std::string &rest) {
    return (step ? field_int(2, step) : "") + field(5, field(1, field(1, tag) + rest));
}

} // namespace logging_testing

#endif // TESTS_LOGGING_LOGGING_TESTING_H_
