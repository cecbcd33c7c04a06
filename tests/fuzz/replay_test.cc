// Feeds a fuzz target its seeds (FUZZ_SEEDS, packed by make_corpus.py) and what fuzzing found
// (the files of FUZZ_FOUND, a directory that may be absent).
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/fuzz/fuzzing.h"

namespace {

std::string bytes_of(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

void feed(const std::string &input) {
    // In memory of its own: a sanitizer then sees what is read behind it.
    const std::string copy(input);
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(copy.data()), copy.size()),
              0);
}

TEST(FuzzTarget, TakesOrRefusesEverySeedWholeAndCut) {
    const std::string packed = bytes_of(FUZZ_SEEDS);
    int count = 0;
    for (size_t at = 0; at + 8 <= packed.size(); count++) {
        uint64_t size = 0;
        memcpy(&size, &packed[at], 8);
        SCOPED_TRACE("seed " + std::to_string(count));
        const std::string seed = packed.substr(at + 8, size);
        feed(seed);
        for (size_t cut = 1; cut < 16; cut++) {
            feed(seed.substr(0, seed.size() * cut / 16));
        }
        at += 8 + size;
    }
    printf("%d seeds\n", count);
    EXPECT_GT(count, 0);
}

TEST(FuzzTarget, TakesOrRefusesWhatWasFound) {
    std::error_code none;
    for (const auto &entry : std::filesystem::directory_iterator(FUZZ_FOUND, none)) {
        SCOPED_TRACE(entry.path());
        feed(bytes_of(entry.path()));
    }
}

TEST(FuzzTarget, TakesOrRefusesNothingAndOneByte) {
    feed("");
    for (int value = 0; value < 256; value++) {
        feed(std::string(1, (char)value));
    }
}

} // namespace
