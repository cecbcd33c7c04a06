#include "core/base/sha256.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

std::string digest(const std::string &text) {
    char out[NEURAL_SHA256_TEXT];
    neural_sha256 sha;
    neural_sha256_begin(&sha);
    neural_sha256_add(&sha, text.data(), text.size());
    neural_sha256_end_text(&sha, out);
    return out;
}

// FIPS 180-4 examples (NIST CSRC), and one of each length around the padding's edges from
// coreutils' sha256sum of that many letters x.
TEST(Sha256, KnownDigests) {
    EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(digest(std::string(1000000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(digest(std::string(55, 'x')),
              "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
    EXPECT_EQ(digest(std::string(56, 'x')),
              "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
    EXPECT_EQ(digest(std::string(63, 'x')),
              "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2");
    EXPECT_EQ(digest(std::string(64, 'x')),
              "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
    EXPECT_EQ(digest(std::string(65, 'x')),
              "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9");
    EXPECT_EQ(digest(std::string(119, 'x')),
              "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c");
    EXPECT_EQ(digest(std::string(120, 'x')),
              "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98");
    EXPECT_EQ(digest(std::string(128, 'x')),
              "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464");
}

TEST(Sha256, AnySplitGivesTheSameDigest) {
    std::mt19937 random(1);
    std::string text;
    for (int i = 0; i < 1000; i++) {
        text += static_cast<char>(random());
    }
    const std::string want = digest(text);
    for (int trial = 0; trial < 200; trial++) {
        neural_sha256 sha;
        neural_sha256_begin(&sha);
        for (size_t at = 0; at < text.size();) {
            const size_t len = std::min<size_t>(text.size() - at, random() % 150);
            neural_sha256_add(&sha, text.data() + at, len);
            at += len;
        }
        char out[NEURAL_SHA256_TEXT];
        neural_sha256_end_text(&sha, out);
        ASSERT_EQ(out, want);
    }
}

// One block of padding after "abc", mixed by the portable rounds whatever this processor has.
TEST(Sha256, PortableRounds) {
    unsigned char block[64] = {'a', 'b', 'c', 0x80};
    block[63] = 24;
    neural_sha256 sha;
    neural_sha256_begin(&sha);
    neural_sha256_mix_portable(sha.state, block, 1);
    EXPECT_EQ(sha.state[0], 0xba7816bfu);
    EXPECT_EQ(sha.state[7], 0xf20015adu);
    std::mt19937 random(2);
    std::vector<unsigned char> data(64 * 33);
    for (unsigned char &byte : data) {
        byte = static_cast<unsigned char>(random());
    }
    neural_sha256 portable, any;
    neural_sha256_begin(&portable);
    neural_sha256_begin(&any);
    neural_sha256_mix_portable(portable.state, data.data(), 33);
    neural_sha256_add(&any, data.data(), data.size());
    EXPECT_EQ(memcmp(portable.state, any.state, sizeof any.state), 0);
}

} // namespace
