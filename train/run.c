#include <math.h>
#include <string.h>
#include <time.h>

#include "train/trainer_type.h"

/* One call of neural_trainer_run. */
typedef struct run {
    neural_trainer *trainer;
    neural_train_progress progress;
    void *context;
    double start; /* seconds */
    neural_epoch_report report;
} run;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fill_progress(run *r) {
    const train_progress *at = &r->trainer->progress;
    r->report.epoch = at->epoch + 1;
    r->report.epochs = r->trainer->config->epochs;
    r->report.batch = at->batch;
    r->report.batches = neural_batches_count(r->trainer->batches);
    r->report.samples = at->samples;
    r->report.seconds = now() - r->start;
    r->report.learning_rate = at->learning_rate;
    r->report.train_loss = at->sums.rows ? at->sums.loss / at->sums.weight : 0;
    r->report.gradient_norm = at->gradient_norm;
}

static int tell(const run *r) {
    return r->progress ? r->progress(r->context, &r->report) : 0;
}

/* The batches of the epoch that are left. *stop is set when the progress function asked for it. */
static neural_status run_batches(run *r, int *stop) {
    neural_trainer *trainer = r->trainer;
    train_progress *at = &trainer->progress;
    NEURAL_TRY(neural_batches_seek(trainer->batches, at->epoch, at->batch));
    const int64_t batches = neural_batches_count(trainer->batches);
    while (at->batch < batches && !*stop) {
        neural_tensor *x = NULL;
        neural_tensor *y = NULL;
        NEURAL_TRY(neural_batches_next(trainer->batches, &x, &y));
        NEURAL_TRY(trainer_step(trainer, x, y, &at->sums, NULL));
        at->batch++;
        if (at->batch < batches) {
            fill_progress(r);
            *stop = tell(r);
        }
    }
    return NEURAL_OK;
}

int trainer_has_validation(const neural_trainer *trainer) {
    return trainer->val_rows || trainer->test_data;
}

const int64_t *trainer_validation_rows(const neural_trainer *trainer,
                                       const neural_dataset **dataset, int64_t *count) {
    *dataset = trainer->val_rows ? trainer->train_data : trainer->test_data;
    *count = trainer->val_rows ? trainer->val_row_count : neural_trainer_test_rows(trainer);
    return trainer->val_rows;
}

neural_status trainer_keep_outputs(neural_trainer *trainer) {
    const neural_dataset *dataset;
    int64_t dims[] = {0, neural_model_outputs(trainer->model)};
    trainer_validation_rows(trainer, &dataset, &dims[0]);
    return trainer->outputs ? NEURAL_OK
                            : neural_tensor_create(2, dims, neural_model_dtype(trainer->model),
                                                   &trainer->outputs);
}

static neural_status score_validation(const neural_trainer *trainer, neural_score *out) {
    if (!trainer_has_validation(trainer)) {
        memset(out, 0, sizeof *out);
        return NEURAL_OK;
    }
    const neural_dataset *dataset;
    int64_t count;
    const int64_t *rows = trainer_validation_rows(trainer, &dataset, &count);
    return score_rows(trainer->model, dataset, rows, count, trainer->config->batch_size,
                      trainer->outputs, out);
}

int trainer_is_out_of_patience(const neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    const train_progress *at = &trainer->progress;
    const int64_t last_validated = at->epoch - at->epoch % config->validate_every;
    const int64_t first = trainer_first_scored_epoch(trainer);
    return config->early_stopping && trainer_has_validation(trainer) &&
           last_validated - (at->best_epoch > first ? at->best_epoch : first) >= config->patience;
}

/* Better accuracy, at equal accuracy a smaller loss; for values a smaller loss. Never what is not
 * finite. */
static int improves(const neural_trainer *trainer, const neural_score *score) {
    const train_progress *at = &trainer->progress;
    const double delta = trainer->config->min_delta;
    if (at->best_epoch == 0 || !isfinite(score->loss)) {
        return isfinite(score->loss);
    }
    if (score->is_accuracy && score->metric != at->best_metric) {
        return score->metric > at->best_metric + delta;
    }
    return score->loss < at->best_loss - delta;
}

static neural_status keep_best(neural_trainer *trainer, const neural_score *score, int *is_best) {
    train_progress *at = &trainer->progress;
    *is_best = improves(trainer, score);
    if (!*is_best) {
        return NEURAL_OK;
    }
    at->best_epoch = at->epoch + 1;
    at->best_loss = score->loss;
    at->best_metric = score->metric;
    return trainer_keep_best(trainer);
}

/* Scores the weights that would be saved, and keeps them when they are the best so far. Before
 * pruning has reached its end there is no best. */
static neural_status validate(neural_trainer *trainer, neural_epoch_report *report) {
    NEURAL_TRY(trainer_swap_average(trainer));
    neural_status status = score_validation(trainer, &report->validation);
    if (!status && report->validation.rows > 0) {
        if (trainer_has_pruned(trainer)) {
            status = keep_best(trainer, &report->validation, &report->is_best);
        }
        trainer_observe(trainer, report->validation.loss);
    }
    const neural_status swapped = trainer_swap_average(trainer);
    return status ? status : swapped;
}

/* Tells only when the epoch is over in the trainer, too: a checkpoint made there goes on with the
 * next one. */
static neural_status finish_epoch(run *r, int *stop) {
    neural_trainer *trainer = r->trainer;
    train_progress *at = &trainer->progress;
    const neural_config *config = trainer->config;
    r->report.train = score_of(&at->sums, trainer->model);
    r->report.is_best = 0;
    if ((at->epoch + 1) % config->validate_every == 0 || at->epoch + 1 == config->epochs) {
        NEURAL_TRY(validate(trainer, &r->report));
    }
    fill_progress(r);
    NEURAL_TRY(trainer_history_add(trainer, &r->report));
    memset(&at->sums, 0, sizeof at->sums);
    at->epoch++;
    at->batch = 0;
    at->stopped_early = trainer_is_out_of_patience(trainer);
    *stop = tell(r);
    memset(&r->report.validation, 0, sizeof r->report.validation);
    memset(&r->report.train, 0, sizeof r->report.train);
    return NEURAL_OK;
}

static neural_status run_epochs(run *r) {
    train_progress *at = &r->trainer->progress;
    int stop = 0;
    neural_layer_set_training(neural_model_network(r->trainer->model), 1);
    while (at->epoch < r->trainer->config->epochs && !at->stopped_early && !stop) {
        NEURAL_TRY(run_batches(r, &stop));
        if (!stop) {
            NEURAL_TRY(finish_epoch(r, &stop));
        }
    }
    if (stop && at->epoch < r->trainer->config->epochs && !at->stopped_early) {
        return neural_error(NEURAL_ERR_INTERRUPTED, "stopped in epoch %lld after step %lld",
                            (long long)at->epoch + 1, (long long)at->steps);
    }
    return NEURAL_OK;
}

/* The figures of the weights that will be saved. */
static neural_status fill_report(const neural_trainer *trainer, const neural_score *last,
                                 neural_train_report *out) {
    const train_progress *at = &trainer->progress;
    const int64_t batch_size = trainer->config->batch_size;
    neural_score train, test = {0};
    NEURAL_TRY(score_rows(trainer->model, trainer->train_data, trainer->train_rows,
                          trainer->train_row_count, batch_size, NULL, &train));
    if (trainer->test_data) {
        NEURAL_TRY(neural_model_score(trainer->model, trainer->test_data, 0, batch_size, &test));
    }
    neural_score validation = test; /* what is watched without a part held back */
    if (trainer->val_rows) {
        NEURAL_TRY(score_validation(trainer, &validation));
    }
    memset(out, 0, sizeof *out);
    out->train_loss = train.loss;
    out->is_accuracy = train.is_accuracy;
    out->has_validation = validation.rows > 0;
    out->val_loss = validation.loss;
    out->val_metric = validation.metric;
    out->last_val_metric = last->metric;
    out->has_test = test.rows > 0;
    out->test_loss = test.loss;
    out->test_metric = test.metric;
    out->epochs = at->epoch;
    out->best_epoch = at->best_epoch;
    out->steps = at->steps;
    out->samples = at->samples;
    out->stopped_early = at->stopped_early;
    memcpy(out->digest, trainer->digest, sizeof out->digest);
    return NEURAL_OK;
}

neural_status neural_trainer_run(neural_trainer *trainer, neural_train_progress progress,
                                 void *context, neural_train_report *out) {
    NEURAL_REQUIRE(trainer && out, NEURAL_ERR_NULL_POINTER,
                   "trainer_run: trainer and out must be given");
    run r = {.trainer = trainer, .progress = progress, .context = context, .start = now()};
    const int64_t samples_before = trainer->progress.samples;
    neural_score last;
    neural_train_report report;
    NEURAL_TRY(run_epochs(&r));
    const double seconds = now() - r.start;
    NEURAL_TRY(trainer_swap_average(trainer));
    NEURAL_TRY(score_validation(trainer, &last));
    NEURAL_TRY(trainer_restore_best(trainer));
    NEURAL_TRY(fill_report(trainer, &last, &report));
    if (!isfinite(report.train_loss)) {
        return trainer_blame_end(trainer);
    }
    const double samples = (double)(trainer->progress.samples - samples_before);
    report.seconds = seconds;
    report.samples_per_second = seconds > 0 ? samples / seconds : 0;
    *out = report;
    return NEURAL_OK;
}
