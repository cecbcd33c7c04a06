#include "logging/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/memory.h"
#include "logging/record.h"

enum { BUFFER_BYTES = 1 << 16, KEPT_BYTES = 1 << 20, HOST_BYTES = 65, MAX_NAMES = 10000 };

struct neural_event_file {
    int fd;        /* -1 once closed */
    int is_broken; /* ends in half a record that could not be taken back */
    char *path;
    double flush_seconds, oldest; /* when the first waiting record came */
    int64_t written;              /* bytes of the file */
    uint8_t *buffer;              /* whole records that wait */
    size_t pending, room;
};

static neural_status fail(const char *path, int error) {
    return neural_file_error(NEURAL_ERR_FILE_WRITE, path, error);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- the name --- */

static void host_name(char out[HOST_BYTES]) {
    if (gethostname(out, HOST_BYTES - 1)) {
        out[0] = '\0';
    }
    out[HOST_BYTES - 1] = '\0';
    for (char *at = strchr(out, '/'); at; at = strchr(at, '/')) {
        *at = '_';
    }
    if (!out[0]) {
        memcpy(out, "localhost", sizeof "localhost");
    }
}

/* A new file; its name goes to path + dir_bytes, where room bytes are. */
static neural_status open_new(neural_event_file *file, size_t dir_bytes, size_t room,
                              const char *suffix) {
    static uint32_t counter;
    char host[HOST_BYTES];
    host_name(host);
    for (int tries = 0; tries < MAX_NAMES; tries++) {
        const uint32_t number = __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
        snprintf(file->path + dir_bytes, room, "events.out.tfevents.%010lld.%s.%ld.%u%s",
                 (long long)time(NULL), host, (long)getpid(), number, suffix);
        file->fd = neural_file_call_open(AT_FDCWD, file->path,
                                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (file->fd >= 0 || errno != EEXIST) {
            break;
        }
    }
    return file->fd < 0 ? fail(file->path, errno) : NEURAL_OK;
}

static neural_status open_in(neural_event_file *file, const char *dir, const char *suffix) {
    const size_t dir_bytes = strlen(dir), room = 128 + HOST_BYTES + strlen(suffix);
    file->path = neural_alloc(dir_bytes + 1 + room);
    file->buffer = neural_alloc(BUFFER_BYTES);
    if (!file->path || !file->buffer) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    file->room = BUFFER_BYTES;
    NEURAL_TRY(neural_directory_create(dir, 1, NULL));
    memcpy(file->path, dir, dir_bytes);
    memcpy(file->path + dir_bytes, "/", 2);
    return open_new(file, dir_bytes + 1, room, suffix);
}

neural_status neural_event_file_create(const char *dir, const char *suffix, double flush_seconds,
                                       neural_event_file **out) {
    NEURAL_REQUIRE(dir && out, NEURAL_ERR_NULL_POINTER, "event_file_create: dir or out is NULL");
    NEURAL_REQUIRE(dir[0], NEURAL_ERR_INVALID_ARGUMENT, "event_file_create: dir is empty");
    NEURAL_REQUIRE(!suffix || !strchr(suffix, '/'), NEURAL_ERR_INVALID_ARGUMENT,
                   "event_file_create: a suffix has no slash, found \"%s\"", suffix);
    NEURAL_REQUIRE(flush_seconds >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "event_file_create: expected flush seconds from 0 on, found %g", flush_seconds);
    neural_event_file *file = neural_alloc_zeroed(sizeof(*file));
    if (!file) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    file->fd = -1;
    file->flush_seconds = flush_seconds;
    const neural_status status = open_in(file, dir, suffix ? suffix : "");
    if (status) {
        neural_event_file_destroy(file);
        return status;
    }
    *out = file;
    return NEURAL_OK;
}

const char *neural_event_file_path(const neural_event_file *file) {
    return file->path;
}

/* --- writing --- */

/* Cuts off the part of a record that a failed write left. */
static neural_status take_back(neural_event_file *file, int error) {
    file->is_broken = neural_file_call_truncate(file->fd, (off_t)file->written) != 0;
    return fail(file->path, error);
}

static neural_status drain(neural_event_file *file) {
    size_t done = 0;
    while (done < file->pending) {
        const int64_t put =
            neural_write_unkilled(file->fd, file->buffer + done, file->pending - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            const int error = put < 0 ? errno : ENOSPC;
            return done ? take_back(file, error) : fail(file->path, error);
        }
        done += (size_t)put;
    }
    file->written += (int64_t)done;
    file->pending = 0;
    return NEURAL_OK;
}

static neural_status require_open(const neural_event_file *file) {
    NEURAL_REQUIRE(file->fd >= 0, NEURAL_ERR_INVALID_ARGUMENT, "%s: is closed", file->path);
    NEURAL_REQUIRE(!file->is_broken, NEURAL_ERR_FILE_WRITE,
                   "%s: a failed write could not be taken back", file->path);
    return NEURAL_OK;
}

static neural_status grow(neural_event_file *file, size_t bytes) {
    if (bytes > file->room) {
        uint8_t *larger = neural_realloc(file->buffer, file->pending, bytes);
        if (!larger) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        file->buffer = larger;
        file->room = bytes;
    }
    return NEURAL_OK;
}

/* After a very large record. */
static void shrink(neural_event_file *file) {
    if (file->room > KEPT_BYTES && !file->pending) {
        uint8_t *smaller = neural_realloc(file->buffer, 0, BUFFER_BYTES);
        if (smaller) {
            file->buffer = smaller;
            file->room = BUFFER_BYTES;
        }
    }
}

static int is_due(neural_event_file *file, int is_first) {
    if (file->flush_seconds == 0 || file->pending >= BUFFER_BYTES) {
        return 1;
    }
    const double time = now();
    if (is_first) {
        file->oldest = time;
    }
    return time - file->oldest >= file->flush_seconds;
}

neural_status neural_event_file_add(neural_event_file *file, const ProtobufCMessage *message) {
    NEURAL_TRY(require_open(file));
    const size_t payload = protobuf_c_message_get_packed_size(message);
    NEURAL_REQUIRE(payload <= INT32_MAX, NEURAL_ERR_TENSOR_TOO_LARGE,
                   "%s: an event has at most 2^31 - 1 bytes, this one %zu", file->path, payload);
    const size_t record = NEURAL_RECORD_HEAD + payload + NEURAL_RECORD_TAIL;
    if (file->pending && file->pending + record > BUFFER_BYTES) {
        NEURAL_TRY(drain(file));
    }
    NEURAL_TRY(grow(file, file->pending + record));
    const size_t before = file->pending;
    uint8_t *at = file->buffer + before;
    protobuf_c_message_pack(message, at + NEURAL_RECORD_HEAD);
    neural_record_seal(at, payload);
    file->pending += record;
    const neural_status status = is_due(file, before == 0) ? drain(file) : NEURAL_OK;
    if (status) {
        file->pending = before;
    }
    shrink(file);
    return status;
}

neural_status neural_event_file_flush(neural_event_file *file) {
    NEURAL_TRY(require_open(file));
    return drain(file);
}

neural_status neural_event_file_close(neural_event_file *file) {
    if (file->fd < 0) {
        return NEURAL_OK;
    }
    const neural_status status = neural_event_file_flush(file);
    const int failed = neural_file_call_close(file->fd) && errno != EINTR;
    file->fd = -1;
    return status ? status : failed ? fail(file->path, errno) : NEURAL_OK;
}

void neural_event_file_destroy(neural_event_file *file) {
    if (!file) {
        return;
    }
    (void)neural_event_file_close(file);
    neural_free(file->buffer);
    neural_free(file->path);
    neural_free(file);
}
