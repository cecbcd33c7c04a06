#include "data/zip.h"

#include <random>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"
#include "tests/data/npy_testing.h"

namespace {

using data_testing::zip_file;
using data_testing::ZipMember;

// Reads everything; the status of the first failure.
neural_status read_all(const std::string &text, std::vector<ZipMember> *out) {
    const data_testing::GuardedText file(text);
    neural_zip zip;
    neural_status status = neural_zip_open("a.zip", file.data(), file.size(), &zip);
    const unsigned char *at = nullptr;
    int more = 1;
    while (!status) {
        neural_zip_member member;
        const unsigned char *data = nullptr;
        void *owned = nullptr;
        status = neural_zip_next(&zip, &at, &member, &more);
        if (status || !more) break;
        status = neural_zip_read(&zip, &member, &data, &owned);
        if (!status) {
            out->push_back({std::string(member.name, static_cast<size_t>(member.name_bytes)),
                            std::string(reinterpret_cast<const char *>(data), member.bytes),
                            member.is_deflated != 0});
        }
        neural_free(owned);
    }
    return status;
}

const std::vector<ZipMember> three = {
    {"a.npy", "hello", false}, {"b.npy", std::string(100000, 'x') + "end", true}, {"", "", true}};

TEST(Zip, StoredAndDeflated) {
    std::vector<ZipMember> found;
    ASSERT_EQ(read_all(zip_file(three), &found), NEURAL_OK) << neural_last_error();
    ASSERT_EQ(found.size(), 3u);
    for (size_t i = 0; i < 3; i++) {
        EXPECT_EQ(found[i].name, three[i].name);
        EXPECT_EQ(found[i].content, three[i].content);
        EXPECT_EQ(found[i].deflated, three[i].deflated);
    }
    found.clear();
    EXPECT_EQ(read_all(zip_file({}), &found), NEURAL_OK);
    EXPECT_TRUE(found.empty());
}

TEST(Zip, DamageIsNamed) {
    std::string text = zip_file(three);
    std::vector<ZipMember> found;
    text[text.find("hello")] = 'j';
    EXPECT_EQ(read_all(text, &found), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(),
                 "a.zip: the ZIP archive is damaged: a member's CRC-32 does not fit");
    EXPECT_EQ(read_all("PK\3\4", &found), NEURAL_ERR_DATA);
    EXPECT_STREQ(neural_last_error(), "a.zip: the ZIP archive is damaged: it has no directory (is "
                                      "it truncated?)");
}

// A directory that announces 2^32 - 2 bytes for a few: refused without such an allocation.
TEST(Zip, LyingSize) {
    std::string text = zip_file({{"a.npy", std::string(1000, 'x'), true}});
    const size_t entry = text.find("PK\1\2");
    text.replace(entry + 24, 4, "\xFE\xFF\xFF\xFF");
    std::vector<ZipMember> found;
    const int64_t before = neural_alloc_bytes();
    EXPECT_EQ(read_all(text, &found), NEURAL_ERR_DATA);
    EXPECT_EQ(neural_alloc_bytes(), before);
}

TEST(Zip, TruncatedAtEveryByteAndMutated) {
    const std::string whole = zip_file({{"a.npy", "hello", false}, {"b.npy", "world", true}});
    std::vector<ZipMember> found;
    for (size_t length = 0; length < whole.size(); length++) {
        EXPECT_EQ(read_all(whole.substr(0, length), &found), NEURAL_ERR_DATA);
    }
    const unsigned seed = 55101;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        std::string text = whole;
        for (unsigned n = 1 + random() % 3; n > 0; n--) {
            text[random() % text.size()] = static_cast<char>(random() % 4 ? random() : 255);
        }
        found.clear();
        refused += read_all(text, &found) != NEURAL_OK;
    }
    EXPECT_GT(refused, 5000);
}

} // namespace
