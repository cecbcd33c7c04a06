#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/safetensors_type.h"
#include "model/text.h"

struct neural_safetensors_writer {
    neural_safetensors_entry *entry; /* names are this object's */
    int64_t count;
    neural_safetensors_pair *pair;
    int64_t pair_count;
};

neural_status neural_safetensors_writer_create(neural_safetensors_writer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "safetensors_writer_create: out must be given");
    neural_safetensors_writer *writer = neural_alloc_zeroed(sizeof *writer);
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *out = writer;
    return NEURAL_OK;
}

void neural_safetensors_writer_destroy(neural_safetensors_writer *writer) {
    if (!writer) {
        return;
    }
    for (int64_t i = 0; i < writer->count; i++) {
        neural_free((char *)writer->entry[i].name);
        neural_tensor_release(writer->entry[i].tensor);
    }
    for (int64_t i = 0; i < writer->pair_count; i++) {
        neural_free((char *)writer->pair[i].key);
        neural_free((char *)writer->pair[i].value);
    }
    neural_free(writer->entry);
    neural_free(writer->pair);
    neural_free(writer);
}

static neural_status check_text(const char *what, const char *text) {
    NEURAL_REQUIRE(neural_utf8_check(text) < 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors: %s \"%.80s\" is not UTF-8", what, text);
    return NEURAL_OK;
}

/* Room for one more item of `bytes` bytes behind count items; sizes are powers of two. */
static neural_status grow(void **list, int64_t count, size_t bytes) {
    if (count & (count - 1)) {
        return NEURAL_OK;
    }
    const size_t grown = count ? 2 * (size_t)count : 1;
    void *memory = neural_realloc(*list, (size_t)count * bytes, grown * bytes);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *list = memory;
    return NEURAL_OK;
}

neural_status neural_safetensors_add_tensor(neural_safetensors_writer *writer, const char *name,
                                            neural_tensor *tensor) {
    NEURAL_REQUIRE(writer && name && tensor, NEURAL_ERR_NULL_POINTER,
                   "safetensors_add_tensor: writer, name and tensor must be given");
    NEURAL_REQUIRE(strcmp(name, "__metadata__") != 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors_add_tensor: __metadata__ is no name of a tensor");
    NEURAL_TRY(check_text("name", name));
    for (int64_t i = 0; i < writer->count; i++) {
        NEURAL_REQUIRE(strcmp(writer->entry[i].name, name) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "safetensors_add_tensor: %s is given twice", name);
    }
    NEURAL_TRY(grow((void **)&writer->entry, writer->count, sizeof *writer->entry));
    neural_tensor *contiguous = NULL;
    NEURAL_TRY(neural_tensor_contiguous(tensor, &contiguous));
    char *copy = neural_strdup(name);
    if (!copy) {
        neural_tensor_release(contiguous);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    writer->entry[writer->count++] = (neural_safetensors_entry){
        .name = copy, .dtype = tensor->dtype, .shape = tensor->shape, .tensor = contiguous};
    return NEURAL_OK;
}

neural_status neural_safetensors_add_text(neural_safetensors_writer *writer, const char *key,
                                          const char *value) {
    NEURAL_REQUIRE(writer && key && value, NEURAL_ERR_NULL_POINTER,
                   "safetensors_add_text: writer, key and value must be given");
    NEURAL_REQUIRE(strcmp(key, NEURAL_SAFETENSORS_CHECKSUM) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors_add_text: %s is written by itself", key);
    NEURAL_TRY(check_text("key", key));
    NEURAL_TRY(check_text(key, value));
    for (int64_t i = 0; i < writer->pair_count; i++) {
        NEURAL_REQUIRE(strcmp(writer->pair[i].key, key) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "safetensors_add_text: %s is given twice", key);
    }
    NEURAL_TRY(grow((void **)&writer->pair, writer->pair_count, sizeof *writer->pair));
    const neural_safetensors_pair pair = {neural_strdup(key), neural_strdup(value)};
    if (!pair.key || !pair.value) {
        neural_free((char *)pair.key);
        neural_free((char *)pair.value);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    writer->pair[writer->pair_count++] = pair;
    return NEURAL_OK;
}

/* --- order --- */

static int by_key(const void *a, const void *b) {
    return strcmp(((const neural_safetensors_pair *)a)->key,
                  ((const neural_safetensors_pair *)b)->key);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const neural_safetensors_entry *)a)->name,
                  ((const neural_safetensors_entry *)b)->name);
}

/* Wide elements first, then by name: every tensor is aligned to its element. */
static int by_width(const void *a, const void *b) {
    const neural_safetensors_entry *lhs = a, *rhs = b;
    const int64_t difference = neural_dtype_bytes(rhs->dtype) - neural_dtype_bytes(lhs->dtype);
    return difference ? (difference > 0) - (difference < 0) : strcmp(lhs->name, rhs->name);
}

static void place(neural_safetensors_writer *writer) {
    int64_t end = 0;
    if (writer->count) {
        qsort(writer->entry, (size_t)writer->count, sizeof *writer->entry, by_width);
    }
    for (int64_t i = 0; i < writer->count; i++) {
        writer->entry[i].begin = end;
        end += neural_tensor_bytes(writer->entry[i].tensor);
        writer->entry[i].end = end;
    }
}

/* --- the header --- */

static void add_string(neural_text *out, const char *text) {
    neural_text_add_bytes(out, "\"", 1);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '\n') {
            neural_text_add_bytes(out, "\\n", 2);
        } else if (c < ' ') {
            neural_text_add(out, "\\u%04x", c);
        } else {
            neural_text_add_bytes(out, "\\", c == '"' || c == '\\');
            neural_text_add_bytes(out, text, 1);
        }
    }
    neural_text_add_bytes(out, "\"", 1);
}

static void add_metadata(neural_text *out, const neural_safetensors_writer *writer,
                         const char *checksum) {
    int written = 0;
    neural_text_add(out, "\"__metadata__\":{");
    for (int64_t i = 0; i < writer->pair_count || !written; i++) {
        const neural_safetensors_pair *pair = i < writer->pair_count ? &writer->pair[i] : NULL;
        const int order = pair ? strcmp(pair->key, NEURAL_SAFETENSORS_CHECKSUM) : 1;
        if (order > 0 && !written) {
            written = 1;
            neural_text_add(out, "%s\"%s\":\"%s\"", i ? "," : "", NEURAL_SAFETENSORS_CHECKSUM,
                            checksum);
        }
        if (pair) {
            neural_text_add(out, "%s", i || written ? "," : "");
            add_string(out, pair->key);
            neural_text_add(out, ":");
            add_string(out, pair->value);
        }
    }
    neural_text_add(out, "}");
}

static void add_entry(neural_text *out, const neural_safetensors_entry *entry) {
    neural_text_add(out, ",");
    add_string(out, entry->name);
    neural_text_add(out, ":{\"dtype\":\"%s\",\"shape\":[",
                    neural_safetensors_dtype_name(entry->dtype));
    for (int d = 0; d < entry->shape.ndim; d++) {
        neural_text_add(out, "%s%" PRId64, d ? "," : "", entry->shape.dim[d]);
    }
    neural_text_add(out, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", entry->begin, entry->end);
}

static void make_header(neural_text *out, const neural_safetensors_writer *writer,
                        const char *checksum) {
    neural_text_add(out, "{");
    add_metadata(out, writer, checksum);
    for (int64_t i = 0; i < writer->count; i++) {
        add_entry(out, &writer->entry[i]);
    }
    neural_text_add(out, "}");
    neural_text_add_bytes(out, "        ", (8 - out->bytes % 8) % 8); /* data begin aligned */
}

/* --- the file --- */

static const char *entry_data(const void *context, int64_t i) {
    return ((const neural_safetensors_writer *)context)->entry[i].tensor->data;
}

static void make_checksum(neural_safetensors_writer *writer, char out[17]) {
    if (writer->count) {
        qsort(writer->entry, (size_t)writer->count, sizeof *writer->entry, by_name);
    }
    if (writer->pair_count) {
        qsort(writer->pair, (size_t)writer->pair_count, sizeof *writer->pair, by_key);
    }
    snprintf(out, 17, "%016" PRIx64,
             neural_safetensors_sum(writer->pair, writer->pair_count, writer->entry, writer->count,
                                    entry_data, writer));
}

static neural_status write_parts(const neural_safetensors_writer *writer, const neural_text *header,
                                 neural_file_writer *file) {
    unsigned char length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (unsigned char)((uint64_t)header->bytes >> (8 * i));
    }
    NEURAL_TRY(neural_file_writer_write(file, length, sizeof length));
    NEURAL_TRY(neural_file_writer_write(file, header->data, header->bytes));
    for (int64_t i = 0; i < writer->count; i++) {
        const neural_safetensors_entry *entry = &writer->entry[i];
        NEURAL_TRY(neural_file_writer_write(file, entry->tensor->data,
                                            (size_t)(entry->end - entry->begin)));
    }
    return neural_file_writer_commit(file);
}

static neural_status write_file(const neural_safetensors_writer *writer, const neural_text *header,
                                const char *path) {
    NEURAL_REQUIRE(header->bytes <= NEURAL_SAFETENSORS_MAX_HEADER, NEURAL_ERR_INVALID_ARGUMENT,
                   "%s: a header of %zu bytes, expected at most %d", path, header->bytes,
                   NEURAL_SAFETENSORS_MAX_HEADER);
    neural_file_writer *file = NULL;
    NEURAL_TRY(neural_file_writer_create(path, &file));
    const neural_status status = write_parts(writer, header, file);
    neural_file_writer_destroy(file);
    return status;
}

neural_status neural_safetensors_write(neural_safetensors_writer *writer, const char *path) {
    NEURAL_REQUIRE(writer && path, NEURAL_ERR_NULL_POINTER,
                   "safetensors_write: writer and path must be given");
    char checksum[17];
    neural_text header = {0};
    place(writer);
    make_checksum(writer, checksum);
    place(writer);
    make_header(&header, writer, checksum);
    const neural_status status = header.status ? header.status : write_file(writer, &header, path);
    neural_free(header.data);
    return status;
}
