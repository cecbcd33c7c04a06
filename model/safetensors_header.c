/* The JSON header: {"__metadata__":{"key":"value"},"name":{"dtype":"F32","shape":[2,3],
 * "data_offsets":[0,24]}}. */
#include <string.h>

#include "core/base/memory.h"
#include "model/safetensors_type.h"

/* Upper bounds of the bytes that jansson and this library take for each part, its name and its
 * text aside: safetensors_refuse_test measures them. */
enum { OBJECT_BYTES = 264, ARRAY_BYTES = 128, MEMBER_BYTES = 208, ELEMENT_BYTES = 104 };

/* What a sign outside of strings costs, behind `depth` open brackets; -1 where none may stand. */
static int sign_cost(char sign, int depth) {
    switch (sign) {
    case '{':
        return depth < 2 ? OBJECT_BYTES : -1;
    case '[':
        return depth == 2 ? ARRAY_BYTES : -1;
    case ':':
        return MEMBER_BYTES;
    case ',':
        return depth == 3 ? ELEMENT_BYTES : 0;
    default:
        return sign == '-' ? -1 : 0; /* also not as -0, which jansson reads as 0 */
    }
}

/* Small JSON can become large trees, and jansson takes memory past core/base/memory, without a
 * limit: headers that would need more than 16 times the file and 16 MiB, texts and lists of this
 * library included, are refused before it sees them. */
static neural_status check_cost(const char *header, size_t bytes, size_t file_bytes) {
    const size_t limit = 12 * (file_bytes + (1 << 20));
    size_t cost = 0;
    int depth = 0, quoted = 0;
    for (size_t i = 0; i < bytes; i++) {
        const char c = header[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
            continue;
        }
        const int more = sign_cost(c, depth);
        NEURAL_REQUIRE(more >= 0, NEURAL_ERR_DATA,
                       "header byte %zu: found %c, expected {\"name\": {\"shape\": [1, 2]}}", i, c);
        cost += (size_t)more;
        NEURAL_REQUIRE(cost <= limit, NEURAL_ERR_DATA,
                       "the header would take more memory than 16 times the file's %zu bytes and "
                       "16 MiB",
                       file_bytes);
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        quoted = c == '"';
    }
    return NEURAL_OK;
}

static neural_status read_shape(const char *name, const json_t *sizes, neural_shape *out) {
    int64_t dims[NEURAL_MAX_DIMS];
    const size_t ndim = json_array_size(sizes);
    NEURAL_REQUIRE(json_is_array(sizes) && ndim <= NEURAL_MAX_DIMS, NEURAL_ERR_DATA,
                   "tensor %.80s: expected a shape of up to %d sizes", name, NEURAL_MAX_DIMS);
    for (size_t i = 0; i < ndim; i++) {
        const json_t *size = json_array_get(sizes, i);
        NEURAL_REQUIRE(json_is_integer(size), NEURAL_ERR_DATA,
                       "tensor %.80s: expected whole numbers as sizes", name);
        dims[i] = json_integer_value(size);
    }
    NEURAL_REQUIRE(neural_shape_make((int)ndim, dims, out) == NEURAL_OK, NEURAL_ERR_DATA,
                   "tensor %.80s: the shape is too large", name);
    return NEURAL_OK;
}

static neural_status read_tensor(const char *name, json_t *value, neural_safetensors_entry *out) {
    const char *dtype_name;
    json_t *sizes;
    json_int_t begin, end;
    json_error_t error;
    NEURAL_REQUIRE(json_unpack_ex(value, &error, JSON_STRICT, "{s:s, s:o, s:[I, I]}", "dtype",
                                  &dtype_name, "shape", &sizes, "data_offsets", &begin, &end) == 0,
                   NEURAL_ERR_DATA, "tensor %.80s: %s; expected dtype, shape and data_offsets",
                   name, error.text);
    const int dtype = neural_safetensors_dtype(dtype_name);
    NEURAL_REQUIRE(dtype >= 0, NEURAL_ERR_DATA,
                   "tensor %.80s: dtype %.20s, expected F32, F64, I8, U8, I32, I64, BOOL or BF16",
                   name, dtype_name);
    neural_shape shape;
    NEURAL_TRY(read_shape(name, sizes, &shape));
    NEURAL_REQUIRE(begin <= end, NEURAL_ERR_DATA,
                   "tensor %.80s: bytes from %lld to %lld, expected begin <= end", name,
                   (long long)begin, (long long)end);
    int64_t bytes = 0;
    NEURAL_REQUIRE(neural_size_mul(neural_shape_len(&shape),
                                   neural_dtype_bytes((neural_dtype)dtype), &bytes) == NEURAL_OK &&
                       bytes == end - begin,
                   NEURAL_ERR_DATA,
                   "tensor %.80s: %lld bytes, expected as many as shape and dtype say", name,
                   (long long)(end - begin));
    *out = (neural_safetensors_entry){name, (neural_dtype)dtype, shape, begin, end, NULL};
    return NEURAL_OK;
}

static neural_status check_metadata(json_t *metadata) {
    NEURAL_REQUIRE(json_is_object(metadata), NEURAL_ERR_DATA, "expected __metadata__ as an object");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) {
        NEURAL_REQUIRE(json_is_string(value), NEURAL_ERR_DATA, "metadata %.80s: expected a string",
                       key);
    }
    return NEURAL_OK;
}

neural_status neural_safetensors_read_header(neural_safetensors *file, const char *header,
                                             size_t bytes) {
    NEURAL_REQUIRE(*header == '{', NEURAL_ERR_DATA, "header byte 0: expected {");
    NEURAL_TRY(check_cost(header, bytes, file->view.bytes));
    json_error_t error;
    file->header = json_loadb(header, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!file->header) {
        return error.text[0]
                   ? neural_error(NEURAL_ERR_DATA, "header byte %d: %s", error.position, error.text)
                   : neural_safetensors_no_memory();
    }
    file->entry = neural_alloc(json_object_size(file->header) * sizeof *file->entry);
    if (!file->entry) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const char *name;
    json_t *value;
    json_object_foreach(file->header, name, value) {
        if (strcmp(name, NEURAL_SAFETENSORS_METADATA) == 0) {
            NEURAL_TRY(check_metadata(value));
            file->metadata = value;
        } else {
            NEURAL_TRY(read_tensor(name, value, &file->entry[file->count]));
            file->count++;
        }
    }
    return NEURAL_OK;
}
