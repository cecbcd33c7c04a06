#include "data/npy.h"

#include <cmath>
#include <random>

#include "tests/data/data_testing.h"
#include "tests/data/npy_testing.h"

namespace {

using data_testing::big_endian;
using data_testing::npy_file;
using data_testing::npy_header;
using data_testing::raw;

// The elements as f64 (and f32 beside, compared), or the error.
std::vector<double> read(const std::string &text, std::string *error = nullptr) {
    const data_testing::GuardedText file(text);
    neural_npy npy;
    neural_clear_error();
    if (neural_npy_open("a.npy", file.data(), file.size(), &npy)) {
        if (error) *error = neural_last_error();
        return {};
    }
    std::vector<double> values(static_cast<size_t>(npy.len));
    std::vector<float> narrow(values.size());
    neural_npy_to_float(&npy, NEURAL_DTYPE_F64, values.data());
    neural_npy_to_float(&npy, NEURAL_DTYPE_F32, narrow.data());
    for (size_t i = 0; i < values.size(); i++) {
        const float want = static_cast<float>(values[i]);
        EXPECT_TRUE(want == narrow[i] || std::isnan(want) || npy.element_bytes == 8);
    }
    if (error) error->clear();
    return values;
}

TEST(Npy, EveryTypeInBothOrders) {
    const auto one = [](const char *descr, const std::string &payload) {
        return read(npy_file(1, npy_header(descr, false, "(2,)"), payload));
    };
    using V = std::vector<double>;
    EXPECT_EQ(one("<f4", raw<float>({1.5f, -2e20f})), (V{1.5, -2e20f}));
    EXPECT_EQ(one("<f8", raw<double>({1.1, -3e300})), (V{1.1, -3e300}));
    EXPECT_EQ(one("<i2", raw<int16_t>({-5, 300})), (V{-5, 300}));
    EXPECT_EQ(one("<i4", raw<int32_t>({-5, 70000})), (V{-5, 70000}));
    EXPECT_EQ(one("<i8", raw<int64_t>({-5, 1LL << 40})), (V{-5, 1099511627776.0}));
    EXPECT_EQ(one("<u2", raw<uint16_t>({65535, 1})), (V{65535, 1}));
    EXPECT_EQ(one("<u4", raw<uint32_t>({4294967295u, 1})), (V{4294967295.0, 1}));
    EXPECT_EQ(one("<u8", raw<uint64_t>({1ULL << 63, 1})), (V{9223372036854775808.0, 1}));
    EXPECT_EQ(one("|i1", raw<int8_t>({-128, 7})), (V{-128, 7}));
    EXPECT_EQ(one("|u1", raw<uint8_t>({255, 7})), (V{255, 7}));
    EXPECT_EQ(one("|b1", raw<uint8_t>({1, 0})), (V{1, 0}));
    EXPECT_EQ(one(">i2", big_endian(0xFFFB, 2) + big_endian(300, 2)), (V{-5, 300}));
    EXPECT_EQ(one(">u4", big_endian(4294967295u, 4) + big_endian(1, 4)), (V{4294967295.0, 1}));
    EXPECT_EQ(one(">i8", big_endian(~uint64_t(4), 8) + big_endian(1, 8)), (V{-5, 1}));
    EXPECT_EQ(one(">f4", big_endian(0x3FC00000, 4) + big_endian(0xC0000000, 4)), (V{1.5, -2}));
    EXPECT_EQ(one(">f8", big_endian(0x3FF8000000000000, 8) + big_endian(0, 8)), (V{1.5, 0}));
}

TEST(Npy, VersionsAndShapes) {
    const std::string payload = raw<float>({0, 1, 2, 3, 4, 5});
    const std::vector<double> want = {0, 1, 2, 3, 4, 5};
    for (int version = 1; version <= 3; version++) {
        EXPECT_EQ(read(npy_file(version, npy_header("<f4", false, "(2, 3)"), payload)), want);
    }
    EXPECT_EQ(
        read(npy_file(1, "{\"shape\":(3,2),\"fortran_order\":False,\"descr\":\"<f4\"}", payload)),
        want);
    EXPECT_EQ(read(npy_file(1, npy_header("<f4", false, "()"), raw<float>({7}))),
              std::vector<double>{7});
    EXPECT_EQ(read(npy_file(1, npy_header("<f4", false, "(3L, 2L)"), payload)), want);
}

// numpy.asfortranarray: element [i, j, k] lies at i + 2 j + 6 k.
TEST(Npy, FortranOrder) {
    std::vector<int32_t> memory(24);
    std::vector<double> want;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 4; k++) {
                memory[static_cast<size_t>(i + 2 * j + 6 * k)] = 100 * i + 10 * j + k;
                want.push_back(100 * i + 10 * j + k);
            }
        }
    }
    EXPECT_EQ(read(npy_file(1, npy_header("<i4", true, "(2, 3, 4)"), raw(memory))), want);
}

TEST(Npy, RefusedByName) {
    const std::string payload = raw<float>({1, 2});
    const auto why = [&](const std::string &header) {
        std::string error;
        EXPECT_TRUE(read(npy_file(1, header, payload), &error).empty());
        return error;
    };
    EXPECT_EQ(why(npy_header("|O", false, "(2,)")),
              "a.npy: NPY header: expected elements of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, found "
              "\"'|O', 'fortran_order': \"");
    EXPECT_NE(why(npy_header("<c8", false, "(1,)")), "");
    EXPECT_NE(why(npy_header("<f2", false, "(4,)")), "");
    EXPECT_NE(why(npy_header("<U2", false, "(1,)")), "");
    EXPECT_NE(why("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), "");
    EXPECT_EQ(why(npy_header("<f4", false, "(3,)")),
              "a.npy: the NPY header announces 12 bytes of data, found 8");
    EXPECT_EQ(why(npy_header("<f4", false, "(4611686018427387904, 4)")),
              "a.npy: the sizes in the NPY header are too large");
    EXPECT_NE(why(npy_header("<f4", false, "(99999999999999999999,)")), "");
    EXPECT_NE(why(npy_header("<f4", false, "(-2,)")), "");
    EXPECT_NE(why(npy_header("<f4", false, "(2)")), "");
    EXPECT_NE(why(npy_header("<f4", false, "(1,1,1,1,1,1,1,1,2)")), "");
    EXPECT_NE(why("{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}"), "");
    EXPECT_NE(why("{'descr': '<f4', 'shape': (2,)}"), "");
    EXPECT_NE(why(npy_header("<f4", false, "(2,)") + "import os"), "");
    std::string error;
    read(npy_file(4, npy_header("<f4", false, "(2,)"), payload), &error);
    EXPECT_EQ(error, "a.npy: expected NPY version 1, 2 or 3, found 4.0");
}

TEST(Npy, Integers) {
    const std::string file =
        npy_file(1, npy_header("<f8", false, "(4,)"), raw<double>({3, -2, 0.5, std::nan("")}));
    neural_npy npy;
    ASSERT_EQ(neural_npy_open("a.npy", file.data(), file.size(), &npy), NEURAL_OK);
    int64_t value = 0;
    EXPECT_TRUE(neural_npy_integer(&npy, 0, &value));
    EXPECT_EQ(value, 3);
    EXPECT_TRUE(neural_npy_integer(&npy, 1, &value));
    EXPECT_EQ(value, -2);
    EXPECT_FALSE(neural_npy_integer(&npy, 2, &value));
    EXPECT_FALSE(neural_npy_integer(&npy, 3, &value));
}

TEST(Npy, TruncatedAtEveryByteAndMutated) {
    const std::string whole =
        npy_file(1, npy_header("<i4", true, "(3, 2)"), raw<int32_t>({1, 2, 3, 4, 5, 6}));
    std::string error;
    for (size_t length = 0; length < whole.size(); length++) {
        read(whole.substr(0, length), &error);
        EXPECT_NE(error, "") << length;
    }
    const unsigned seed = 55102;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string alphabet = "0123456789(),'<>|fiub {}:TF\xff";
    int refused = 0;
    for (int i = 0; i < 30000; i++) {
        std::string text = whole;
        for (unsigned n = 1 + random() % 3; n > 0; n--) {
            const char c = alphabet[random() % alphabet.size()];
            const size_t at = random() % text.size();
            if (random() % 4 == 0) {
                text.erase(at, 1);
            } else {
                text[at] = c;
            }
        }
        read(text, &error);
        refused += !error.empty();
    }
    EXPECT_GT(refused, 10000);
    EXPECT_LT(refused, 30000);
}

} // namespace
