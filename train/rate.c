/* From the config's [schedule] section to the learning rate of each update. */
#include <stdlib.h>
#include <string.h>

#include "train/trainer_type.h"

enum { MAX_MILESTONES = 256 };

static int64_t updates_per_epoch(const neural_trainer *trainer) {
    const int64_t share = trainer->config->accumulate;
    return (neural_batches_count(trainer->batches) + share - 1) / share;
}

/* "30, 60, 90"; *out is their number. */
static neural_status read_milestones(const char *text, int64_t *to, int *out) {
    int count = 0;
    for (const char *at = text; *at;) {
        char *end = NULL;
        const long long value = strtoll(at, &end, 10);
        const char *rest = end + strspn(end, " ");
        NEURAL_REQUIRE(end != at && count < MAX_MILESTONES && (*rest == ',' || *rest == '\0'),
                       NEURAL_ERR_INVALID_CONFIG,
                       "milestones: expected at most %d whole numbers such as 30, 60, 90, found "
                       "\"%.60s\"",
                       MAX_MILESTONES, text);
        to[count++] = value;
        at = *rest == ',' ? rest + 1 : rest;
    }
    *out = count;
    return NEURAL_OK;
}

static int counts_steps(const neural_config *config) {
    return config->schedule_unit == NEURAL_CONFIG_UNIT_STEP ||
           config->schedule == NEURAL_SCHEDULE_ONE_CYCLE;
}

/* What the run has, in units, after the warm-up. */
static int64_t units_left(const neural_trainer *trainer) {
    const neural_config *c = trainer->config;
    const int64_t run = c->epochs * (counts_steps(c) ? updates_per_epoch(trainer) : 1);
    return run > c->warmup ? run - c->warmup : 1;
}

static neural_status create_main(neural_trainer *trainer, neural_schedule **out) {
    const neural_config *c = trainer->config;
    int64_t milestones[MAX_MILESTONES];
    neural_schedule_options o = {.kind = (neural_schedule_kind)(c->schedule < 0 ? 0 : c->schedule),
                                 .period = c->period ? c->period : units_left(trainer),
                                 .gamma = c->gamma,
                                 .milestones = milestones,
                                 .low = c->min_lr,
                                 .multiplier = c->period_multiplier,
                                 .start = c->start_factor,
                                 .end = c->end_factor,
                                 .power = c->power,
                                 .warmup = c->pct_start,
                                 .div_factor = c->div_factor,
                                 .final_div_factor = c->final_div_factor,
                                 .patience = c->plateau_patience,
                                 .cooldown = c->cooldown,
                                 .threshold = c->threshold};
    if (c->lr_step_size > 0) {
        o.kind = NEURAL_SCHEDULE_STEP;
        o.period = c->lr_step_size;
        o.gamma = c->lr_gamma;
    }
    NEURAL_TRY(read_milestones(c->milestones ? c->milestones : "", milestones, &o.milestone_count));
    return neural_schedule_create(&o, out);
}

/* A line up to the learning rate, then `main`, which is taken over. */
static neural_status put_warmup_before(const neural_config *config, neural_schedule *main,
                                       neural_schedule **out) {
    const neural_schedule_options rise = {.kind = NEURAL_SCHEDULE_LINEAR,
                                          .period = config->warmup,
                                          .start = config->warmup_start,
                                          .end = 1};
    neural_schedule *parts[] = {NULL, main};
    neural_status status = neural_schedule_create(&rise, &parts[0]);
    if (!status) {
        status = neural_schedule_sequence(parts, &config->warmup, 2, out);
    }
    if (status) {
        neural_schedule_destroy(parts[0]);
        neural_schedule_destroy(main);
    }
    return status;
}

neural_status trainer_create_schedule(neural_trainer *trainer) {
    neural_schedule *main = NULL;
    NEURAL_TRY(create_main(trainer, &main));
    if (trainer->config->warmup > 0) {
        NEURAL_TRY(put_warmup_before(trainer->config, main, &main));
    }
    trainer->schedule = main;
    neural_schedule_save(main, &trainer->progress.plateau);
    return trainer_set_rate(trainer);
}

neural_status trainer_set_rate(neural_trainer *trainer) {
    const neural_config *config = trainer->config;
    train_progress *at = &trainer->progress;
    if (trainer->sweep_rate > 0) {
        at->learning_rate = trainer->sweep_rate;
        return neural_optimizer_set_lr(trainer->optimizer, at->learning_rate);
    }
    const int64_t t = counts_steps(config) ? at->updates : at->epoch;
    at->learning_rate = neural_schedule_lr(trainer->schedule, config->learning_rate, t);
    if (config->schedule == NEURAL_SCHEDULE_ONE_CYCLE && config->cycle_momentum) {
        const double usual = neural_optimizer_momentum(trainer->optimizer);
        NEURAL_TRY(neural_optimizer_set_momentum(
            trainer->optimizer, neural_schedule_momentum(trainer->schedule, usual, t)));
    }
    return neural_optimizer_set_lr(trainer->optimizer, at->learning_rate);
}

void trainer_observe(neural_trainer *trainer, double validation_loss) {
    neural_schedule_observe(trainer->schedule, validation_loss);
    neural_schedule_save(trainer->schedule, &trainer->progress.plateau);
}
