/* Reading the members of a ZIP archive from memory (PKWARE APPNOTE 6.3; zip64; stored and
 * deflated), as NPZ files are. Our own and not libzip's: Debian's libzip brings GnuTLS, bzip2, lzma
 * and zstd along, of which an NPZ file can hold nothing; zlib is here already. */
#ifndef DATA_ZIP_H_
#define DATA_ZIP_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_zip {
    const char *path; /* for messages; outlives the object, as the data do */
    const unsigned char *data;
    size_t bytes;
    const unsigned char *directory, *directory_end;
} neural_zip;

typedef struct neural_zip_member {
    const char *name; /* name_bytes long, not NUL-terminated */
    int name_bytes;
    int is_deflated;
    uint32_t crc;
    const unsigned char *packed;
    uint64_t packed_bytes, bytes;
} neural_zip_member;

/* True if data begin like a ZIP file. */
int neural_zip_is(const void *data, size_t bytes);

/* Finds the directory at the file's end. NEURAL_ERR_DATA. */
neural_status neural_zip_open(const char *path, const void *data, size_t bytes, neural_zip *out);

/* Steps through the members: *at NULL before the first; *more = 0 behind the last. */
neural_status neural_zip_next(const neural_zip *zip, const unsigned char **at,
                              neural_zip_member *out, int *more);

/* The contents: within the archive (*owned NULL), or inflated into memory that is the caller's
 * (neural_free). Memory grows with what is really there, whatever the directory says; length and
 * CRC-32 are verified. */
neural_status neural_zip_read(const neural_zip *zip, const neural_zip_member *member,
                              const unsigned char **data, void **owned);

#ifdef __cplusplus
}
#endif

#endif /* DATA_ZIP_H_ */
