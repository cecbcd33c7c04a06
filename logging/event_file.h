/* One event file: a growing file of records, of which every write(2) appends whole ones.
 *
 * A process that is killed leaves a readable prefix, a reader that follows the file sees records in
 * order, and a failed write (full disk) is taken back before the error is returned. */
#ifndef LOGGING_EVENT_FILE_H_
#define LOGGING_EVENT_FILE_H_

#include <protobuf-c/protobuf-c.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_event_file neural_event_file;

/* Creates `dir` with its parents, and in it events.out.tfevents.<sec>.<host>.<pid>.<n><suffix>, a
 * name nobody has (suffix NULL = none). flush_seconds: how long records may wait in memory for
 * others; 0 = each is written at once. NEURAL_ERR_FILE_WRITE "PATH: reason". */
neural_status neural_event_file_create(const char *dir, const char *suffix, double flush_seconds,
                                       neural_event_file **out);
/* Closes without a report; accepts NULL. */
void neural_event_file_destroy(neural_event_file *file);

const char *neural_event_file_path(const neural_event_file *file);

/* Appends a message as one record; allocates nothing while it fits into 64 KiB. What waits in
 * memory is written with it when flush_seconds have passed since the oldest came, or 64 KiB are
 * full. NEURAL_ERR_FILE_WRITE: this message is not in the file, those before stay as they were.
 * One thread at a time. */
neural_status neural_event_file_add(neural_event_file *file, const ProtobufCMessage *message);

/* Writes what waits; on failure it goes on waiting. close also closes, failed or not, and may be
 * repeated. */
neural_status neural_event_file_flush(neural_event_file *file);
neural_status neural_event_file_close(neural_event_file *file);

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_EVENT_FILE_H_ */
