#include "data/npy.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/tensor/shape.h"

enum { MAX_HEADER = 1 << 16, PREFIX = 8 };

/* What is left of the header's text. */
typedef struct cursor {
    const char *path, *at, *end;
} cursor;

int neural_npy_is(const void *data, size_t bytes) {
    return bytes >= PREFIX && memcmp(data, "\x93NUMPY", 6) == 0;
}

/* --- the literal --- */

static void skip_blanks(cursor *c) {
    for (; c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t'); c->at++) {
    }
}

static neural_status fail(cursor *c, const char *expected) {
    skip_blanks(c);
    const int64_t left = c->end - c->at;
    char text[24];
    int used = 0;
    for (; used < 23 && used < left && c->at[used] >= ' ' && c->at[used] < 127; used++) {
        text[used] = c->at[used];
    }
    text[used] = '\0';
    return neural_error(NEURAL_ERR_DATA, "%s: NPY header: expected %s, found \"%s\"", c->path,
                        expected, text);
}

/* Steps over `text` and blanks before it, if it is there. */
static int take(cursor *c, const char *text) {
    const size_t bytes = strlen(text);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < bytes || memcmp(c->at, text, bytes) != 0) {
        return 0;
    }
    c->at += bytes;
    return 1;
}

/* 'text' or "text" without escapes, at most 15 bytes. */
static neural_status take_string(cursor *c, char out[16]) {
    skip_blanks(c);
    const char quote = c->at < c->end ? *c->at : '\0';
    if (quote != '\'' && quote != '"') {
        return fail(c, "a quoted text");
    }
    int used = 0;
    for (const char *at = c->at + 1; at < c->end && used < 15 && *at != '\\'; at++) {
        if (*at == quote) {
            out[used] = '\0';
            c->at = at + 1;
            return NEURAL_OK;
        }
        out[used++] = *at;
    }
    return fail(c, "a short text");
}

static neural_status take_descr(cursor *c, neural_npy *npy) {
    char text[16] = "";
    cursor before = *c;
    NEURAL_TRY(take_string(c, text));
    const char kind = strlen(text) == 3 ? text[1] : '\0';
    const int bytes = text[2] - '0';
    const int ok = kind == 'f' ? bytes == 4 || bytes == 8
                   : kind == 'i' || kind == 'u'
                       ? bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8
                   : kind == 'b' ? bytes == 1
                                 : 0;
    if (!ok || !strchr(bytes == 1 ? "<>|=" : "<>=", text[0])) {
        return fail(&before, "elements of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1");
    }
    npy->kind = kind;
    npy->element_bytes = bytes;
    npy->is_big_endian = text[0] == '>';
    return NEURAL_OK;
}

static neural_status take_number(cursor *c, int64_t *out) {
    int64_t value = 0;
    skip_blanks(c);
    const char *first = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)(*c->at - '0'), &value)) {
            return fail(c, "a size below 2^63");
        }
    }
    *out = value;
    return c->at > first ? NEURAL_OK : fail(c, "a size");
}

static neural_status take_shape(cursor *c, neural_npy *npy) {
    npy->ndim = 0;
    if (!take(c, "(")) {
        return fail(c, "a tuple of sizes");
    }
    while (!take(c, ")")) {
        if (npy->ndim == 8) {
            return fail(c, "at most 8 dimensions");
        }
        NEURAL_TRY(take_number(c, &npy->dims[npy->ndim]));
        npy->ndim++;
        (void)take(c, "L"); /* as Python 2 wrote it */
        if (!take(c, ",")) {
            if (npy->ndim == 1 || !take(c, ")")) {
                return fail(c, "a comma");
            }
            break;
        }
    }
    return NEURAL_OK;
}

static neural_status take_entry(cursor *c, neural_npy *npy, int *seen) {
    static const char *const names[] = {"descr", "fortran_order", "shape"};
    char key[16];
    int which = 0;
    cursor before = *c;
    NEURAL_TRY(take_string(c, key));
    while (which < 3 && strcmp(key, names[which]) != 0) {
        which++;
    }
    if (which == 3 || (*seen & 1 << which)) {
        return fail(&before, "descr, fortran_order and shape, once each");
    }
    *seen |= 1 << which;
    if (!take(c, ":")) {
        return fail(c, "a colon");
    }
    if (which == 1) {
        npy->is_fortran = take(c, "True");
        return npy->is_fortran || take(c, "False") ? NEURAL_OK : fail(c, "True or False");
    }
    return which == 0 ? take_descr(c, npy) : take_shape(c, npy);
}

static neural_status parse(cursor *c, neural_npy *npy) {
    int seen = 0;
    if (!take(c, "{")) {
        return fail(c, "a dictionary");
    }
    while (!take(c, "}")) {
        NEURAL_TRY(take_entry(c, npy, &seen));
        if (!take(c, ",")) {
            if (!take(c, "}")) {
                return fail(c, "a comma");
            }
            break;
        }
    }
    skip_blanks(c);
    if (seen != 7 || c->at != c->end) {
        return fail(c, "descr, fortran_order and shape, and nothing else");
    }
    return NEURAL_OK;
}

/* --- the file --- */

/* Elements and bytes from the sizes. */
static neural_status measure(const char *path, neural_npy *npy, int64_t *bytes) {
    npy->len = 1;
    *bytes = npy->element_bytes;
    for (int i = 0; i < npy->ndim; i++) {
        NEURAL_REQUIRE(!__builtin_mul_overflow(npy->len, npy->dims[i], &npy->len), NEURAL_ERR_DATA,
                       "%s: the sizes in the NPY header are too large", path);
    }
    NEURAL_REQUIRE(!__builtin_mul_overflow(*bytes, npy->len, bytes), NEURAL_ERR_DATA,
                   "%s: the sizes in the NPY header are too large", path);
    return NEURAL_OK;
}

neural_status neural_npy_open(const char *path, const void *data, size_t bytes, neural_npy *out) {
    const unsigned char *byte = data;
    neural_npy npy = {0};
    int64_t payload;
    NEURAL_REQUIRE(neural_npy_is(data, bytes), NEURAL_ERR_DATA, "%s: not an NPY file", path);
    NEURAL_REQUIRE(byte[6] >= 1 && byte[6] <= 3, NEURAL_ERR_DATA,
                   "%s: expected NPY version 1, 2 or 3, found %d.%d", path, byte[6], byte[7]);
    const size_t prefix = byte[6] == 1 ? PREFIX + 2 : PREFIX + 4;
    NEURAL_REQUIRE(bytes >= prefix, NEURAL_ERR_DATA, "%s: the NPY header is truncated", path);
    size_t header = (size_t)byte[8] | (size_t)byte[9] << 8;
    header |= byte[6] == 1 ? 0 : (size_t)byte[10] << 16 | (size_t)byte[11] << 24;
    NEURAL_REQUIRE(header <= MAX_HEADER && header <= bytes - prefix, NEURAL_ERR_DATA,
                   "%s: the NPY header announces %zu bytes, found %zu (at most %d are read)", path,
                   header, bytes - prefix, MAX_HEADER);
    const char *text = (const char *)byte + prefix;
    cursor c = {path, text, text + header};
    NEURAL_TRY(parse(&c, &npy));
    NEURAL_TRY(measure(path, &npy, &payload));
    const size_t found = bytes - prefix - header;
    NEURAL_REQUIRE((uint64_t)payload == found, NEURAL_ERR_DATA,
                   "%s: the NPY header announces %" PRId64 " bytes of data, found %zu", path,
                   payload, found);
    npy.data = (const unsigned char *)text + header;
    *out = npy;
    return NEURAL_OK;
}

/* --- elements --- */

static uint64_t load_bits(const neural_npy *npy, int64_t offset) {
    const int bytes = npy->element_bytes;
    const unsigned char *at = npy->data + offset * bytes;
    uint64_t bits = 0;
    memcpy(&bits, at, (size_t)bytes);
    return npy->is_big_endian ? __builtin_bswap64(bits) >> (64 - 8 * bytes) : bits;
}

static int64_t sign_extend(uint64_t bits, int bytes) {
    const int shift = 64 - 8 * bytes;
    return (int64_t)(bits << shift) >> shift;
}

static double float_of(const neural_npy *npy, uint64_t bits) {
    if (npy->element_bytes == 4) {
        const uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void store(const neural_npy *npy, int64_t offset, neural_dtype dtype, void *dst,
                  int64_t index) {
    const uint64_t bits = load_bits(npy, offset);
    const int64_t integer = sign_extend(bits, npy->element_bytes);
    if (dtype == NEURAL_DTYPE_F64) {
        ((double *)dst)[index] = npy->kind == 'f'   ? float_of(npy, bits)
                                 : npy->kind == 'i' ? (double)integer
                                 : npy->kind == 'b' ? bits != 0
                                                    : (double)bits;
        return;
    }
    ((float *)dst)[index] = npy->kind == 'f'   ? (float)float_of(npy, bits)
                            : npy->kind == 'i' ? (float)integer
                            : npy->kind == 'b' ? bits != 0
                                               : (float)bits;
}

int neural_npy_is_plain(const neural_npy *npy, neural_dtype dtype) {
    const int is_c = !npy->is_fortran || npy->ndim < 2;
    return is_c && npy->kind == 'f' && !npy->is_big_endian &&
           npy->element_bytes == (dtype == NEURAL_DTYPE_F64 ? 8 : 4) &&
           (dtype == NEURAL_DTYPE_F64 || dtype == NEURAL_DTYPE_F32);
}

/* Fortran order: the offset of the C-ordered element, walked like an odometer. */
static void turn(const neural_npy *npy, neural_dtype dtype, void *dst) {
    int64_t at[8] = {0}, stride[8] = {1}, offset = 0;
    for (int i = 1; i < npy->ndim; i++) {
        stride[i] = stride[i - 1] * npy->dims[i - 1];
    }
    for (int64_t index = 0; index < npy->len; index++) {
        store(npy, offset, dtype, dst, index);
        for (int i = npy->ndim - 1; i >= 0; i--) {
            offset += stride[i];
            if (++at[i] < npy->dims[i]) {
                break;
            }
            offset -= at[i] * stride[i];
            at[i] = 0;
        }
    }
}

void neural_npy_to_float(const neural_npy *npy, neural_dtype dtype, void *dst) {
    if (neural_npy_is_plain(npy, dtype)) {
        memcpy(dst, npy->data, (size_t)npy->len * (size_t)npy->element_bytes);
        return;
    }
    if (npy->is_fortran && npy->ndim > 1) {
        turn(npy, dtype, dst);
        return;
    }
    for (int64_t i = 0; i < npy->len; i++) {
        store(npy, i, dtype, dst, i);
    }
}

int neural_npy_integer(const neural_npy *npy, int64_t index, int64_t *out) {
    const uint64_t bits = load_bits(npy, index);
    if (npy->kind == 'f') {
        const double value = float_of(npy, bits);
        if (!(fabs(value) < 9007199254740992.0) || value != floor(value)) {
            return 0;
        }
        *out = (int64_t)value;
        return 1;
    }
    *out = npy->kind == 'i' ? sign_extend(bits, npy->element_bytes) : (int64_t)bits;
    return npy->kind != 'u' || bits <= INT64_MAX;
}
