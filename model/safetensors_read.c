#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/safetensors_type.h"

/* --- opening --- */

static int by_offset(const void *a, const void *b) {
    const neural_safetensors_entry *lhs = a, *rhs = b;
    return lhs->begin != rhs->begin ? (lhs->begin > rhs->begin) - (lhs->begin < rhs->begin)
                                    : (lhs->end > rhs->end) - (lhs->end < rhs->end);
}

/* The ranges have to tile the data: each begins where the one before ends. */
static neural_status check_ranges(neural_safetensors *file) {
    int64_t end = 0;
    qsort(file->entry, (size_t)file->count, sizeof *file->entry, by_offset);
    for (int64_t i = 0; i < file->count; i++) {
        NEURAL_REQUIRE(file->entry[i].begin == end, NEURAL_ERR_DATA,
                       "the bytes of %.80s begin at %" PRId64 ", expected %" PRId64,
                       file->entry[i].name, file->entry[i].begin, end);
        end = file->entry[i].end;
    }
    const uint64_t before = file->view.bytes - (uint64_t)file->data_bytes;
    NEURAL_REQUIRE(end == file->data_bytes, NEURAL_ERR_DATA,
                   "the file %s: it has %zu bytes, its header tells of %" PRIu64,
                   file->data_bytes < end ? "is truncated" : "has a tail", file->view.bytes,
                   before + (uint64_t)end);
    return NEURAL_OK;
}

static const char *entry_data(const void *context, int64_t i) {
    const neural_safetensors *file = context;
    return file->data + file->entry[i].begin;
}

static neural_status check_sum(const neural_safetensors *file) {
    const char *want = neural_safetensors_text(file, NEURAL_SAFETENSORS_CHECKSUM);
    if (!want) {
        return NEURAL_OK; /* another program's file */
    }
    char have[17];
    NEURAL_TRY(
        neural_safetensors_sum(file->metadata, file->entry, file->count, entry_data, file, have));
    NEURAL_REQUIRE(strcmp(want, have) == 0, NEURAL_ERR_DATA,
                   "the checksum is %.20s, the content has %s: the file is damaged", want, have);
    return NEURAL_OK;
}

static neural_status read_header(neural_safetensors *file) {
    const neural_file_view *view = &file->view;
    NEURAL_REQUIRE(view->bytes >= 8, NEURAL_ERR_DATA,
                   "%zu bytes, expected a safetensors file, which has at least 8", view->bytes);
    uint64_t bytes = 0;
    for (int i = 7; i >= 0; i--) {
        bytes = bytes << 8 | (unsigned char)view->data[i];
    }
    NEURAL_REQUIRE(bytes >= 2 && bytes <= NEURAL_SAFETENSORS_MAX_HEADER, NEURAL_ERR_DATA,
                   "a header of %" PRIu64 " bytes, expected a safetensors file, whose header has 2 "
                   "to 100000000",
                   bytes);
    NEURAL_REQUIRE(bytes <= view->bytes - 8, NEURAL_ERR_DATA,
                   "the file is truncated: it has %zu bytes, its header ends at %" PRIu64,
                   view->bytes, bytes + 8);
    file->data = view->data + 8 + bytes;
    file->data_bytes = (int64_t)(view->bytes - 8 - bytes);
    return neural_safetensors_read_header(file, view->data + 8, (size_t)bytes);
}

static neural_status read_file(neural_safetensors *file) {
    NEURAL_TRY(read_header(file));
    NEURAL_TRY(check_ranges(file));
    qsort(file->entry, (size_t)file->count, sizeof *file->entry, neural_safetensors_by_name);
    return check_sum(file);
}

neural_status neural_safetensors_open(const char *path, neural_safetensors **out) {
    NEURAL_REQUIRE(path && out, NEURAL_ERR_NULL_POINTER,
                   "safetensors_open: path and out must be given");
    neural_safetensors *file = neural_alloc_zeroed(sizeof *file);
    if (!file) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    neural_status status = neural_file_view_open(path, &file->view);
    if (status) {
        neural_free(file);
        return status;
    }
    file->path = neural_strdup(path);
    status = file->path ? read_file(file) : NEURAL_ERR_OUT_OF_MEMORY;
    if (status) {
        neural_safetensors_close(file);
        return neural_error_prefix("%s", path);
    }
    *out = file;
    return NEURAL_OK;
}

void neural_safetensors_close(neural_safetensors *file) {
    if (file) {
        neural_file_view_close(&file->view);
        neural_free(file->entry);
        json_decref(file->header);
        neural_free(file->path);
        neural_free(file);
    }
}

/* --- looking up --- */

const char *neural_safetensors_text(const neural_safetensors *file, const char *key) {
    return json_string_value(json_object_get(file->metadata, key));
}

int neural_safetensors_count(const neural_safetensors *file) {
    return (int)file->count;
}

const char *neural_safetensors_name(const neural_safetensors *file, int i) {
    return i >= 0 && i < file->count ? file->entry[i].name : NULL;
}

int64_t neural_safetensors_entry_bytes(const neural_safetensors *file, int i) {
    return file->entry[i].end - file->entry[i].begin;
}

int64_t neural_safetensors_bytes(const neural_safetensors *file) {
    return file->data_bytes;
}

static const neural_safetensors_entry *find(const neural_safetensors *file, const char *name) {
    const neural_safetensors_entry wanted = {.name = name};
    return bsearch(&wanted, file->entry, (size_t)file->count, sizeof wanted,
                   neural_safetensors_by_name);
}

neural_status neural_safetensors_check(const neural_safetensors *file, const char *name,
                                       const neural_tensor *like) {
    NEURAL_REQUIRE(file && name && like, NEURAL_ERR_NULL_POINTER,
                   "safetensors_check: file, name and tensor must be given");
    const neural_safetensors_entry *entry = find(file, name);
    char have[NEURAL_SHAPE_TEXT], want[NEURAL_SHAPE_TEXT];
    neural_shape_text(&like->shape, want, sizeof want);
    NEURAL_REQUIRE(entry, NEURAL_ERR_DATA, "%s: there is no tensor %s, the model wants %s %s",
                   file->path, name, neural_dtype_name(like->dtype), want);
    if (entry->dtype != like->dtype || !neural_shape_equal(&entry->shape, &like->shape)) {
        return neural_error(
            entry->dtype != like->dtype ? NEURAL_ERR_DTYPE_MISMATCH : NEURAL_ERR_SHAPE_MISMATCH,
            "%s: %s is %s %s, the model wants %s %s", file->path, name,
            neural_dtype_name(entry->dtype), neural_shape_text(&entry->shape, have, sizeof have),
            neural_dtype_name(like->dtype), want);
    }
    return NEURAL_OK;
}

/* --- reading --- */

neural_status neural_safetensors_read(const neural_safetensors *file, const char *name,
                                      neural_tensor **out) {
    NEURAL_REQUIRE(file && name && out, NEURAL_ERR_NULL_POINTER,
                   "safetensors_read: file, name and out must be given");
    const neural_safetensors_entry *entry = find(file, name);
    NEURAL_REQUIRE(entry, NEURAL_ERR_DATA, "%s: there is no tensor %s", file->path, name);
    return neural_tensor_from_data(file->data + entry->begin, entry->end - entry->begin,
                                   entry->shape.ndim, entry->shape.dim, entry->dtype, out);
}

neural_status neural_safetensors_read_into(const neural_safetensors *file, const char *name,
                                           neural_tensor *dst) {
    NEURAL_TRY(neural_safetensors_check(file, name, dst));
    if (!dst->contiguous) {
        neural_tensor *copy = NULL;
        NEURAL_TRY(neural_safetensors_read(file, name, &copy));
        const neural_status status = neural_tensor_copy(dst, copy);
        neural_tensor_release(copy);
        return status;
    }
    const neural_safetensors_entry *entry = find(file, name);
    if (entry->end > entry->begin) {
        memcpy(dst->data, file->data + entry->begin, (size_t)(entry->end - entry->begin));
    }
    neural_tensor_touch(dst);
    return NEURAL_OK;
}
