#include "data/idx.h"

#include <random>

#include "core/base/memory.h"
#include "tests/data/data_testing.h"

namespace {

using data_testing::big_endian;
using data_testing::GuardedText;
using data_testing::gzip;
using data_testing::idx_file;

// Opens the file and returns its elements as f64; the error text when it is refused.
std::string open(const std::string &file, std::vector<double> *values) {
    const GuardedText text(file);
    neural_idx idx;
    values->clear();
    if (neural_idx_open("f", text.data(), text.size(), &idx)) {
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_DATA);
        return neural_last_error();
    }
    values->resize(static_cast<size_t>(idx.len));
    std::vector<float> narrow(values->size());
    neural_idx_to_float(&idx, NEURAL_DTYPE_F64, 1.0, values->data());
    neural_idx_to_float(&idx, NEURAL_DTYPE_F32, 1.0, narrow.data());
    for (size_t i = 0; i < narrow.size(); i++) {
        EXPECT_EQ(narrow[i], static_cast<float>((*values)[i]));
        if (idx.type < NEURAL_IDX_F32) {
            EXPECT_EQ(neural_idx_integer(&idx, static_cast<int64_t>(i)), (*values)[i]);
        }
    }
    neural_idx_close(&idx);
    return "";
}

template <typename Float> std::string float_payload(const std::vector<Float> &values) {
    std::string out;
    for (Float value : values) {
        uint64_t bits = 0;
        memcpy(&bits, &value, sizeof(value));
        out += big_endian(bits, sizeof(value));
    }
    return out;
}

TEST(Idx, AllTypes) {
    const std::vector<double> floats = {0.5, -2.0, 1e30};
    const struct {
        int type;
        std::string payload;
        std::vector<double> want;
    } cases[] = {
        {0x08, std::string("\x00\x7F\xFF", 3), {0, 127, 255}},
        {0x09, std::string("\x00\x7F\xFF", 3), {0, 127, -1}},
        {0x0B, std::string("\x01\x02\x80\x00\xFF\xFF", 6), {258, -32768, -1}},
        {0x0C,
         std::string("\x01\x02\x03\x04\x80\x00\x00\x00\xFF\xFF\xFF\xFE", 12),
         {16909060, -2147483648.0, -2}},
        {0x0D, float_payload<float>({0.5f, -2.0f, 1e30f}), {0.5, -2.0, 1e30f}},
        {0x0E, float_payload<double>(floats), floats},
    };
    for (const auto &c : cases) {
        std::vector<double> values;
        EXPECT_EQ(open(idx_file(c.type, {3}, c.payload), &values), "");
        EXPECT_EQ(values, c.want) << c.type;
        EXPECT_EQ(open(gzip(idx_file(c.type, {1, 3, 1}, c.payload)), &values), "");
        EXPECT_EQ(values, c.want) << c.type;
    }
}

TEST(Idx, Division) {
    const std::string file = idx_file(0x08, {256}, [] {
        std::string all;
        for (int i = 0; i < 256; i++) {
            all += static_cast<char>(i);
        }
        return all;
    }());
    neural_idx idx;
    ASSERT_EQ(neural_idx_open("f", file.data(), file.size(), &idx), NEURAL_OK);
    std::vector<float> f32(256);
    std::vector<double> f64(256);
    neural_idx_to_float(&idx, NEURAL_DTYPE_F32, 255.0, f32.data());
    neural_idx_to_float(&idx, NEURAL_DTYPE_F64, 255.0, f64.data());
    for (size_t i = 0; i < 256; i++) {
        EXPECT_EQ(f64[i], static_cast<double>(i) / 255.0);
        EXPECT_EQ(f32[i], static_cast<float>(static_cast<long double>(i) / 255.0L));
    }
    neural_idx_close(&idx);
}

TEST(Idx, WhatIsIdx) {
    const std::string good = idx_file(8, {1}, "x");
    EXPECT_TRUE(neural_idx_is(good.data(), good.size()));
    EXPECT_TRUE(neural_idx_is("\x1F\x8B", 2));
    EXPECT_FALSE(neural_idx_is(good.data(), 3));
    EXPECT_FALSE(neural_idx_is("\0\0\x0A\x01", 4)); // no such type
    EXPECT_FALSE(neural_idx_is("\0\0\x08\0", 4));   // no dimensions
    EXPECT_FALSE(neural_idx_is("\0\0\x08\x09", 4)); // too many
    EXPECT_FALSE(neural_idx_is("1,2\n", 4));
    EXPECT_FALSE(neural_idx_is("", 0));
}

TEST(Idx, LengthHasToMatch) {
    std::vector<double> values;
    const std::string long_text = "f: the header announces 6 bytes of data, found ";
    EXPECT_EQ(open(idx_file(8, {2, 3}, "12345"), &values), long_text + "5");
    EXPECT_EQ(open(idx_file(8, {2, 3}, "1234567"), &values), long_text + "7");
    EXPECT_EQ(open(gzip(idx_file(8, {2, 3}, "12345")), &values), long_text + "5");
    EXPECT_EQ(open(gzip(idx_file(8, {2, 3}, "1234567")), &values), long_text + "more");
    EXPECT_EQ(open(gzip("1,2,3\n"), &values), "f: expected an IDX file in the gzip file");
    EXPECT_EQ(open(gzip(""), &values), "f: expected an IDX file in the gzip file");
}

TEST(Idx, LyingHeadersGetNoMemory) {
    const std::vector<uint32_t> huge = {0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu};
    const std::vector<uint32_t> large = {0xFFFFFFFFu, 0x10000u};
    std::vector<double> values;
    EXPECT_EQ(open(idx_file(0x0E, huge, "x"), &values), "f: the sizes in the header are too large");
    EXPECT_EQ(open(gzip(idx_file(0x0E, huge, "x")), &values),
              "f: the sizes in the header are too large");
    // a header of 256 TiB with 3 bytes of data: refused after 16 MiB at most
    const int64_t before = neural_alloc_bytes();
    neural_alloc_fail_at(1000);
    EXPECT_EQ(open(gzip(idx_file(8, large, "abc")), &values),
              "f: the header announces 281474976645120 bytes of data, found 3");
    neural_alloc_fail_at(0);
    EXPECT_EQ(neural_alloc_bytes(), before);
}

TEST(Idx, HighlyCompressedFilesGrowByWhatIsThere) {
    const uint32_t len = 40u << 20; // as gzip 40 KiB: beyond the first room
    const std::string zeros(len, '\0'), packed = gzip(idx_file(8, {len}, zeros));
    neural_idx idx;
    ASSERT_EQ(neural_idx_open("f", packed.data(), packed.size(), &idx), NEURAL_OK);
    EXPECT_EQ(idx.len, len);
    EXPECT_EQ(memcmp(idx.data, zeros.data(), len), 0);
    neural_idx_close(&idx);
    const std::string lying = gzip(idx_file(8, {10 * len}, zeros));
    std::vector<double> values;
    EXPECT_EQ(open(lying, &values),
              "f: the header announces 419430400 bytes of data, found 41943040");
}

TEST(Idx, TruncatedAtEveryByte) {
    const std::string plain = idx_file(0x0C, {2, 3}, std::string(24, 'a'));
    const std::string packed = gzip(plain);
    std::vector<double> values;
    for (size_t length = 0; length < plain.size(); length++) {
        EXPECT_NE(open(plain.substr(0, length), &values), "") << length;
    }
    for (size_t length = 0; length < packed.size(); length++) {
        EXPECT_NE(open(packed.substr(0, length), &values), "") << length;
    }
}

TEST(Idx, RandomMutations) {
    const unsigned seed = 20240607;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string plain = idx_file(0x0B, {3, 2, 2}, std::string(24, 'a'));
    const std::string packed = gzip(plain);
    for (int i = 0; i < 10000; i++) {
        std::string file = i % 2 ? plain : packed;
        for (unsigned n = 1 + random() % 3; n > 0; n--) {
            file[random() % file.size()] = static_cast<char>(random());
        }
        std::vector<double> values;
        open(file, &values);
        EXPECT_LE(values.size(), 1000u) << i;
    }
}

} // namespace
