#include "logging/record.h"

#include "core/asm/kernel_table.h"

uint32_t neural_record_mask(uint32_t crc) {
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static void put_little_endian(uint8_t *dst, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        dst[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t masked_crc(const uint8_t *data, size_t bytes) {
    return neural_record_mask(neural_kernels()->crc32c(0, data, (int64_t)bytes));
}

void neural_record_seal(uint8_t *record, size_t payload_bytes) {
    uint8_t *payload = record + NEURAL_RECORD_HEAD;
    put_little_endian(record, payload_bytes, 8);
    put_little_endian(record + 8, masked_crc(record, 8), 4);
    put_little_endian(payload + payload_bytes, masked_crc(payload, payload_bytes), 4);
}
