// CRC-32C against RFC 3720 and against long division, bit by bit.
#include "tests/core/asm/kernel_harness.h"

namespace neural_test {
namespace {

// Reads the message as a polynomial and divides it, one bit at a time.
uint32_t long_division(uint32_t crc, const unsigned char *data, int64_t bytes) {
    uint32_t remainder = ~crc;
    for (int64_t i = 0; i < bytes; i++) {
        for (int bit = 0; bit < 8; bit++) {
            const uint32_t out = (remainder ^ data[i] >> bit) & 1;
            remainder = remainder >> 1 ^ (out ? 0x82F63B78u : 0);
        }
    }
    return ~remainder;
}

class Crc32cTest : public KernelTest {
  protected:
    uint32_t crc(uint32_t before, const void *data, int64_t bytes) {
        return call_checked(GetParam().as<neural_checksum>(), before, data, bytes);
    }
};

TEST_P(Crc32cTest, VectorsOfRfc3720) {
    unsigned char data[48];
    std::memset(data, 0, 32);
    EXPECT_EQ(crc(0, data, 32), 0x8A9136AAu);
    std::memset(data, 0xff, 32);
    EXPECT_EQ(crc(0, data, 32), 0x62A8AB43u);
    for (int i = 0; i < 32; i++) {
        data[i] = static_cast<unsigned char>(i);
    }
    EXPECT_EQ(crc(0, data, 32), 0x46DD794Eu);
    for (int i = 0; i < 32; i++) {
        data[i] = static_cast<unsigned char>(31 - i);
    }
    EXPECT_EQ(crc(0, data, 32), 0x113FDB5Cu);
    const unsigned char read_command[48] = {0x01, 0xc0, 0, 0,    0, 0,    0,    0, 0, 0,    0, 0, 0,
                                            0,    0,    0, 0x14, 0, 0,    0,    0, 0, 0x04, 0, 0, 0,
                                            0,    0x14, 0, 0,    0, 0x18, 0x28, 0, 0, 0,    0, 0, 0,
                                            0,    0x02, 0, 0,    0, 0,    0,    0, 0};
    EXPECT_EQ(crc(0, read_command, 48), 0xD9963A56u);
    EXPECT_EQ(crc(0, "123456789", 9), 0xE3069283u);
}

// Every length around the blocks of all bodies, flush with either page, at every misalignment.
TEST_P(Crc32cTest, Lengths) {
    auto random = generator(GetParam().symbol);
    std::vector<int64_t> lengths = {767, 768, 769, 1023, 1535, 3071, 3072, 3073, 4999, 9217};
    for (int64_t len = 0; len <= 600; len++) {
        lengths.push_back(len);
    }
    for (int64_t len : lengths) {
        std::vector<unsigned char> message(len);
        for (unsigned char &byte : message) {
            byte = static_cast<unsigned char>(random());
        }
        const uint32_t before = static_cast<uint32_t>(random());
        const uint32_t want = long_division(before, message.data(), len);
        GuardedBuffer buffer(len + 64);
        unsigned char *end = buffer.at_end<unsigned char>(len);
        std::copy(message.begin(), message.end(), end);
        ASSERT_EQ(crc(before, end, len), want) << len << " bytes";
        unsigned char *start = buffer.at_start<unsigned char>(len, len % 64);
        std::copy(message.begin(), message.end(), start);
        ASSERT_EQ(crc(before, start, len), want) << len << " bytes from offset " << len % 64;
        EXPECT_TRUE(buffer.is_intact());
    }
}

TEST_P(Crc32cTest, ContinuesOverAnyCut) {
    auto random = generator(GetParam().symbol);
    std::vector<unsigned char> message(length_over_l2(1));
    for (unsigned char &byte : message) {
        byte = static_cast<unsigned char>(random());
    }
    const int64_t len = static_cast<int64_t>(message.size());
    const uint32_t want = long_division(0, message.data(), len);
    EXPECT_EQ(crc(0, message.data(), len), want);
    for (int64_t cut : {int64_t(0), int64_t(1), int64_t(13), int64_t(3333), len - 7, len}) {
        const uint32_t before = crc(0, message.data(), cut);
        EXPECT_EQ(crc(before, message.data() + cut, len - cut), want) << "cut at " << cut;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Crc32cTest, testing::ValuesIn(kernels_of({Family::checksum})),
                         kernel_test_name);

} // namespace
} // namespace neural_test
