#include "data/cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/memory.h"
#include "core/base/sha256.h"

#define MAGIC "NEURAL DATA 1\n\0"

enum {
    MAGIC_BYTES = 16,
    X_OFFSET = 4096,
    SAMPLE_BYTES = 1 << 16,
    ALIGNED = 64,
    MAX_TEXTS = 1 << 26
};

/* The record at the end. */
typedef struct record {
    int64_t rows, features, outputs, classes, dtype, target;
    int64_t y_offset, y_bytes;
    int64_t names_offset, class_names, feature_names; /* texts with their NULs; counts */
    int64_t names_bytes;
    unsigned char key[32], sum[32];
} record;

struct neural_cache_writer {
    neural_file_writer *file;
    neural_cache_key key;
    int64_t used;
};

/* --- key --- */

static void add_text(neural_sha256 *sha, const char *text) {
    const char present = text != NULL;
    neural_sha256_add(sha, &present, 1);
    if (text) {
        neural_sha256_add(sha, text, strlen(text) + 1);
    }
}

static void add_options(neural_sha256 *sha, const neural_data_options *options) {
    const int64_t numbers[] = {options->dtype,       options->target,
                               options->outputs,     options->classes,
                               options->features,    options->separator,
                               options->header,      options->missing,
                               options->probability, options->label_file != NULL};
    neural_sha256_add(sha, numbers, sizeof numbers);
    add_text(sha, options->label_column);
    add_text(sha, options->na_values);
    add_text(sha, options->array);
    add_text(sha, options->label_array);
    for (int64_t c = 0; options->class_names && c < options->classes; c++) {
        add_text(sha, options->class_names[c]);
    }
}

neural_status neural_cache_key_make(const char *path, const neural_file_view *file,
                                    const neural_data_options *options, neural_cache_key *out) {
    struct stat info;
    neural_sha256 sha;
    if (neural_file_call_stat_path(path, &info)) {
        return neural_file_error(NEURAL_ERR_FILE_READ, path, errno);
    }
    const int64_t facts[] = {(int64_t)file->bytes, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
    const size_t sample = file->bytes < SAMPLE_BYTES ? file->bytes : SAMPLE_BYTES;
    neural_sha256_begin(&sha);
    neural_sha256_add(&sha, MAGIC, MAGIC_BYTES);
    neural_sha256_add(&sha, facts, sizeof facts);
    neural_sha256_add(&sha, file->data, sample);
    neural_sha256_add(&sha, file->data + file->bytes - sample, sample);
    add_options(&sha, options);
    neural_sha256_end(&sha, out->bytes);
    return NEURAL_OK;
}

static void sum_record(const record *from, unsigned char out[32]) {
    neural_sha256 sha;
    neural_sha256_begin(&sha);
    neural_sha256_add(&sha, from, offsetof(record, sum));
    neural_sha256_end(&sha, out);
}

/* --- writing --- */

static neural_status put(neural_cache_writer *writer, const void *data, int64_t bytes) {
    NEURAL_TRY(neural_file_writer_write(writer->file, data, (size_t)bytes));
    writer->used += bytes;
    return NEURAL_OK;
}

neural_status neural_cache_writer_create(const char *path, const neural_cache_key *key,
                                         neural_cache_writer **out) {
    char head[X_OFFSET] = MAGIC;
    neural_cache_writer *writer = neural_alloc_zeroed(sizeof *writer);
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    writer->key = *key;
    memcpy(head + MAGIC_BYTES, key->bytes, sizeof key->bytes);
    neural_status status = neural_file_writer_create(path, &writer->file);
    if (!status) {
        status = put(writer, head, sizeof head);
    }
    if (status) {
        neural_cache_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return NEURAL_OK;
}

void neural_cache_writer_destroy(neural_cache_writer *writer) {
    if (writer) {
        neural_file_writer_destroy(writer->file);
        neural_free(writer);
    }
}

neural_status neural_cache_writer_rows(neural_cache_writer *writer, const void *x, int64_t bytes) {
    return put(writer, x, bytes);
}

static neural_status pad(neural_cache_writer *writer) {
    static const char zeros[ALIGNED];
    return put(writer, zeros, (ALIGNED - writer->used % ALIGNED) % ALIGNED);
}

static neural_status put_names(neural_cache_writer *writer, const neural_names *names) {
    for (int64_t i = 0; i < neural_names_count(names); i++) {
        const char *text = neural_names_get(names, i);
        NEURAL_TRY(put(writer, text, (int64_t)strlen(text) + 1));
    }
    return NEURAL_OK;
}

neural_status neural_cache_writer_finish(neural_cache_writer *writer, const neural_parts *parts,
                                         const neural_data_options *options, int64_t features) {
    record end = {.rows = parts->rows,
                  .features = features,
                  .classes = parts->classes,
                  .dtype = options->dtype,
                  .target = parts->y ? options->target : NEURAL_TARGET_NONE,
                  .class_names = neural_names_count(parts->class_names),
                  .feature_names = neural_names_count(parts->feature_names)};
    NEURAL_TRY(pad(writer));
    end.y_offset = writer->used;
    if (parts->y) {
        end.outputs = neural_tensor_ndim(parts->y) == 2 ? neural_tensor_dims(parts->y)[1] : 1;
        end.y_bytes = neural_tensor_bytes(parts->y);
        NEURAL_TRY(put(writer, neural_tensor_data(parts->y), end.y_bytes));
    }
    end.names_offset = writer->used;
    NEURAL_TRY(put_names(writer, parts->class_names));
    NEURAL_TRY(put_names(writer, parts->feature_names));
    end.names_bytes = writer->used - end.names_offset;
    NEURAL_TRY(pad(writer));
    memcpy(end.key, writer->key.bytes, sizeof end.key);
    sum_record(&end, end.sum);
    NEURAL_TRY(put(writer, &end, sizeof end));
    return neural_file_writer_commit(writer->file);
}

/* --- opening --- */

static int64_t element_of(const record *end) {
    return end->dtype == NEURAL_DTYPE_F64 ? 8 : 4;
}

/* Sizes and offsets agree with the file's length and with each other. */
static int is_consistent(const record *end, int64_t bytes) {
    int64_t x_bytes, y_bytes = 0;
    const int is_class = end->target == NEURAL_TARGET_CLASS;
    if (end->rows < 1 || end->features < 1 || end->outputs < 0 || end->classes < 0 ||
        end->target < NEURAL_TARGET_NONE || end->target > NEURAL_TARGET_VALUE ||
        __builtin_mul_overflow(end->rows, end->features, &x_bytes) ||
        __builtin_mul_overflow(x_bytes, element_of(end), &x_bytes) ||
        __builtin_mul_overflow(end->rows, end->outputs, &y_bytes) ||
        __builtin_mul_overflow(y_bytes, is_class ? 8 : element_of(end), &y_bytes)) {
        return 0;
    }
    return x_bytes <= bytes - X_OFFSET && end->y_offset >= X_OFFSET + x_bytes &&
           end->y_offset % ALIGNED == 0 && end->y_bytes == y_bytes && end->y_offset <= bytes &&
           y_bytes <= bytes - end->y_offset && end->names_offset >= end->y_offset + y_bytes &&
           end->names_offset <= bytes && end->names_bytes >= 0 && end->names_bytes <= MAX_TEXTS &&
           end->names_bytes <= bytes - end->names_offset && end->class_names >= 0 &&
           end->feature_names >= 0 && (!is_class || end->outputs == 1);
}

static int read_record(const neural_file_view *file, const neural_cache_key *key,
                       const neural_data_options *options, record *out) {
    unsigned char sum[32];
    if (file->bytes < X_OFFSET + sizeof *out || memcmp(file->data, MAGIC, MAGIC_BYTES) != 0 ||
        memcmp(file->data + MAGIC_BYTES, key->bytes, sizeof key->bytes) != 0) {
        return 0;
    }
    memcpy(out, file->data + file->bytes - sizeof *out, sizeof *out);
    sum_record(out, sum);
    return memcmp(sum, out->sum, sizeof sum) == 0 &&
           memcmp(out->key, key->bytes, sizeof out->key) == 0 && out->dtype == options->dtype &&
           is_consistent(out, (int64_t)(file->bytes - sizeof *out));
}

/* `count` texts from *at on. */
static neural_status take_names(const char **at, const char *end, int64_t count,
                                neural_names **out) {
    if (count == 0) {
        return NEURAL_OK;
    }
    NEURAL_TRY(neural_names_create(out));
    for (int64_t i = 0; i < count; i++) {
        const char *stop = memchr(*at, '\0', (size_t)(end - *at));
        NEURAL_REQUIRE(stop, NEURAL_ERR_DATA, "the names are truncated");
        NEURAL_TRY(neural_names_add(*out, *at));
        *at = stop + 1;
    }
    return NEURAL_OK;
}

/* One mapping, which the tensors share: the view is closed with the last of them. */
typedef struct shared_view {
    neural_file_view file;
    int users;
} shared_view;

static void leave_view(void *context) {
    shared_view *view = context;
    if (__atomic_fetch_sub(&view->users, 1, __ATOMIC_ACQ_REL) == 1) {
        neural_file_view_close(&view->file);
        neural_free(view);
    }
}

static neural_status wrap(shared_view *view, int64_t offset, int ndim, const int64_t *dims,
                          neural_dtype dtype, neural_tensor **out) {
    void *data = (void *)(uintptr_t)(view->file.data + offset);
    __atomic_fetch_add(&view->users, 1, __ATOMIC_RELAXED);
    const neural_status status =
        neural_tensor_wrap(data, ndim, dims, NULL, dtype, leave_view, view, out);
    if (status) {
        leave_view(view);
    }
    return status;
}

static neural_status take(shared_view *view, const record *end, neural_parts *out) {
    const int64_t dims_x[2] = {end->rows, end->features}, dims_y[2] = {end->rows, end->outputs};
    const int is_class = end->target == NEURAL_TARGET_CLASS;
    const neural_dtype dtype = (neural_dtype)end->dtype;
    const char *names = view->file.data + end->names_offset, *stop = names + end->names_bytes;
    out->rows = end->rows;
    out->classes = end->classes;
    out->is_mapped = 1;
    NEURAL_TRY(wrap(view, X_OFFSET, 2, dims_x, dtype, &out->x));
    if (end->target != NEURAL_TARGET_NONE) {
        NEURAL_TRY(wrap(view, end->y_offset, is_class ? 1 : 2, dims_y,
                        is_class ? NEURAL_DTYPE_I64 : dtype, &out->y));
    }
    NEURAL_TRY(take_names(&names, stop, end->class_names, &out->class_names));
    return take_names(&names, stop, end->feature_names, &out->feature_names);
}

neural_status neural_cache_open(const char *path, const neural_cache_key *key,
                                const neural_data_options *options, neural_parts *out, int *fresh) {
    record end;
    neural_file_view file;
    *fresh = 0;
    const neural_status opened = neural_file_view_open(path, &file);
    if (opened == NEURAL_ERR_OUT_OF_MEMORY) {
        return opened;
    }
    if (opened) {
        neural_clear_error();
        return NEURAL_OK;
    }
    const int is_fresh = read_record(&file, key, options, &end);
    shared_view *view = is_fresh ? neural_alloc(sizeof *view) : NULL;
    if (!view) {
        neural_file_view_close(&file);
        return is_fresh ? NEURAL_ERR_OUT_OF_MEMORY : NEURAL_OK;
    }
    *view = (shared_view){.file = file, .users = 1};
    const neural_status status = take(view, &end, out);
    leave_view(view);
    if (status) {
        neural_parts_release(out);
        return status == NEURAL_ERR_DATA ? NEURAL_OK : status;
    }
    *fresh = 1;
    return NEURAL_OK;
}
