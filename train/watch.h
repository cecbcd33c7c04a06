/* Watching a run from another thread, for callers to whom a callback per batch is dear. */
#ifndef TRAIN_WATCH_H_
#define TRAIN_WATCH_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed at first. stop: set to 1 by whoever wants the run to end after its step. last: the latest
 * report; read while the run goes on, its fields may be of neighbouring batches. */
typedef struct neural_train_watched {
    int stop;
    neural_epoch_report last;
} neural_train_watched;

/* A neural_train_progress whose context is a neural_train_watched. */
NEURAL_API int neural_train_watch(void *context, const neural_epoch_report *report);

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_WATCH_H_ */
