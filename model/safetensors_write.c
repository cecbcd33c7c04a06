#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/safetensors_type.h"
#include "model/text.h"

struct neural_safetensors_writer {
    neural_safetensors_entry *entry; /* names are this object's */
    int64_t count;
    json_t *metadata;
};

neural_status neural_safetensors_writer_create(neural_safetensors_writer **out) {
    NEURAL_REQUIRE(out, NEURAL_ERR_NULL_POINTER, "safetensors_writer_create: out must be given");
    neural_safetensors_writer *writer = neural_alloc_zeroed(sizeof *writer);
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    writer->metadata = json_object();
    if (!writer->metadata) {
        neural_free(writer);
        return neural_safetensors_no_memory();
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
    neural_free(writer->entry);
    json_decref(writer->metadata);
    neural_free(writer);
}

static neural_status check_text(const char *what, const char *text) {
    NEURAL_REQUIRE(neural_utf8_check(text) < 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors: %s \"%.80s\" is not UTF-8", what, text);
    return NEURAL_OK;
}

/* Room for one more entry; sizes are powers of two. */
static neural_status grow(neural_safetensors_writer *writer) {
    const size_t count = (size_t)writer->count;
    if (count & (count - 1)) {
        return NEURAL_OK;
    }
    const size_t bytes = sizeof *writer->entry;
    void *memory = neural_realloc(writer->entry, count * bytes, (count ? 2 * count : 1) * bytes);
    if (!memory) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    writer->entry = memory;
    return NEURAL_OK;
}

neural_status neural_safetensors_add_tensor(neural_safetensors_writer *writer, const char *name,
                                            neural_tensor *tensor) {
    NEURAL_REQUIRE(writer && name && tensor, NEURAL_ERR_NULL_POINTER,
                   "safetensors_add_tensor: writer, name and tensor must be given");
    NEURAL_REQUIRE(strcmp(name, NEURAL_SAFETENSORS_METADATA) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors_add_tensor: __metadata__ is no name of a tensor");
    NEURAL_TRY(check_text("name", name));
    for (int64_t i = 0; i < writer->count; i++) {
        NEURAL_REQUIRE(strcmp(writer->entry[i].name, name) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                       "safetensors_add_tensor: %s is given twice", name);
    }
    NEURAL_TRY(grow(writer));
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

static neural_status set_text(neural_safetensors_writer *writer, const char *key,
                              const char *value) {
    return json_object_set_new(writer->metadata, key, json_string(value))
               ? neural_safetensors_no_memory()
               : NEURAL_OK;
}

neural_status neural_safetensors_add_text(neural_safetensors_writer *writer, const char *key,
                                          const char *value) {
    NEURAL_REQUIRE(writer && key && value, NEURAL_ERR_NULL_POINTER,
                   "safetensors_add_text: writer, key and value must be given");
    NEURAL_REQUIRE(strcmp(key, NEURAL_SAFETENSORS_CHECKSUM) != 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors_add_text: %s is written by itself", key);
    NEURAL_TRY(check_text("key", key));
    NEURAL_TRY(check_text(key, value));
    NEURAL_REQUIRE(!json_object_get(writer->metadata, key), NEURAL_ERR_INVALID_ARGUMENT,
                   "safetensors_add_text: %s is given twice", key);
    return set_text(writer, key, value);
}

/* --- order --- */

/* Wide elements first, then by name: every tensor is aligned to its element. */
static int by_width(const void *a, const void *b) {
    const neural_safetensors_entry *lhs = a, *rhs = b;
    const int64_t difference = neural_dtype_bytes(rhs->dtype) - neural_dtype_bytes(lhs->dtype);
    return difference ? (difference > 0) - (difference < 0) : strcmp(lhs->name, rhs->name);
}

static void sort(neural_safetensors_writer *writer, int (*order)(const void *, const void *)) {
    if (writer->count) {
        qsort(writer->entry, (size_t)writer->count, sizeof *writer->entry, order);
    }
}

static void place(neural_safetensors_writer *writer) {
    int64_t end = 0;
    sort(writer, by_width);
    for (int64_t i = 0; i < writer->count; i++) {
        writer->entry[i].begin = end;
        end += neural_tensor_bytes(writer->entry[i].tensor);
        writer->entry[i].end = end;
    }
}

/* --- the header --- */

static int add_bytes(const char *bytes, size_t count, void *text) {
    neural_text_add_bytes(text, bytes, count);
    return ((neural_text *)text)->status ? -1 : 0;
}

/* Takes the value over; NULL is one that there was no memory for. */
static void add_json(neural_text *out, json_t *value) {
    const size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
    if (json_dump_callback(value, add_bytes, out, flags) && !out->status) {
        out->status = neural_safetensors_no_memory();
    }
    json_decref(value);
}

static void add_entry(neural_text *out, const neural_safetensors_entry *entry) {
    neural_text_add(out, ",");
    add_json(out, json_string(entry->name));
    neural_text_add(out, ":{\"dtype\":\"%s\",\"shape\":[",
                    neural_safetensors_dtype_name(entry->dtype));
    for (int d = 0; d < entry->shape.ndim; d++) {
        neural_text_add(out, "%s%" PRId64, d ? "," : "", entry->shape.dim[d]);
    }
    neural_text_add(out, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", entry->begin, entry->end);
}

static void make_header(neural_text *out, const neural_safetensors_writer *writer) {
    neural_text_add(out, "{\"" NEURAL_SAFETENSORS_METADATA "\":");
    add_json(out, json_incref(writer->metadata));
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

static neural_status add_checksum(neural_safetensors_writer *writer) {
    char sum[17];
    sort(writer, neural_safetensors_by_name);
    NEURAL_TRY(neural_safetensors_sum(writer->metadata, writer->entry, writer->count, entry_data,
                                      writer, sum));
    return set_text(writer, NEURAL_SAFETENSORS_CHECKSUM, sum);
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
    neural_text header = {0};
    place(writer);
    NEURAL_TRY(add_checksum(writer));
    place(writer);
    make_header(&header, writer);
    const neural_status status = header.status ? header.status : write_file(writer, &header, path);
    neural_free(header.data);
    return status;
}
