#include "data/gzip.h"

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::GuardedText;
using data_testing::gzip;

// Everything, read `step` bytes at a time; the error text when it fails.
std::string inflate_all(const std::string &file, size_t step, std::string *error) {
    const GuardedText text(file);
    neural_gzip *stream = nullptr;
    std::string out;
    error->clear();
    EXPECT_EQ(neural_gzip_create("f", text.data(), text.size(), &stream), NEURAL_OK);
    for (size_t got = step; got == step;) {
        std::string part(step, '\0');
        if (neural_gzip_read(stream, &part[0], step, &got)) {
            *error = neural_last_error();
            break;
        }
        out += part.substr(0, got);
    }
    neural_gzip_destroy(stream);
    return out;
}

std::string sample(size_t size) {
    std::string text;
    for (uint32_t i = 1; text.size() < size; i = i * 1664525u + 1013904223u) {
        text += static_cast<char>(i >> (24 + i % 7));
    }
    return text;
}

TEST(Gzip, RoundTripInAnySteps) {
    std::string error;
    for (size_t size : {0u, 1u, 2u, 1000u, 300000u}) {
        const std::string text = sample(size);
        for (size_t step : {1u, 7u, 4096u, 1000000u}) {
            if (size < 10000 || step > 1) {
                EXPECT_EQ(inflate_all(gzip(text), step, &error), text);
                EXPECT_EQ(error, "");
            }
        }
    }
}

TEST(Gzip, MembersFollowEachOther) {
    std::string error;
    EXPECT_EQ(inflate_all(gzip("ab") + gzip("") + gzip("cd"), 3, &error), "abcd");
    EXPECT_EQ(error, "");
}

TEST(Gzip, GarbageBehindIsRefused) {
    std::string error;
    inflate_all(gzip("ab") + "xyz", 100, &error);
    EXPECT_EQ(error, "f: 3 bytes after the end of the gzip stream");
    inflate_all(gzip("ab") + std::string(1, '\0'), 100, &error);
    EXPECT_EQ(error, "f: 1 bytes after the end of the gzip stream");
}

TEST(Gzip, TruncatedAtEveryByte) {
    const std::string file = gzip(sample(500));
    for (size_t length = 2; length < file.size(); length++) {
        std::string error;
        inflate_all(file.substr(0, length), 64, &error);
        EXPECT_EQ(error, "f: the gzip stream is truncated") << length;
    }
}

TEST(Gzip, EveryFlippedByteOfDataIsFound) {
    const std::string file = gzip(sample(500));
    const size_t padded = file.size() - 9; // its upper bits may mean nothing
    for (size_t at = 10; at < file.size(); at += at + 1 == padded ? 2 : 1) {
        std::string damaged = file, error;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        inflate_all(damaged, 64, &error);
        EXPECT_NE(error, "") << at;
    }
}

TEST(Gzip, FailedAllocation) {
    const std::string file = gzip(sample(500));
    const int64_t before = neural_alloc_bytes();
    int failures = 0;
    for (int n = 1; n < 20; n++) {
        neural_gzip *stream = nullptr;
        char out[600];
        size_t got = 0;
        neural_alloc_fail_at(n);
        neural_status status = neural_gzip_create("f", file.data(), file.size(), &stream);
        if (!status) {
            status = neural_gzip_read(stream, out, 100, &got);
        }
        if (!status) {
            status = neural_gzip_read(stream, out + 100, 500, &got);
        }
        neural_alloc_fail_at(0);
        failures += status == NEURAL_ERR_OUT_OF_MEMORY;
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_TRUE(status != NEURAL_OK || got == 400);
        neural_gzip_destroy(stream);
    }
    EXPECT_GE(failures, 3); // the object, zlib's state and its window
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace
