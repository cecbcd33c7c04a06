#include "logging/record.h"

#include "core/asm/kernel_table.h"
#include "tests/logging/logging_testing.h"

namespace {

using logging_testing::record_of;

std::string seal(const std::string &payload) {
    std::string record(NEURAL_RECORD_HEAD, 'x');
    record += payload + std::string(NEURAL_RECORD_TAIL, 'x');
    neural_record_seal(reinterpret_cast<uint8_t *>(&record[0]), payload.size());
    return record;
}

// RFC 3720 B.4 gives the checksum of 32 zeros as 0x8A9136AA; the mask is applied by hand:
// rotated right by 15 that is 0x6D551522, and plus 0xA282EAD8 it is 0x0FD7FFFA.
TEST(Record, MaskOfAPublishedChecksum) {
    EXPECT_EQ(neural_record_mask(0x8A9136AAu), 0x0FD7FFFAu);
    EXPECT_EQ(neural_record_mask(0), 0xA282EAD8u);
    const std::string record = seal(std::string(32, '\0'));
    EXPECT_EQ(record.substr(44), std::string("\xFA\xFF\xD7\x0F", 4));
    EXPECT_EQ(record.substr(0, 8), std::string("\x20\0\0\0\0\0\0\0", 8));
}

TEST(Record, EveryLengthAgainstChecksumsBitByBit) {
    std::string payload;
    for (int length = 0; length < 300; length++) {
        EXPECT_EQ(seal(payload), record_of(payload)) << length;
        payload += static_cast<char>(length * 37 + 11);
    }
    const std::string large(1 << 20, 'a');
    EXPECT_EQ(seal(large), record_of(large));
}

} // namespace
