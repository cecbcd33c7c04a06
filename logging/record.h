/* TFRecord, the framing of event files: each record is
 *
 *     u64 bytes | u32 mask(crc32c(the 8 bytes before)) | payload | u32 mask(crc32c(payload))
 *
 * little-endian, with mask(c) = rotate right(c, 15) + 0xA282EAD8 mod 2^32, as TensorFlow's
 * lib/hash/crc32c.h has it. */
#ifndef LOGGING_RECORD_H_
#define LOGGING_RECORD_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Around a payload: bytes in front of it and behind it. */
enum { NEURAL_RECORD_HEAD = 12, NEURAL_RECORD_TAIL = 4 };

uint32_t neural_record_mask(uint32_t crc);

/* Writes head and tail around the payload that lies at record + NEURAL_RECORD_HEAD. */
void neural_record_seal(uint8_t *record, size_t payload_bytes);

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_RECORD_H_ */
