#include <inttypes.h>
#include <stdio.h>
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

static int by_name(const void *a, const void *b) {
    return strcmp(((const neural_safetensors_entry *)a)->name,
                  ((const neural_safetensors_entry *)b)->name);
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const neural_safetensors_pair *)a)->key,
                  ((const neural_safetensors_pair *)b)->key);
}

/* The ranges have to tile the data: each begins where the one before ends. */
static neural_status check_ranges(neural_safetensors *file) {
    int64_t end = 0;
    if (file->count) {
        qsort(file->entry, (size_t)file->count, sizeof *file->entry, by_offset);
    }
    for (int64_t i = 0; i < file->count; i++) {
        NEURAL_REQUIRE(file->entry[i].begin == end, NEURAL_ERR_DATA,
                       "the bytes of %.80s begin at %" PRId64 ", expected %" PRId64,
                       file->entry[i].name, file->entry[i].begin, end);
        end = file->entry[i].end;
    }
    NEURAL_REQUIRE(end == file->data_bytes, NEURAL_ERR_DATA,
                   "%" PRId64 " bytes of data, expected %" PRId64
                   ": the file is truncated or has a tail",
                   file->data_bytes, end);
    return NEURAL_OK;
}

static neural_status check_names(neural_safetensors *file) {
    if (file->count) {
        qsort(file->entry, (size_t)file->count, sizeof *file->entry, by_name);
    }
    for (int64_t i = 1; i < file->count; i++) {
        NEURAL_REQUIRE(by_name(&file->entry[i - 1], &file->entry[i]) != 0, NEURAL_ERR_DATA,
                       "tensor %.80s is there twice", file->entry[i].name);
    }
    if (file->pair_count) {
        qsort(file->pair, (size_t)file->pair_count, sizeof *file->pair, by_key);
    }
    for (int64_t i = 1; i < file->pair_count; i++) {
        NEURAL_REQUIRE(by_key(&file->pair[i - 1], &file->pair[i]) != 0, NEURAL_ERR_DATA,
                       "metadata %.80s is there twice", file->pair[i].key);
    }
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
    snprintf(have, sizeof have, "%016" PRIx64,
             neural_safetensors_sum(file->pair, file->pair_count, file->entry, file->count,
                                    entry_data, file));
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
    NEURAL_REQUIRE(bytes >= 2 && bytes <= NEURAL_SAFETENSORS_MAX_HEADER && bytes <= view->bytes - 8,
                   NEURAL_ERR_DATA,
                   "a header of %" PRIu64
                   " bytes, expected 2 to 100000000 and no more than the file has (%zu)",
                   bytes, view->bytes - 8);
    file->header = neural_alloc((size_t)bytes + 1);
    if (!file->header) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    memcpy(file->header, view->data + 8, (size_t)bytes);
    file->header[bytes] = '\0';
    file->data = view->data + 8 + bytes;
    file->data_bytes = (int64_t)(view->bytes - 8 - bytes);
    return neural_safetensors_parse_header(file, (size_t)bytes);
}

static neural_status read_file(neural_safetensors *file) {
    NEURAL_TRY(read_header(file));
    NEURAL_TRY(check_ranges(file));
    NEURAL_TRY(check_names(file));
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
        neural_free(file->pair);
        neural_free(file->header);
        neural_free(file->path);
        neural_free(file);
    }
}

/* --- looking up --- */

const char *neural_safetensors_text(const neural_safetensors *file, const char *key) {
    const neural_safetensors_pair wanted = {.key = key};
    const neural_safetensors_pair *found =
        file->pair_count
            ? bsearch(&wanted, file->pair, (size_t)file->pair_count, sizeof wanted, by_key)
            : NULL;
    return found ? found->value : NULL;
}

int neural_safetensors_count(const neural_safetensors *file) {
    return (int)file->count;
}

const char *neural_safetensors_name(const neural_safetensors *file, int i) {
    return i >= 0 && i < file->count ? file->entry[i].name : NULL;
}

int64_t neural_safetensors_bytes(const neural_safetensors *file) {
    return file->data_bytes;
}

static const neural_safetensors_entry *find(const neural_safetensors *file, const char *name) {
    const neural_safetensors_entry wanted = {.name = name};
    return file->count ? bsearch(&wanted, file->entry, (size_t)file->count, sizeof wanted, by_name)
                       : NULL;
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
