/* Reading gzip (RFC 1952) from memory, as many bytes at a time as the caller has room for. */
#ifndef DATA_GZIP_H_
#define DATA_GZIP_H_

#include <stddef.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_gzip neural_gzip;

/* True if data begins like a gzip file. */
int neural_gzip_is(const void *data, size_t bytes);

/* path (for messages) and data outlive the object. */
neural_status neural_gzip_create(const char *path, const void *data, size_t bytes,
                                 neural_gzip **out);
void neural_gzip_destroy(neural_gzip *gzip); /* accepts NULL */

/* Inflates up to `room` bytes into dst; *got < room only at the end, where the checksums of all
 * members have been verified and nothing follows. NEURAL_ERR_DATA for a truncated, damaged or
 * overlong file. */
neural_status neural_gzip_read(neural_gzip *gzip, void *dst, size_t room, size_t *got);

#ifdef __cplusplus
}
#endif

#endif /* DATA_GZIP_H_ */
