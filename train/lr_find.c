#include "train/lr_find.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/memory.h"
#include "train/trainer_type.h"

enum { MAX_STEPS = 1000000, MAX_STATES = 8, FEWEST_POINTS = 3, SKIPPED_PART = 10 };

neural_lr_find_options neural_lr_find_default(void) {
    return (neural_lr_find_options){
        .start = 1e-7, .end = 10, .steps = 100, .smoothing = 0.98, .divergence = 4};
}

/* --- what the sweep changes, and its return --- */

typedef struct kept_state {
    neural_tensor *values, *buffers, *average, *grads;
    neural_tensor *optimizer[MAX_STATES];
    int64_t optimizer_steps;
    train_progress progress;
} kept_state;

static void drop_state(kept_state *kept) {
    neural_tensor_release(kept->values);
    neural_tensor_release(kept->buffers);
    neural_tensor_release(kept->average);
    neural_tensor_release(kept->grads);
    for (int i = 0; i < MAX_STATES; i++) {
        neural_tensor_release(kept->optimizer[i]);
    }
}

static neural_status keep_state(const neural_trainer *trainer, kept_state *kept) {
    neural_tensor *state;
    const neural_parameters *parameters = neural_model_parameters(trainer->model);
    kept->progress = trainer->progress;
    kept->optimizer_steps = neural_optimizer_steps(trainer->optimizer);
    NEURAL_TRY(neural_tensor_clone(parameters->values, &kept->values));
    NEURAL_TRY(neural_tensor_clone(parameters->grads, &kept->grads));
    NEURAL_TRY(neural_tensor_clone(neural_model_buffers(trainer->model)->values, &kept->buffers));
    if (trainer->average) {
        NEURAL_TRY(neural_tensor_clone(neural_ema_average(trainer->average), &kept->average));
    }
    for (int i = 0; (state = neural_optimizer_state(trainer->optimizer, i, NULL)); i++) {
        NEURAL_REQUIRE(i < MAX_STATES, NEURAL_ERR_INTERNAL,
                       "lr_find: more than %d optimizer states", MAX_STATES);
        NEURAL_TRY(neural_tensor_clone(state, &kept->optimizer[i]));
    }
    return NEURAL_OK;
}

static neural_status restore_state(neural_trainer *trainer, const kept_state *kept) {
    const neural_parameters *parameters = neural_model_parameters(trainer->model);
    trainer->progress = kept->progress;
    NEURAL_TRY(neural_tensor_copy(parameters->values, kept->values));
    NEURAL_TRY(neural_tensor_copy(parameters->grads, kept->grads));
    NEURAL_TRY(neural_tensor_copy(neural_model_buffers(trainer->model)->values, kept->buffers));
    if (trainer->average) {
        NEURAL_TRY(neural_tensor_copy(neural_ema_average(trainer->average), kept->average));
    }
    for (int i = 0; i < MAX_STATES && kept->optimizer[i]; i++) {
        NEURAL_TRY(neural_tensor_copy(neural_optimizer_state(trainer->optimizer, i, NULL),
                                      kept->optimizer[i]));
    }
    NEURAL_TRY(neural_optimizer_set_steps(trainer->optimizer, kept->optimizer_steps));
    return neural_optimizer_set_lr(trainer->optimizer, kept->progress.learning_rate);
}

/* --- the sweep --- */

/* The batches of one update, at trainer->sweep_rate; *loss is their mean. */
static neural_status take_update(neural_trainer *trainer, double *loss) {
    train_progress *at = &trainer->progress;
    double sum = 0;
    int64_t batches = 0;
    do {
        neural_tensor *x = NULL;
        neural_tensor *y = NULL;
        double value = 0;
        NEURAL_TRY(neural_batches_next(trainer->batches, &x, &y));
        NEURAL_TRY(trainer_step(trainer, x, y, &at->sums, &value));
        sum += value;
        batches++;
        at->batch++;
    } while (at->accumulated > 0);
    *loss = sum / (double)batches;
    if (at->batch == neural_batches_count(trainer->batches)) {
        at->epoch++;
        at->batch = 0;
        return neural_batches_seek(trainer->batches, at->epoch, 0);
    }
    return NEURAL_OK;
}

static int is_not_finite(neural_status status) {
    return status == NEURAL_ERR_NAN_DETECTED || status == NEURAL_ERR_INF_DETECTED;
}

static neural_status sweep(neural_trainer *trainer, const neural_lr_find_options *o,
                           neural_lr_curve *curve) {
    double average = 0, best = INFINITY;
    for (int64_t i = 0; i < o->steps; i++) {
        double loss = 0;
        const double part = (double)i / (double)(o->steps - 1);
        const double rate = i == o->steps - 1 ? o->end : o->start * pow(o->end / o->start, part);
        trainer->sweep_rate = rate;
        const neural_status status = take_update(trainer, &loss);
        if (is_not_finite(status) && i > 0) {
            curve->end = NEURAL_LR_FIND_NOT_FINITE;
            return NEURAL_OK;
        }
        NEURAL_TRY(status);
        average = o->smoothing * average + (1 - o->smoothing) * loss;
        const double smoothed = average / (1 - pow(o->smoothing, (double)(i + 1)));
        curve->point[curve->count++] = (neural_lr_point){rate, loss, smoothed};
        best = fmin(best, smoothed);
        if (o->divergence > 0 && smoothed - best > (o->divergence - 1) * fabs(best)) {
            curve->end = NEURAL_LR_FIND_DIVERGED;
            return NEURAL_OK;
        }
    }
    return NEURAL_OK;
}

static neural_status sweep_and_return(neural_trainer *trainer,
                                      const neural_lr_find_options *options,
                                      neural_lr_curve *curve) {
    kept_state kept = {0};
    neural_status status = keep_state(trainer, &kept);
    if (!status) {
        const train_progress *at = &trainer->progress;
        neural_layer_set_training(neural_model_network(trainer->model), 1);
        status = neural_batches_seek(trainer->batches, at->epoch, at->batch);
        if (!status) {
            status = sweep(trainer, options, curve);
        }
        trainer->sweep_rate = 0;
        const neural_status restored = restore_state(trainer, &kept);
        status = status ? status : restored;
    }
    drop_state(&kept);
    return status;
}

static neural_status check(const neural_trainer *trainer, const neural_lr_find_options *o) {
    NEURAL_REQUIRE(o->start > 0 && o->end > o->start && isfinite(o->end),
                   NEURAL_ERR_INVALID_ARGUMENT,
                   "lr_find: rates from %g to %g, expected 0 < start < end", o->start, o->end);
    NEURAL_REQUIRE(o->steps >= 2 && o->steps <= MAX_STEPS, NEURAL_ERR_INVALID_ARGUMENT,
                   "lr_find: %" PRId64 " steps, expected 2 to %d", o->steps, MAX_STEPS);
    NEURAL_REQUIRE(o->smoothing >= 0 && o->smoothing < 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "lr_find: smoothing is %g, expected 0 to below 1", o->smoothing);
    NEURAL_REQUIRE(o->divergence == 0 || o->divergence > 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "lr_find: divergence is %g, expected 0 or above 1", o->divergence);
    NEURAL_REQUIRE(neural_batches_count(trainer->batches) > 0, NEURAL_ERR_DATA,
                   "lr_find: there are no rows to train on, found %" PRId64,
                   trainer->train_row_count);
    return NEURAL_OK;
}

neural_status neural_lr_find(neural_trainer *trainer, const neural_lr_find_options *options,
                             neural_lr_curve *out) {
    NEURAL_REQUIRE(trainer && options && out, NEURAL_ERR_NULL_POINTER,
                   "lr_find: trainer, options and out must be given");
    NEURAL_TRY(check(trainer, options));
    neural_lr_curve curve = {.suggestion = -1, .minimum = -1};
    curve.point = neural_alloc(sizeof *curve.point * (size_t)options->steps);
    if (!curve.point) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    const neural_status status = sweep_and_return(trainer, options, &curve);
    if (status) {
        neural_lr_curve_destroy(&curve);
        return status;
    }
    curve.suggestion = neural_lr_suggest(curve.point, curve.count, &curve.minimum);
    *out = curve;
    return NEURAL_OK;
}

void neural_lr_curve_destroy(neural_lr_curve *curve) {
    if (curve) {
        neural_free(curve->point);
        memset(curve, 0, sizeof *curve);
    }
}

/* --- the suggestion --- */

int64_t neural_lr_suggest(const neural_lr_point *point, int64_t count, int64_t *minimum) {
    int64_t lowest = count > 0 ? 0 : -1;
    for (int64_t i = 1; i < count; i++) {
        lowest = point[i].smoothed < point[lowest].smoothed ? i : lowest;
    }
    if (minimum) {
        *minimum = lowest;
    }
    if (count < FEWEST_POINTS) {
        return -1;
    }
    int64_t steepest = lowest;
    double smallest = 0;
    for (int64_t i = count / SKIPPED_PART; i < lowest; i++) {
        const double slope = (point[i + 1].smoothed - point[i].smoothed) /
                             (log(point[i + 1].rate) - log(point[i].rate));
        if (slope < smallest) {
            smallest = slope;
            steepest = i;
        }
    }
    return steepest;
}
