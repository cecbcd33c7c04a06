#include <stdio.h>
#include <string.h>

#include "logging/summary_writer_type.h"
#include "logging/utf8.h"

/* --- values --- */

/* Tags that are no UTF-8 are replaced by repaired copies; *copies is freed by the caller. */
static neural_status repair_tags(Neural__Summary__Value **values, size_t count, char **copies) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += utf8_repaired_bytes(values[i]->tag);
    }
    *copies = bytes ? neural_alloc(bytes) : NULL;
    if (bytes && !*copies) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    char *at = *copies;
    for (size_t i = 0; bytes && i < count; i++) {
        const size_t used = utf8_repaired_bytes(values[i]->tag);
        if (used) {
            utf8_repair(at, values[i]->tag);
            values[i]->tag = at;
            at += used;
        }
    }
    return NEURAL_OK;
}

neural_status summary_add_values(neural_summary_writer *writer, neural_event_file *file,
                                 Neural__Summary__Value **values, size_t count, int64_t step) {
    char *copies = NULL;
    Neural__Summary summary = NEURAL__SUMMARY__INIT;
    Neural__Event event = NEURAL__EVENT__INIT;
    NEURAL_TRY(repair_tags(values, count, &copies));
    summary.n_value = count;
    summary.value = values;
    event.what_case = NEURAL__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    pthread_mutex_lock(&writer->lock);
    const neural_status status = summary_add_event(file, &event, step);
    pthread_mutex_unlock(&writer->lock);
    neural_free(copies);
    return status;
}

neural_status summary_add_value(neural_summary_writer *writer, Neural__Summary__Value *value,
                                int64_t step) {
    return summary_add_values(writer, writer->file, &value, 1, step);
}

Neural__Summary__Value summary_scalar(const char *tag, double number) {
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT;
    value.tag = (char *)(uintptr_t)tag;
    value.value_case = NEURAL__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
    value.simple_value = (float)number;
    return value;
}

neural_status neural_summary_writer_add_scalar(neural_summary_writer *writer, const char *tag,
                                               double value, int64_t step) {
    NEURAL_REQUIRE(writer && tag, NEURAL_ERR_NULL_POINTER, "add_scalar: writer or tag is NULL");
    Neural__Summary__Value scalar = summary_scalar(tag, value);
    return summary_add_value(writer, &scalar, step);
}

/* --- several at once --- */

static neural_status check_group(const neural_summary_writer *writer, const char *main_tag,
                                 const char *const *names, const double *values, int64_t count) {
    NEURAL_REQUIRE(writer && main_tag && ((names && values) || count == 0), NEURAL_ERR_NULL_POINTER,
                   "add_scalars: NULL pointer");
    NEURAL_REQUIRE(count >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "add_scalars: expected a count from 0 on, found %lld", (long long)count);
    for (int64_t i = 0; i < count; i++) {
        NEURAL_REQUIRE(names[i], NEURAL_ERR_NULL_POINTER, "add_scalars: name %lld is NULL",
                       (long long)i);
    }
    return NEURAL_OK;
}

neural_status neural_summary_writer_add_scalars(neural_summary_writer *writer, const char *main_tag,
                                                const char *const *names, const double *values,
                                                int64_t count, int64_t step) {
    NEURAL_TRY(check_group(writer, main_tag, names, values, count));
    for (int64_t i = 0; i < count; i++) {
        Neural__Summary__Value scalar = summary_scalar(main_tag, values[i]), *value = &scalar;
        neural_event_file *file = NULL;
        NEURAL_TRY(summary_open_run(writer, main_tag, names[i], &file));
        NEURAL_TRY(summary_add_values(writer, file, &value, 1, step));
    }
    return NEURAL_OK;
}

neural_status neural_summary_writer_add_scalar_group(neural_summary_writer *writer,
                                                     const char *main_tag, const char *const *names,
                                                     const double *values, int64_t count,
                                                     int64_t step) {
    NEURAL_TRY(check_group(writer, main_tag, names, values, count));
    neural_arena *arena = NULL;
    NEURAL_TRY(neural_arena_create(1 << 14, &arena));
    Neural__Summary__Value *scalars = neural_arena_alloc(arena, (size_t)count * sizeof *scalars);
    Neural__Summary__Value **list = neural_arena_alloc(arena, (size_t)count * sizeof *list);
    neural_status status = scalars && list ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    for (int64_t i = 0; i < count && !status; i++) {
        const size_t bytes = strlen(main_tag) + strlen(names[i]) + 2;
        char *tag = neural_arena_alloc(arena, bytes);
        status = tag ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
        if (tag) {
            snprintf(tag, bytes, "%s/%s", main_tag, names[i]);
            scalars[i] = summary_scalar(tag, values[i]);
            list[i] = &scalars[i];
        }
    }
    if (!status) {
        status = summary_add_values(writer, writer->file, list, (size_t)count, step);
    }
    neural_arena_destroy(arena);
    return status;
}
