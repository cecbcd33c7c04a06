#include <stdio.h>
#include <string.h>

#include "core/asm/kernel_table.h"
#include "logging/summary_writer_type.h"

/* The limit of a file name, and where longer ones are cut to be numbered by checksum. */
enum { NAME_BYTES = 255, CUT_BYTES = NAME_BYTES - 9 };

/* "<main_tag>_<name>" as the name of one directory, or NULL. */
static char *run_name(const char *main_tag, const char *name) {
    const size_t main_bytes = main_tag ? strlen(main_tag) + 1 : 0,
                 bytes = main_bytes + strlen(name);
    char *run = neural_alloc(bytes + 1);
    if (!run) {
        return NULL;
    }
    snprintf(run, bytes + 1, "%s%s%s", main_tag ? main_tag : "", main_tag ? "_" : "", name);
    for (char *at = strchr(run, '/'); at; at = strchr(at, '/')) {
        *at = '_';
    }
    if (bytes > NAME_BYTES) {
        const uint32_t sum = neural_kernels()->crc32c(0, run, (int64_t)bytes);
        snprintf(run + CUT_BYTES, NAME_BYTES + 1 - CUT_BYTES, "~%08x", sum);
    }
    return run;
}

static neural_status make_room(neural_summary_writer *writer) {
    if (writer->run_count == writer->run_room) {
        const int64_t room = 2 * writer->run_room + 4;
        summary_run *runs =
            neural_realloc(writer->runs, (size_t)writer->run_room * sizeof(summary_run),
                           (size_t)room * sizeof(summary_run));
        if (!runs) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        writer->runs = runs;
        writer->run_room = room;
    }
    return NEURAL_OK;
}

/* Takes the name over when it succeeds. */
static neural_status add_run(neural_summary_writer *writer, char *name) {
    NEURAL_TRY(make_room(writer));
    const size_t bytes = strlen(writer->dir) + strlen(name) + 2;
    char *dir = neural_alloc(bytes);
    if (!dir) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    snprintf(dir, bytes, "%s/%s", writer->dir, name);
    summary_run *run = &writer->runs[writer->run_count];
    const neural_status status = summary_open_file(writer, dir, &run->file);
    neural_free(dir);
    if (!status) {
        run->name = name;
        writer->run_count++;
    }
    return status;
}

static neural_status find_run(neural_summary_writer *writer, char *name, neural_event_file **out) {
    NEURAL_REQUIRE(!writer->is_closed, NEURAL_ERR_INVALID_ARGUMENT, "%s: is closed", writer->dir);
    for (int64_t i = 0; i < writer->run_count; i++) {
        if (strcmp(writer->runs[i].name, name) == 0) {
            neural_free(name);
            *out = writer->runs[i].file;
            return NEURAL_OK;
        }
    }
    const neural_status status = add_run(writer, name);
    if (!status) {
        *out = writer->runs[writer->run_count - 1].file;
    }
    return status;
}

neural_status summary_open_run(neural_summary_writer *writer, const char *main_tag,
                               const char *name, neural_event_file **out) {
    NEURAL_REQUIRE(main_tag || (name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0),
                   NEURAL_ERR_INVALID_ARGUMENT, "a run cannot be called \"%s\"", name);
    char *run = run_name(main_tag, name);
    if (!run) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    pthread_mutex_lock(&writer->lock);
    const neural_status status = find_run(writer, run, out);
    pthread_mutex_unlock(&writer->lock);
    if (status) {
        neural_free(run);
    }
    return status;
}
