#include "data/gzip.h"

#include <stdint.h>
#include <zlib.h>

#include "core/base/memory.h"

struct neural_gzip {
    z_stream stream;
    const char *path;
    const unsigned char *at, *end; /* input that zlib has not been shown */
    int is_done;
};

/* zlib counts in unsigned int: input and output are handed over in steps. */
enum { STEP = 1 << 30, GZIP_WINDOW = 16 + MAX_WBITS };

static voidpf allocate(voidpf context, uInt items, uInt size) {
    (void)context;
    return neural_alloc((size_t)items * size);
}

static void release(voidpf context, voidpf memory) {
    (void)context;
    neural_free(memory);
}

int neural_gzip_is(const void *data, size_t bytes) {
    const unsigned char *byte = data;
    return bytes >= 2 && byte[0] == 0x1F && byte[1] == 0x8B;
}

neural_status neural_gzip_create(const char *path, const void *data, size_t bytes,
                                 neural_gzip **out) {
    neural_gzip *gzip = neural_alloc_zeroed(sizeof(*gzip));
    if (!gzip) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    gzip->path = path;
    gzip->at = data;
    gzip->end = gzip->at + bytes;
    gzip->stream.zalloc = allocate;
    gzip->stream.zfree = release;
    if (inflateInit2(&gzip->stream, GZIP_WINDOW) != Z_OK) {
        neural_free(gzip);
        return neural_error(NEURAL_ERR_OUT_OF_MEMORY, "%s: cannot start zlib", path);
    }
    *out = gzip;
    return NEURAL_OK;
}

void neural_gzip_destroy(neural_gzip *gzip) {
    if (gzip) {
        inflateEnd(&gzip->stream);
        neural_free(gzip);
    }
}

/* After a member: another one, or the end of the file. */
static neural_status next_member(neural_gzip *gzip) {
    const unsigned char *rest = gzip->at - gzip->stream.avail_in;
    if (rest == gzip->end) {
        gzip->is_done = 1;
        return NEURAL_OK;
    }
    NEURAL_REQUIRE(neural_gzip_is(rest, (size_t)(gzip->end - rest)), NEURAL_ERR_DATA,
                   "%s: %lld bytes after the end of the gzip stream", gzip->path,
                   (long long)(gzip->end - rest));
    inflateReset(&gzip->stream);
    return NEURAL_OK;
}

static void feed(neural_gzip *gzip) {
    if (gzip->stream.avail_in == 0) {
        const size_t left = (size_t)(gzip->end - gzip->at);
        gzip->stream.next_in = (Bytef *)(uintptr_t)gzip->at;
        gzip->stream.avail_in = (uInt)(left < STEP ? left : STEP);
        gzip->at += gzip->stream.avail_in;
    }
}

neural_status neural_gzip_read(neural_gzip *gzip, void *dst, size_t room, size_t *got) {
    size_t used = 0;
    while (used < room && !gzip->is_done) {
        const size_t left = room - used;
        feed(gzip);
        const uInt offered = (uInt)(left < STEP ? left : STEP);
        gzip->stream.next_out = (Bytef *)dst + used;
        gzip->stream.avail_out = offered;
        const int code = inflate(&gzip->stream, Z_NO_FLUSH);
        used += offered - gzip->stream.avail_out;
        if (code == Z_STREAM_END) {
            NEURAL_TRY(next_member(gzip));
            continue;
        }
        NEURAL_REQUIRE(code != Z_MEM_ERROR, NEURAL_ERR_OUT_OF_MEMORY, "%s: zlib is out of memory",
                       gzip->path);
        NEURAL_REQUIRE(code != Z_BUF_ERROR, NEURAL_ERR_DATA, "%s: the gzip stream is truncated",
                       gzip->path);
        NEURAL_REQUIRE(code == Z_OK, NEURAL_ERR_DATA, "%s: the gzip stream is damaged: %s",
                       gzip->path, gzip->stream.msg ? gzip->stream.msg : "unknown reason");
    }
    *got = used;
    return NEURAL_OK;
}
