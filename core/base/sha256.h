/* SHA-256 (FIPS 180-4): names the contents of data and weights.
 *
 * Our own and not libcrypto's: it is one page, and a library of some megabytes is not worth it for
 * one digest. Processors with the SHA extensions take a path of their own to the same bits. */
#ifndef CORE_BASE_SHA256_H_
#define CORE_BASE_SHA256_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_SHA256_TEXT 65 /* 64 hexadecimal digits and the NUL */

/* A digest that is being made; a plain value, copies go on independently. */
typedef struct neural_sha256 {
    uint32_t state[8];
    uint64_t bytes; /* taken so far */
    unsigned char block[64];
} neural_sha256;

void neural_sha256_begin(neural_sha256 *sha);
void neural_sha256_add(neural_sha256 *sha, const void *data, size_t bytes);
/* The digest of everything added, as 32 bytes / as text. */
void neural_sha256_end(neural_sha256 *sha, unsigned char out[32]);
void neural_sha256_end_text(neural_sha256 *sha, char out[NEURAL_SHA256_TEXT]);

/* Takes whole blocks of 64 bytes on any processor; for its test. */
void neural_sha256_mix_portable(uint32_t state[8], const unsigned char *data, size_t blocks);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_SHA256_H_ */
