/* What each epoch came to. */
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "train/trainer_type.h"

enum { FIRST_ROWS = 64 };

neural_status trainer_history_resize(neural_trainer *trainer, int64_t rows) {
    const size_t bytes = sizeof *trainer->history;
    int64_t room = trainer->history_room ? trainer->history_room : FIRST_ROWS;
    while (room < rows) {
        room *= 2;
    }
    if (room > trainer->history_room) {
        void *memory = neural_realloc(trainer->history, (size_t)trainer->history_rows * bytes,
                                      (size_t)room * bytes);
        if (!memory) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        trainer->history = memory;
        trainer->history_room = room;
    }
    trainer->history_rows = rows;
    return NEURAL_OK;
}

neural_status trainer_history_add(neural_trainer *trainer, const neural_epoch_report *report) {
    const int is_validated = report->validation.rows > 0;
    NEURAL_TRY(trainer_history_resize(trainer, trainer->history_rows + 1));
    trainer->history[trainer->history_rows - 1] = (neural_history_row){
        .epoch = (double)report->epoch,
        .learning_rate = report->learning_rate,
        .gradient_norm = report->gradient_norm,
        .train_loss = report->train.loss,
        .train_metric = report->train.metric,
        .val_loss = is_validated ? report->validation.loss : NAN,
        .val_metric = is_validated ? report->validation.metric : NAN,
    };
    return NEURAL_OK;
}

const neural_history_row *neural_trainer_history(const neural_trainer *trainer, int64_t *rows) {
    *rows = trainer->history_rows;
    return trainer->history;
}
