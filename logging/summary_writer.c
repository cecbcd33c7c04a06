#include <stdio.h>
#include <string.h>
#include <time.h>

#include "logging/summary_writer_type.h"
#include "logging/utf8.h"

double summary_wall_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- files --- */

neural_status summary_add_event(neural_event_file *file, Neural__Event *event, int64_t step) {
    event->wall_time = summary_wall_time();
    event->step = step;
    return neural_event_file_add(file, &event->base);
}

/* What every file begins with. */
static neural_status begin_file(const neural_summary_writer *writer, neural_event_file *file) {
    static char version[] = "brain.Event:2";
    Neural__Event event = NEURAL__EVENT__INIT;
    event.what_case = NEURAL__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    NEURAL_TRY(summary_add_event(file, &event, 0));
    if (writer->options.is_resumed) {
        Neural__SessionLog session = NEURAL__SESSION_LOG__INIT;
        session.status = NEURAL__SESSION_LOG__STATUS__START;
        event.what_case = NEURAL__EVENT__WHAT_SESSION_LOG;
        event.session_log = &session;
        NEURAL_TRY(summary_add_event(file, &event, writer->options.purge_step));
    }
    return neural_event_file_flush(file);
}

neural_status summary_open_file(const neural_summary_writer *writer, const char *dir,
                                neural_event_file **out) {
    neural_event_file *file = NULL;
    NEURAL_TRY(neural_event_file_create(dir, writer->suffix, writer->options.flush_seconds, &file));
    const neural_status status = begin_file(writer, file);
    if (status) {
        neural_event_file_destroy(file);
        return status;
    }
    *out = file;
    return NEURAL_OK;
}

/* --- life --- */

static neural_status start(neural_summary_writer *writer, const char *dir) {
    writer->dir = neural_strdup(dir);
    const char *suffix = writer->options.filename_suffix;
    writer->suffix = suffix ? neural_strdup(suffix) : NULL;
    if (!writer->dir || (suffix && !writer->suffix)) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    return summary_open_file(writer, dir, &writer->file);
}

neural_status neural_summary_writer_create(const char *dir, const neural_summary_options *options,
                                           neural_summary_writer **out) {
    NEURAL_REQUIRE(dir && out, NEURAL_ERR_NULL_POINTER,
                   "summary_writer_create: dir or out is NULL");
    neural_summary_writer *writer = neural_alloc_zeroed(sizeof(*writer));
    if (!writer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    pthread_mutex_init(&writer->lock, NULL);
    if (options) {
        writer->options = *options;
    }
    const neural_status status = start(writer, dir);
    if (status) {
        neural_summary_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return NEURAL_OK;
}

void neural_summary_writer_destroy(neural_summary_writer *writer) {
    if (!writer) {
        return;
    }
    for (int64_t i = 0; i < writer->run_count; i++) {
        neural_event_file_destroy(writer->runs[i].file);
        neural_free(writer->runs[i].name);
    }
    neural_event_file_destroy(writer->file);
    pthread_mutex_destroy(&writer->lock);
    neural_free(writer->runs);
    neural_free(writer->suffix);
    neural_free(writer->dir);
    neural_free(writer);
}

const char *neural_summary_writer_dir(const neural_summary_writer *writer) {
    return writer->dir;
}

const char *neural_summary_writer_path(const neural_summary_writer *writer) {
    return neural_event_file_path(writer->file);
}

/* The first failure of all files. */
static neural_status for_files(neural_summary_writer *writer,
                               neural_status (*body)(neural_event_file *file)) {
    neural_status status = body(writer->file);
    for (int64_t i = 0; i < writer->run_count; i++) {
        const neural_status next = body(writer->runs[i].file);
        status = status ? status : next;
    }
    return status;
}

neural_status neural_summary_writer_flush(neural_summary_writer *writer) {
    NEURAL_REQUIRE(writer, NEURAL_ERR_NULL_POINTER, "summary_writer_flush: writer is NULL");
    pthread_mutex_lock(&writer->lock);
    const neural_status status = for_files(writer, neural_event_file_flush);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

neural_status neural_summary_writer_close(neural_summary_writer *writer) {
    NEURAL_REQUIRE(writer, NEURAL_ERR_NULL_POINTER, "summary_writer_close: writer is NULL");
    pthread_mutex_lock(&writer->lock);
    const neural_status status = for_files(writer, neural_event_file_close);
    writer->is_closed = 1;
    pthread_mutex_unlock(&writer->lock);
    return status;
}

/* --- what the kinds of summaries share --- */

char *summary_text(neural_arena *arena, const char *text) {
    const size_t bytes = utf8_repaired_bytes(text);
    if (!bytes) {
        return (char *)(uintptr_t)text;
    }
    char *copy = neural_arena_alloc(arena, bytes);
    if (copy) {
        utf8_repair(copy, text);
    }
    return copy;
}

void **summary_pointers(neural_arena *arena, void *items, size_t count, size_t item_bytes) {
    void **pointers = items ? neural_arena_alloc(arena, count * sizeof *pointers) : NULL;
    for (size_t i = 0; pointers && i < count; i++) {
        pointers[i] = (char *)items + i * item_bytes;
    }
    return pointers;
}

neural_status summary_pack(neural_arena *arena, const ProtobufCMessage *message,
                           ProtobufCBinaryData *out) {
    const size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *data = neural_arena_alloc(arena, bytes);
    if (!data) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    out->len = protobuf_c_message_pack(message, data);
    out->data = data;
    return NEURAL_OK;
}
