/* The inside of a summary writer, and what its files share. */
#ifndef LOGGING_SUMMARY_WRITER_TYPE_H_
#define LOGGING_SUMMARY_WRITER_TYPE_H_

#include <pthread.h>

#include "core/base/memory.h"
#include "logging/event.pb-c.h"
#include "logging/event_file.h"
#include "logging/summary_writer.h"

/* A run below the writer's own. */
typedef struct summary_run {
    char *name; /* of its directory */
    neural_event_file *file;
} summary_run;

struct neural_summary_writer {
    pthread_mutex_t lock; /* of all below */
    char *dir, *suffix;
    neural_summary_options options;
    neural_event_file *file;
    summary_run *runs;
    int64_t run_count, run_room;
    int is_closed;
};

/* What a value says about the page of TensorBoard that shows it. */
typedef struct summary_plugin {
    Neural__SummaryMetadata metadata;
    Neural__SummaryMetadata__PluginData data;
} summary_plugin;

/* Fills the plugin and points the value at it. */
void summary_use_plugin(summary_plugin *plugin, const char *name, Neural__Summary__Value *value);

double summary_wall_time(void); /* seconds since 1970 */

/* A file that begins as every file of the writer does. */
neural_status summary_open_file(const neural_summary_writer *writer, const char *dir,
                                neural_event_file **out);

/* Stamps and appends an event to a file of the writer, whose lock is held. */
neural_status summary_add_event(neural_event_file *file, Neural__Event *event, int64_t step);

/* Appends one event with these values to a file of the writer; their tags are repaired here. */
neural_status summary_add_values(neural_summary_writer *writer, neural_event_file *file,
                                 Neural__Summary__Value **values, size_t count, int64_t step);
/* The same for one value in the writer's own run. */
neural_status summary_add_value(neural_summary_writer *writer, Neural__Summary__Value *value,
                                int64_t step);
Neural__Summary__Value summary_scalar(const char *tag, double number);

/* The file of the run DIR/<main_tag>_<name>, or DIR/<name> without a main tag, opened at the first
 * call. */
neural_status summary_open_run(neural_summary_writer *writer, const char *main_tag,
                               const char *name, neural_event_file **out);

/* The text, or a repaired copy of it in the arena; NULL when memory is out. */
char *summary_text(neural_arena *arena, const char *text);

/* Pointers to count items that lie one behind the other, in the arena; NULL when items is NULL or
 * memory is out. */
void **summary_pointers(neural_arena *arena, void *items, size_t count, size_t item_bytes);

/* The bytes of a message, in the arena. */
neural_status summary_pack(neural_arena *arena, const ProtobufCMessage *message,
                           ProtobufCBinaryData *out);

#endif /* LOGGING_SUMMARY_WRITER_TYPE_H_ */
