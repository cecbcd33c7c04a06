/* Images as PNG (ISO 15948): 8 bits per channel, one IDAT chunk, through zlib. */
#ifndef LOGGING_PNG_H_
#define LOGGING_PNG_H_

#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Encodes pixels [height, width, channels], row-major; channels are 1 (grey), 3 (RGB) or 4 (RGBA).
 * *out is freed with neural_free. NEURAL_ERR_INVALID_ARGUMENT for other sizes,
 * NEURAL_ERR_TENSOR_TOO_LARGE beyond 2^31 - 1 bytes. */
neural_status neural_png_encode(const uint8_t *pixels, int64_t height, int64_t width,
                                int64_t channels, uint8_t **out, size_t *bytes);

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_PNG_H_ */
