#include "logging/png.h"

#include <string.h>
#include <zlib.h>

#include "core/base/memory.h"

/* Bytes of a chunk around its data: length and type, CRC. */
enum { CHUNK_HEAD = 8, CHUNK_TAIL = 4, SIGNATURE = 8, HEADER_DATA = 13 };
enum { BEFORE_DATA = SIGNATURE + CHUNK_HEAD + HEADER_DATA + CHUNK_TAIL + CHUNK_HEAD };
enum { AFTER_DATA = CHUNK_TAIL + CHUNK_HEAD + CHUNK_TAIL };

static void put_big_endian(uint8_t *dst, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        dst[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* Length, type and CRC around data that lies at chunk + CHUNK_HEAD; returns the chunk's end. */
static uint8_t *seal_chunk(uint8_t *chunk, const char *type, size_t bytes) {
    put_big_endian(chunk, (uint32_t)bytes);
    memcpy(chunk + 4, type, 4);
    const uLong crc = crc32(crc32(0, NULL, 0), chunk + 4, (uInt)bytes + 4);
    put_big_endian(chunk + CHUNK_HEAD + bytes, (uint32_t)crc);
    return chunk + CHUNK_HEAD + bytes + CHUNK_TAIL;
}

static uint8_t *put_header(uint8_t *at, int64_t height, int64_t width, int64_t channels) {
    static const uint8_t signature[SIGNATURE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    const uint8_t color = channels == 1 ? 0 : channels == 3 ? 2 : 6;
    memcpy(at, signature, SIGNATURE);
    uint8_t *data = at + SIGNATURE + CHUNK_HEAD;
    put_big_endian(data, (uint32_t)width);
    put_big_endian(data + 4, (uint32_t)height);
    memcpy(data + 8, (const uint8_t[]){8, color, 0, 0, 0}, 5); /* bits, no filter method, ... */
    return seal_chunk(at + SIGNATURE, "IHDR", HEADER_DATA);
}

static voidpf allocate(voidpf context, uInt items, uInt size) {
    (void)context;
    return neural_alloc((size_t)items * size);
}

static void release(voidpf context, voidpf memory) {
    (void)context;
    neural_free(memory);
}

/* Each row goes in behind a byte 0: "no filter". */
static int deflate_rows(z_stream *stream, const uint8_t *pixels, int64_t rows, size_t row_bytes) {
    int code = Z_OK;
    for (int64_t i = 0; i < rows && code == Z_OK; i++) {
        uint8_t filter = 0;
        stream->next_in = &filter;
        stream->avail_in = 1;
        code = deflate(stream, Z_NO_FLUSH);
        if (code == Z_OK) {
            stream->next_in = (Bytef *)(uintptr_t)(pixels + (size_t)i * row_bytes);
            stream->avail_in = (uInt)row_bytes;
            code = deflate(stream, i + 1 < rows ? Z_NO_FLUSH : Z_FINISH);
        }
    }
    return code;
}

static neural_status encode(z_stream *stream, const uint8_t *pixels, int64_t height, int64_t width,
                            int64_t channels, uint8_t **out, size_t *bytes) {
    const size_t row_bytes = (size_t)(width * channels);
    const size_t room = deflateBound(stream, (uLong)((row_bytes + 1) * (size_t)height));
    uint8_t *png = neural_alloc(BEFORE_DATA + room + AFTER_DATA);
    if (!png) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    uint8_t *chunk = put_header(png, height, width, channels);
    stream->next_out = chunk + CHUNK_HEAD;
    stream->avail_out = (uInt)room;
    const int code = deflate_rows(stream, pixels, height, row_bytes);
    if (code != Z_STREAM_END) {
        neural_free(png);
        return neural_error(NEURAL_ERR_INTERNAL, "png_encode: zlib ended with %d", code);
    }
    chunk = seal_chunk(chunk, "IDAT", stream->total_out);
    *bytes = (size_t)(seal_chunk(chunk, "IEND", 0) - png);
    *out = png;
    return NEURAL_OK;
}

neural_status neural_png_encode(const uint8_t *pixels, int64_t height, int64_t width,
                                int64_t channels, uint8_t **out, size_t *bytes) {
    NEURAL_REQUIRE(pixels && out && bytes, NEURAL_ERR_NULL_POINTER, "png_encode: NULL pointer");
    NEURAL_REQUIRE(channels == 1 || channels == 3 || channels == 4, NEURAL_ERR_INVALID_ARGUMENT,
                   "png_encode: expected 1, 3 or 4 channels, found %lld", (long long)channels);
    NEURAL_REQUIRE(height >= 1 && width >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "png_encode: expected at least one pixel, found %lld x %lld", (long long)height,
                   (long long)width);
    /* With this no product below exceeds 2^31. */
    NEURAL_REQUIRE(width < INT32_MAX / 8 && height < INT32_MAX / (width * channels + 16),
                   NEURAL_ERR_TENSOR_TOO_LARGE, "png_encode: %lld x %lld pixels exceed 2^31 bytes",
                   (long long)height, (long long)width);
    z_stream stream = {.zalloc = allocate, .zfree = release};
    NEURAL_REQUIRE(deflateInit(&stream, Z_DEFAULT_COMPRESSION) == Z_OK, NEURAL_ERR_OUT_OF_MEMORY,
                   "png_encode: cannot start zlib");
    const neural_status status = encode(&stream, pixels, height, width, channels, out, bytes);
    deflateEnd(&stream);
    return status;
}
