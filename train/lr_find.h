/* The learning-rate finder: a sweep of rates over training steps, and where the loss falls fastest.
 *
 * Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017), with the smoothing
 * and the stop of fastai's lr_find. */
#ifndef TRAIN_LR_FIND_H_
#define TRAIN_LR_FIND_H_

#include "train/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_lr_find_options {
    double start, end; /* rates of the first and the last step: 1e-7 and 10 */
    int64_t steps;     /* at least 2: 100 */
    double smoothing;  /* in [0, 1): what the average keeps of the past, 0.98 */
    double divergence; /* above 1: stop when the smoothed loss exceeds so many times its minimum, 4;
                          0 = never */
} neural_lr_find_options;

/* The values named above. */
NEURAL_API neural_lr_find_options neural_lr_find_default(void);

typedef struct neural_lr_point {
    double rate, loss, smoothed;
} neural_lr_point;

typedef enum neural_lr_find_end {
    NEURAL_LR_FIND_DONE = 0,      /* all steps were taken */
    NEURAL_LR_FIND_DIVERGED = 1,  /* the smoothed loss exceeded its limit */
    NEURAL_LR_FIND_NOT_FINITE = 2 /* a loss, a gradient or a weight was NaN or infinite */
} neural_lr_find_end;

/* Of `count` points: point[suggestion], -1 where there is nothing to suggest; free with
 * neural_lr_curve_destroy. */
typedef struct neural_lr_curve {
    neural_lr_point *point;
    int64_t count;
    int64_t suggestion, minimum; /* of the smoothed loss; -1 = none */
    neural_lr_find_end end;
} neural_lr_curve;

/* Takes training steps at the rates start * (end / start)^(i / (steps - 1)), i = 0, 1, ..., in
 * place of the schedule's. A point is the loss of the batch (with accumulation: the mean over the
 * batches of one update) from which the step at its rate is then taken, and its average
 *
 *     a_i = smoothing a_(i-1) + (1 - smoothing) loss_i,   smoothed_i = a_i / (1 - smoothing^(i+1)).
 *
 * Weights, buffers, optimizer and the trainer's place are then what they were. A loss that is not
 * finite ends the sweep before its point; the first one is the error of a training step. Errors
 * also: NEURAL_ERR_INVALID_ARGUMENT for options out of range, NEURAL_ERR_DATA without rows. */
NEURAL_API neural_status neural_lr_find(neural_trainer *trainer,
                                        const neural_lr_find_options *options,
                                        neural_lr_curve *out);

/* The point from which the smoothed loss falls fastest over log rate: the smallest
 * (s_(i+1) - s_i) / (log r_(i+1) - log r_i) among the points up to the minimum, the first tenth, of
 * which the average knows little, left out. The minimum where it falls nowhere; -1 for fewer than 3
 * points. *minimum may be NULL. */
NEURAL_API int64_t neural_lr_suggest(const neural_lr_point *point, int64_t count, int64_t *minimum);

NEURAL_API void neural_lr_curve_destroy(neural_lr_curve *curve); /* empties it; accepts NULL */

#ifdef __cplusplus
}
#endif

#endif /* TRAIN_LR_FIND_H_ */
