#include "data/zip.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "core/base/memory.h"

enum {
    END_BYTES = 22,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    FIRST_RATIO = 16,
    FIRST_ROOM = 1 << 20,
    STEP = 1 << 30 /* zlib counts in unsigned int */
};

static uint64_t load(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        value = value << 8 | at[i];
    }
    return value;
}

static neural_status fail(const neural_zip *zip, const char *what) {
    return neural_error(NEURAL_ERR_DATA, "%s: the ZIP archive is damaged: %s", zip->path, what);
}

int neural_zip_is(const void *data, size_t bytes) {
    return bytes >= 4 && (memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0);
}

/* --- directory --- */

/* [offset, offset + bytes) lies in the file. */
static int is_inside(const neural_zip *zip, uint64_t offset, uint64_t bytes) {
    return offset <= zip->bytes && bytes <= zip->bytes - offset;
}

/* The record at the file's end, in front of a comment of at most 64 KiB. */
static const unsigned char *find_end(const neural_zip *zip) {
    for (size_t back = END_BYTES; back <= zip->bytes && back <= END_BYTES + 0xFFFF; back++) {
        const unsigned char *at = zip->data + zip->bytes - back;
        if (memcmp(at, "PK\5\6", 4) == 0 && load(at + 20, 2) == back - END_BYTES) {
            return at;
        }
    }
    return NULL;
}

/* Archives beyond 4 GiB say so in a second record, which a locator in front of the end finds. */
static neural_status read_end64(const neural_zip *zip, const unsigned char *end, uint64_t *offset,
                                uint64_t *bytes) {
    if (end - zip->data < LOCATOR_BYTES || memcmp(end - LOCATOR_BYTES, "PK\6\7", 4) != 0) {
        return NEURAL_OK;
    }
    const uint64_t at = load(end - LOCATOR_BYTES + 8, 8);
    if (!is_inside(zip, at, END64_BYTES) || memcmp(zip->data + at, "PK\6\6", 4) != 0) {
        return fail(zip, "its zip64 record is not where it should be");
    }
    *bytes = load(zip->data + at + 40, 8);
    *offset = load(zip->data + at + 48, 8);
    return NEURAL_OK;
}

neural_status neural_zip_open(const char *path, const void *data, size_t bytes, neural_zip *out) {
    neural_zip zip = {.path = path, .data = data, .bytes = bytes};
    const unsigned char *end = find_end(&zip);
    if (!end) {
        return fail(&zip, "it has no directory (is it truncated?)");
    }
    uint64_t length = load(end + 12, 4), offset = load(end + 16, 4);
    NEURAL_TRY(read_end64(&zip, end, &offset, &length));
    if (!is_inside(&zip, offset, length)) {
        return fail(&zip, "its directory lies outside the file");
    }
    zip.directory = zip.data + offset;
    zip.directory_end = zip.directory + length;
    *out = zip;
    return NEURAL_OK;
}

/* Replaces sizes and offset of 0xFFFFFFFF by those of the zip64 extra field. */
static void read_extra64(const unsigned char *at, const unsigned char *end, uint64_t *value[3]) {
    while (end - at >= 4) {
        const uint64_t id = load(at, 2), bytes = load(at + 2, 2);
        at += 4;
        if (bytes > (uint64_t)(end - at)) {
            return;
        }
        const unsigned char *field = at, *field_end = at + bytes;
        for (int i = 0; id == 1 && i < 3; i++) {
            if (*value[i] == 0xFFFFFFFFu && field_end - field >= 8) {
                *value[i] = load(field, 8);
                field += 8;
            }
        }
        at = field_end;
    }
}

/* From the local header to the packed bytes. */
static neural_status place_member(const neural_zip *zip, uint64_t offset, neural_zip_member *out) {
    if (!is_inside(zip, offset, LOCAL_BYTES) || memcmp(zip->data + offset, "PK\3\4", 4) != 0) {
        return fail(zip, "a member is not where the directory says");
    }
    const unsigned char *local = zip->data + offset;
    const uint64_t begin = offset + LOCAL_BYTES + load(local + 26, 2) + load(local + 28, 2);
    if (!is_inside(zip, begin, out->packed_bytes)) {
        return fail(zip, "a member is truncated");
    }
    out->packed = zip->data + begin;
    return NEURAL_OK;
}

neural_status neural_zip_next(const neural_zip *zip, const unsigned char **at,
                              neural_zip_member *out, int *more) {
    const unsigned char *entry = *at ? *at : zip->directory;
    const size_t left = (size_t)(zip->directory_end - entry);
    *more = 0;
    if (left == 0) {
        return NEURAL_OK;
    }
    if (left < ENTRY_BYTES || memcmp(entry, "PK\1\2", 4) != 0) {
        return fail(zip, "its directory is broken");
    }
    const uint64_t flags = load(entry + 8, 2), method = load(entry + 10, 2);
    const uint64_t name = load(entry + 28, 2), extra = load(entry + 30, 2);
    const uint64_t total = ENTRY_BYTES + name + extra + load(entry + 32, 2);
    if (total > left) {
        return fail(zip, "its directory is truncated");
    }
    uint64_t offset = load(entry + 42, 4);
    *out = (neural_zip_member){.name = (const char *)entry + ENTRY_BYTES,
                               .name_bytes = (int)name,
                               .is_deflated = method == 8,
                               .crc = (uint32_t)load(entry + 16, 4),
                               .packed_bytes = load(entry + 20, 4),
                               .bytes = load(entry + 24, 4)};
    read_extra64(entry + ENTRY_BYTES + name, entry + ENTRY_BYTES + name + extra,
                 (uint64_t *[3]){&out->bytes, &out->packed_bytes, &offset});
    NEURAL_REQUIRE(!(flags & 1) && (method == 0 || method == 8), NEURAL_ERR_DATA,
                   "%s: member %.*s: expected stored or deflated, found %s", zip->path,
                   (int)(name < 64 ? name : 64), out->name,
                   flags & 1 ? "an encrypted one" : "another compression");
    NEURAL_REQUIRE(method == 8 || out->packed_bytes == out->bytes, NEURAL_ERR_DATA,
                   "%s: the ZIP archive is damaged: a stored member has two lengths", zip->path);
    NEURAL_TRY(place_member(zip, offset, out));
    *at = entry + total;
    *more = 1;
    return NEURAL_OK;
}

/* --- contents --- */

static voidpf allocate(voidpf context, uInt items, uInt size) {
    (void)context;
    return neural_alloc((size_t)items * size);
}

static void release(voidpf context, voidpf memory) {
    (void)context;
    neural_free(memory);
}

/* Inflates into [used, room); *done at the end of the stream. */
static int inflate_step(z_stream *stream, const unsigned char *input_end, unsigned char *memory,
                        uint64_t *used, uint64_t room) {
    const uint64_t left = room - *used, input = (uint64_t)(input_end - stream->next_in);
    const uInt offered = (uInt)(left < STEP ? left : STEP);
    stream->next_out = memory + *used;
    stream->avail_out = offered;
    stream->avail_in = (uInt)(input < STEP ? input : STEP);
    const int code = inflate(stream, Z_NO_FLUSH);
    *used += offered - stream->avail_out;
    return code;
}

/* One byte more than announced, so that too long a stream shows. */
static neural_status inflate_all(const neural_zip *zip, const neural_zip_member *member,
                                 z_stream *stream, unsigned char **memory) {
    const uint64_t guess = member->packed_bytes * FIRST_RATIO + FIRST_ROOM;
    uint64_t room = (member->bytes < guess ? member->bytes : guess) + 1, used = 0;
    const unsigned char *end = member->packed + member->packed_bytes;
    int code = Z_OK;
    *memory = neural_alloc(room);
    while (*memory && code == Z_OK) {
        code = inflate_step(stream, end, *memory, &used, room);
        if (code == Z_OK && used == room) {
            if (used > member->bytes) {
                return fail(zip, "a member is longer than announced");
            }
            const uint64_t larger = member->bytes + 1 - room < room ? member->bytes + 1 : room * 2;
            unsigned char *grown = neural_realloc(*memory, used, larger);
            if (!grown) {
                return NEURAL_ERR_OUT_OF_MEMORY;
            }
            *memory = grown;
            room = larger;
        }
    }
    if (!*memory || code == Z_MEM_ERROR) {
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "%s: out of memory", zip->path);
    }
    return code == Z_STREAM_END && used == member->bytes
               ? NEURAL_OK
               : fail(zip, "a member's stream is broken or of another length");
}

static neural_status check_crc(const neural_zip *zip, const neural_zip_member *member,
                               const unsigned char *data) {
    uLong crc = crc32(0, NULL, 0);
    for (uint64_t at = 0; at < member->bytes; at += STEP) {
        const uint64_t left = member->bytes - at;
        crc = crc32(crc, data + at, (uInt)(left < STEP ? left : STEP));
    }
    return crc == member->crc ? NEURAL_OK : fail(zip, "a member's CRC-32 does not fit");
}

neural_status neural_zip_read(const neural_zip *zip, const neural_zip_member *member,
                              const unsigned char **data, void **owned) {
    unsigned char *memory = NULL;
    if (!member->is_deflated) {
        NEURAL_TRY(check_crc(zip, member, member->packed));
        *data = member->packed;
        *owned = NULL;
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(member->bytes < INT64_MAX / 4, NEURAL_ERR_DATA,
                   "%s: a member announces %" PRIu64 " bytes", zip->path, member->bytes);
    z_stream stream = {
        .zalloc = allocate, .zfree = release, .next_in = (Bytef *)(uintptr_t)member->packed};
    NEURAL_REQUIRE(inflateInit2(&stream, -MAX_WBITS) == Z_OK, NEURAL_ERR_OUT_OF_MEMORY,
                   "%s: cannot start zlib", zip->path);
    neural_status status = inflate_all(zip, member, &stream, &memory);
    inflateEnd(&stream);
    if (!status) {
        status = check_crc(zip, member, memory);
    }
    if (status) {
        neural_free(memory);
        return status;
    }
    *data = memory;
    *owned = memory;
    return NEURAL_OK;
}
