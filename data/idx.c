#include "data/idx.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/memory.h"
#include "data/gzip.h"

enum { FIRST_RATIO = 16, FIRST_ROOM = 1 << 20, MAX_HEADER = 4 + 4 * 8 };

static int64_t element_bytes(unsigned type) {
    switch (type) {
    case NEURAL_IDX_U8:
    case NEURAL_IDX_I8:
        return 1;
    case NEURAL_IDX_I16:
        return 2;
    case NEURAL_IDX_I32:
    case NEURAL_IDX_F32:
        return 4;
    case NEURAL_IDX_F64:
        return 8;
    default:
        return 0;
    }
}

static uint32_t load_u32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t load_u64(const unsigned char *at) {
    return (uint64_t)load_u32(at) << 32 | load_u32(at + 4);
}

static int is_plain(const unsigned char *byte, size_t bytes) {
    return bytes >= 4 && byte[0] == 0 && byte[1] == 0 && element_bytes(byte[2]) && byte[3] >= 1 &&
           byte[3] <= 8;
}

int neural_idx_is(const void *data, size_t bytes) {
    return is_plain(data, bytes) || neural_gzip_is(data, bytes);
}

/* --- header --- */

/* Bytes of the whole header, known from the first four; 0 when they are not IDX. */
static size_t header_bytes(const unsigned char *byte, size_t bytes) {
    return is_plain(byte, bytes) ? 4 + 4 * (size_t)byte[3] : 0;
}

static neural_status parse_header(const char *path, const unsigned char *byte, neural_idx *idx,
                                  int64_t *payload) {
    *idx = (neural_idx){.type = (neural_idx_type)byte[2], .ndim = byte[3], .len = 1};
    for (int i = 0; i < idx->ndim; i++) {
        idx->dims[i] = load_u32(byte + 4 + 4 * i);
        NEURAL_REQUIRE(neural_size_mul(idx->len, idx->dims[i], &idx->len) == NEURAL_OK,
                       NEURAL_ERR_DATA, "%s: the sizes in the header are too large", path);
    }
    NEURAL_REQUIRE(neural_size_mul(idx->len, element_bytes(byte[2]), payload) == NEURAL_OK,
                   NEURAL_ERR_DATA, "%s: the sizes in the header are too large", path);
    return NEURAL_OK;
}

static neural_status fail_length(const char *path, int64_t expected, int64_t found) {
    return neural_error(NEURAL_ERR_DATA,
                        "%s: the header announces %" PRId64 " bytes of data, found %" PRId64, path,
                        expected, found);
}

/* --- contents --- */

static neural_status open_plain(const char *path, const unsigned char *byte, size_t bytes,
                                neural_idx *out) {
    const size_t header = header_bytes(byte, bytes);
    neural_idx idx;
    int64_t payload;
    NEURAL_REQUIRE(header, NEURAL_ERR_DATA, "%s: not an IDX file", path);
    NEURAL_REQUIRE(header <= bytes, NEURAL_ERR_DATA, "%s: the header is truncated", path);
    NEURAL_TRY(parse_header(path, byte, &idx, &payload));
    if (payload != (int64_t)(bytes - header)) {
        return fail_length(path, payload, (int64_t)(bytes - header));
    }
    idx.data = byte + header;
    *out = idx;
    return NEURAL_OK;
}

/* Reads exactly `payload` bytes. The memory grows with what is really there. */
static neural_status inflate_payload(const char *path, neural_gzip *gzip, size_t file_bytes,
                                     int64_t payload, char **memory) {
    const int64_t guess = (int64_t)file_bytes * FIRST_RATIO + FIRST_ROOM;
    int64_t room = payload < guess ? payload : guess, used = 0;
    *memory = neural_alloc((size_t)room);
    while (*memory) {
        size_t got;
        NEURAL_TRY(neural_gzip_read(gzip, *memory + used, (size_t)(room - used), &got));
        used += (int64_t)got;
        if (used < room) {
            return fail_length(path, payload, used);
        }
        if (used == payload) {
            return NEURAL_OK;
        }
        const int64_t larger = payload - room < room ? payload : room * 2;
        char *grown = neural_realloc(*memory, (size_t)used, (size_t)larger);
        if (!grown) {
            break;
        }
        *memory = grown;
        room = larger;
    }
    return NEURAL_ERR_OUT_OF_MEMORY;
}

static neural_status read_gzip(const char *path, neural_gzip *gzip, size_t file_bytes,
                               neural_idx *idx, char **memory) {
    unsigned char header[MAX_HEADER];
    size_t got, wanted;
    int64_t payload;
    NEURAL_TRY(neural_gzip_read(gzip, header, 4, &got));
    wanted = header_bytes(header, got);
    NEURAL_REQUIRE(wanted, NEURAL_ERR_DATA, "%s: expected an IDX file in the gzip file", path);
    NEURAL_TRY(neural_gzip_read(gzip, header + 4, wanted - 4, &got));
    NEURAL_REQUIRE(got == wanted - 4, NEURAL_ERR_DATA, "%s: the header is truncated", path);
    NEURAL_TRY(parse_header(path, header, idx, &payload));
    NEURAL_TRY(inflate_payload(path, gzip, file_bytes, payload, memory));
    NEURAL_TRY(neural_gzip_read(gzip, header, 1, &got));
    NEURAL_REQUIRE(got == 0, NEURAL_ERR_DATA,
                   "%s: the header announces %" PRId64 " bytes of data, found more", path, payload);
    return NEURAL_OK;
}

neural_status neural_idx_open(const char *path, const void *data, size_t bytes, neural_idx *out) {
    if (!neural_gzip_is(data, bytes)) {
        return open_plain(path, data, bytes, out);
    }
    neural_gzip *gzip = NULL;
    neural_idx idx;
    char *memory = NULL;
    NEURAL_TRY(neural_gzip_create(path, data, bytes, &gzip));
    const neural_status status = read_gzip(path, gzip, bytes, &idx, &memory);
    neural_gzip_destroy(gzip);
    if (status) {
        neural_free(memory);
        return status;
    }
    idx.owned = memory;
    idx.data = (const unsigned char *)memory;
    *out = idx;
    return NEURAL_OK;
}

void neural_idx_close(neural_idx *idx) {
    neural_free(idx->owned);
    idx->owned = NULL;
}

/* --- elements --- */

int64_t neural_idx_integer(const neural_idx *idx, int64_t index) {
    const unsigned char *at = idx->data + index * element_bytes(idx->type);
    switch (idx->type) {
    case NEURAL_IDX_I8:
        return (int8_t)at[0];
    case NEURAL_IDX_I16:
        return (int16_t)(at[0] << 8 | at[1]);
    case NEURAL_IDX_I32:
        return (int32_t)load_u32(at);
    default:
        return at[0];
    }
}

static double element(const neural_idx *idx, int64_t index) {
    if (idx->type == NEURAL_IDX_F32) {
        const uint32_t bits = load_u32(idx->data + 4 * index);
        float value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    if (idx->type == NEURAL_IDX_F64) {
        const uint64_t bits = load_u64(idx->data + 8 * index);
        double value;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    return (double)neural_idx_integer(idx, index);
}

/* Images: one table instead of a division per pixel. */
static void bytes_to_float(const neural_idx *idx, neural_dtype dtype, double divisor, void *dst) {
    double table[256];
    float table_f32[256];
    for (int i = 0; i < 256; i++) {
        table[i] = i / divisor;
        table_f32[i] = (float)i / (float)divisor;
    }
    for (int64_t i = 0; i < idx->len; i++) {
        if (dtype == NEURAL_DTYPE_F64) {
            ((double *)dst)[i] = table[idx->data[i]];
        } else {
            ((float *)dst)[i] = table_f32[idx->data[i]];
        }
    }
}

void neural_idx_to_float(const neural_idx *idx, neural_dtype dtype, double divisor, void *dst) {
    if (idx->type == NEURAL_IDX_U8) {
        bytes_to_float(idx, dtype, divisor, dst);
        return;
    }
    for (int64_t i = 0; i < idx->len; i++) {
        const double value = element(idx, i) / divisor;
        if (dtype == NEURAL_DTYPE_F64) {
            ((double *)dst)[i] = value;
        } else {
            ((float *)dst)[i] = (float)value;
        }
    }
}
