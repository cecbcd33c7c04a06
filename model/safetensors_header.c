/* The JSON header: {"__metadata__":{"key":"value"},"name":{"dtype":"F32","shape":[2,3],
 * "data_offsets":[0,24]}}. Read by its own grammar rather than as any JSON, so that what is not a
 * safetensors header is refused where it differs and costs no memory. Strings are decoded in place.
 */
#include <string.h>

#include "core/base/memory.h"
#include "model/safetensors_type.h"
#include "model/text.h"

typedef struct parser {
    neural_safetensors *file;
    char *at, *end; /* *end is NUL */
} parser;

static neural_status fail(const parser *p, const char *at, const char *what) {
    return neural_error(NEURAL_ERR_DATA, "header byte %lld: %s", (long long)(at - p->file->header),
                        what);
}

static void skip_blanks(parser *p) {
    while (p->at < p->end && strchr(" \t\r\n", *p->at)) {
        p->at++;
    }
}

/* Takes c if it comes next. */
static int accept(parser *p, char c) {
    skip_blanks(p);
    const int found = p->at < p->end && *p->at == c;
    p->at += found;
    return found;
}

static neural_status expect(parser *p, char c) {
    char what[] = "expected ?";
    what[sizeof what - 2] = c;
    return accept(p, c) ? NEURAL_OK : fail(p, p->at, what);
}

/* --- strings --- */

/* Four hexadecimal digits; -1 when they are not. */
static int hex4(const char *at) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char c = at[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The code point behind \u, a surrogate pair taken together; *at moves past it. 0: malformed. */
static int code_point(char **at) {
    const int first = hex4(*at);
    *at += first < 0 ? 0 : 4;
    if (first < 0xd800 || first > 0xdfff) {
        return first > 0 ? first : 0;
    }
    const int second = (*at)[0] == '\\' && (*at)[1] == 'u' ? hex4(*at + 2) : -1;
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) {
        return 0;
    }
    *at += 6;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

static char *put_utf8(char *to, int code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xe0 | code >> 12);
        } else {
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* What stands behind a backslash; *at moves past it. NULL: malformed. */
static char *put_escape(char **at, char *to) {
    static const char from[] = "\"\\/bfnrt";
    static const char into[] = "\"\\/\b\f\n\r\t";
    const char c = *(*at)++;
    if (c == 'u') {
        const int code = code_point(at);
        return code ? put_utf8(to, code) : NULL;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        *to++ = into[found - from];
    }
    return found ? to : NULL;
}

static neural_status parse_string(parser *p, const char **out) {
    NEURAL_TRY(expect(p, '"'));
    char *begin = p->at;
    char *to = begin;
    char *from = begin;
    while (*from != '"') {
        const unsigned char c = (unsigned char)*from;
        if (c < ' ') { /* the end, too */
            return fail(p, from, "expected the end of a string");
        }
        if (c == '\\') {
            from++;
            to = put_escape(&from, to);
            if (!to) {
                return fail(p, from, "expected an escape of a character but U+0000");
            }
        } else {
            *to++ = *from++;
        }
    }
    p->at = from + 1;
    *to = '\0';
    if (neural_utf8_check(begin) >= 0) {
        return fail(p, begin, "expected UTF-8");
    }
    *out = begin;
    return NEURAL_OK;
}

/* --- numbers --- */

static neural_status parse_size(parser *p, int64_t *out) {
    skip_blanks(p);
    const char *begin = p->at;
    int64_t value = 0;
    for (; *p->at >= '0' && *p->at <= '9'; p->at++) {
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)(*p->at - '0'), &value)) {
            return fail(p, begin, "expected a number below 2^63");
        }
    }
    if (p->at == begin || (*begin == '0' && p->at - begin > 1)) {
        return fail(p, begin, "expected a whole number that is not negative");
    }
    *out = value;
    return NEURAL_OK;
}

/* [a, b, ...], at most max of them. */
static neural_status parse_sizes(parser *p, int64_t *out, int max, int *count) {
    NEURAL_TRY(expect(p, '['));
    *count = 0;
    if (accept(p, ']')) {
        return NEURAL_OK;
    }
    do {
        if (*count == max) {
            return fail(p, p->at, max == 2 ? "expected two numbers" : "expected up to 8 sizes");
        }
        NEURAL_TRY(parse_size(p, &out[*count]));
        *count += 1;
    } while (accept(p, ','));
    return expect(p, ']');
}

/* --- members --- */

/* Room for one more item in a list of count items of `bytes` bytes. */
static neural_status grow(void **list, int64_t count, int64_t *capacity, size_t bytes) {
    if (count < *capacity) {
        return NEURAL_OK;
    }
    const int64_t grown = *capacity ? 2 * *capacity : 16;
    void *memory = neural_realloc(*list, (size_t)*capacity * bytes, (size_t)grown * bytes);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *list = memory;
    *capacity = grown;
    return NEURAL_OK;
}

static neural_status parse_metadata(parser *p) {
    neural_safetensors *file = p->file;
    NEURAL_TRY(expect(p, '{'));
    if (accept(p, '}')) {
        return NEURAL_OK;
    }
    do {
        neural_safetensors_pair pair;
        NEURAL_TRY(parse_string(p, &pair.key));
        NEURAL_TRY(expect(p, ':'));
        NEURAL_TRY(parse_string(p, &pair.value));
        NEURAL_TRY(grow((void **)&file->pair, file->pair_count, &file->pair_capacity, sizeof pair));
        file->pair[file->pair_count++] = pair;
    } while (accept(p, ','));
    return expect(p, '}');
}

enum { HAS_DTYPE = 1, HAS_SHAPE = 2, HAS_OFFSETS = 4 };

static neural_status parse_dtype(parser *p, neural_safetensors_entry *entry) {
    const char *name;
    NEURAL_TRY(parse_string(p, &name));
    const int dtype = neural_safetensors_dtype(name);
    if (dtype < 0) {
        return fail(p, name, "expected dtype F32, F64, I8, U8, I32, I64, BOOL or BF16");
    }
    entry->dtype = (neural_dtype)dtype;
    return NEURAL_OK;
}

static neural_status parse_shape(parser *p, neural_safetensors_entry *entry) {
    int64_t dims[NEURAL_MAX_DIMS];
    int count;
    char *begin = p->at;
    NEURAL_TRY(parse_sizes(p, dims, NEURAL_MAX_DIMS, &count));
    return neural_shape_make(count, dims, &entry->shape) ? fail(p, begin, "the shape is too large")
                                                         : NEURAL_OK;
}

static neural_status parse_offsets(parser *p, neural_safetensors_entry *entry) {
    int64_t offsets[2];
    int count;
    char *begin = p->at;
    NEURAL_TRY(parse_sizes(p, offsets, 2, &count));
    if (count != 2 || offsets[0] > offsets[1]) {
        return fail(p, begin, "expected [begin, end] with begin <= end");
    }
    entry->begin = offsets[0];
    entry->end = offsets[1];
    return NEURAL_OK;
}

/* One of the three fields, each of which has to come once. */
static neural_status parse_field(parser *p, neural_safetensors_entry *entry, int *seen) {
    const char *key;
    NEURAL_TRY(parse_string(p, &key));
    NEURAL_TRY(expect(p, ':'));
    const int field = strcmp(key, "dtype") == 0          ? HAS_DTYPE
                      : strcmp(key, "shape") == 0        ? HAS_SHAPE
                      : strcmp(key, "data_offsets") == 0 ? HAS_OFFSETS
                                                         : 0;
    if (!field || (*seen & field)) {
        return fail(p, key, "expected dtype, shape and data_offsets, once each");
    }
    *seen |= field;
    return field == HAS_DTYPE   ? parse_dtype(p, entry)
           : field == HAS_SHAPE ? parse_shape(p, entry)
                                : parse_offsets(p, entry);
}

static neural_status parse_tensor(parser *p, const char *name) {
    neural_safetensors *file = p->file;
    neural_safetensors_entry entry = {.name = name};
    int seen = 0;
    NEURAL_TRY(expect(p, '{'));
    do {
        NEURAL_TRY(parse_field(p, &entry, &seen));
    } while (accept(p, ','));
    NEURAL_TRY(expect(p, '}'));
    int64_t bytes = 0;
    if (seen != (HAS_DTYPE | HAS_SHAPE | HAS_OFFSETS)) {
        return fail(p, name, "expected dtype, shape and data_offsets, once each");
    }
    if (neural_size_mul(neural_shape_len(&entry.shape), neural_dtype_bytes(entry.dtype), &bytes) ||
        bytes != entry.end - entry.begin) {
        return fail(p, name, "expected as many bytes as shape and dtype say");
    }
    NEURAL_TRY(grow((void **)&file->entry, file->count, &file->entry_capacity, sizeof entry));
    file->entry[file->count++] = entry;
    return NEURAL_OK;
}

static neural_status parse_member(parser *p, int *has_metadata) {
    const char *name;
    NEURAL_TRY(parse_string(p, &name));
    NEURAL_TRY(expect(p, ':'));
    if (strcmp(name, "__metadata__") != 0) {
        return parse_tensor(p, name);
    }
    if ((*has_metadata)++) {
        return fail(p, name, "expected __metadata__ once");
    }
    return parse_metadata(p);
}

neural_status neural_safetensors_parse_header(neural_safetensors *file, size_t bytes) {
    parser p = {file, file->header, file->header + bytes};
    int has_metadata = 0;
    if (*p.at != '{') {
        return fail(&p, p.at, "expected {");
    }
    p.at++;
    if (!accept(&p, '}')) {
        do {
            NEURAL_TRY(parse_member(&p, &has_metadata));
        } while (accept(&p, ','));
        NEURAL_TRY(expect(&p, '}'));
    }
    skip_blanks(&p);
    return p.at == p.end ? NEURAL_OK : fail(&p, p.at, "expected blanks behind the last }");
}
