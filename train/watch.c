#include "train/watch.h"

int neural_train_watch(void *context, const neural_epoch_report *report) {
    neural_train_watched *watched = context;
    watched->last = *report;
    return __atomic_load_n(&watched->stop, __ATOMIC_RELAXED);
}
