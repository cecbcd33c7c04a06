/* The inside of a board. */
#ifndef TRAIN_BOARD_TYPE_H_
#define TRAIN_BOARD_TYPE_H_

#include "logging/summary_writer.h"
#include "train/board.h"
#include "train/trainer_type.h"

struct neural_board {
    neural_trainer *trainer;
    neural_summary_writer *writer;
    neural_histogram *histogram;
};

/* The layers as boxes. */
neural_status board_log_graph(neural_board *board);

/* The picture of the validation rows' classes; nothing where there are none. Wanted at the start,
 * so that validations keep what it is made of. */
neural_status board_want_confusion(neural_board *board);
neural_status board_log_confusion(neural_board *board, int64_t step);

/* Hyper-parameters of the config, each line of its canonical text as "section.key". */
neural_status board_log_hparams(neural_board *board, const char *const *metrics,
                                const double *values, int64_t metric_count);

#endif /* TRAIN_BOARD_TYPE_H_ */
