#include "optim/schedule.h"

#include <math.h>
#include <string.h>

#include "core/base/memory.h"

typedef enum combination { ALONE, CHAIN, SEQUENCE } combination;

struct neural_schedule {
    neural_schedule_options options; /* milestones and starts are in own_times */
    neural_schedule_state state;     /* of PLATEAU */
    combination combination;
    neural_schedule **parts;
    int64_t *own_times;       /* milestones, or starts of the parts but the first */
    int count;                /* of parts */
    neural_schedule *plateau; /* the part that observes a metric, itself included, or NULL */
};

/* --- options --- */

static double or_default(double value, double fallback) {
    return value == 0 ? fallback : value;
}

static void fill_defaults(neural_schedule_options *o) {
    if (o->kind != NEURAL_SCHEDULE_EXPONENTIAL) {
        o->gamma = or_default(o->gamma, 0.1);
    }
    o->multiplier = o->multiplier ? o->multiplier : 1;
    if (o->start == 0 && o->end == 0) {
        o->start = 1.0 / 3;
        o->end = 1;
    }
    o->power = or_default(o->power, 1);
    o->warmup = or_default(o->warmup, 0.3);
    o->div_factor = or_default(o->div_factor, 25);
    o->final_div_factor = or_default(o->final_div_factor, 1e4);
    o->low_momentum = or_default(o->low_momentum, 0.85);
    o->high_momentum = or_default(o->high_momentum, 0.95);
}

static int has_period(neural_schedule_kind kind) {
    return kind == NEURAL_SCHEDULE_STEP || kind == NEURAL_SCHEDULE_COSINE ||
           kind == NEURAL_SCHEDULE_COSINE_RESTARTS || kind == NEURAL_SCHEDULE_LINEAR ||
           kind == NEURAL_SCHEDULE_POLYNOMIAL || kind == NEURAL_SCHEDULE_ONE_CYCLE;
}

/* One number of the options and where it has to lie. */
static neural_status check(const char *name, double value, double min, double max) {
    NEURAL_REQUIRE(value >= min && value <= max, NEURAL_ERR_INVALID_ARGUMENT,
                   "schedule: %s is %g, expected %g ... %g", name, value, min, max);
    return NEURAL_OK;
}

static neural_status check_options(const neural_schedule_options *o) {
    const double tiny = 1e-300;
    const double huge = 1e300;
    NEURAL_TRY(check("kind", o->kind, NEURAL_SCHEDULE_CONSTANT, NEURAL_SCHEDULE_PLATEAU));
    if (has_period(o->kind)) {
        NEURAL_TRY(check("period", (double)o->period, 1, huge));
    }
    NEURAL_TRY(check("gamma", o->gamma, tiny, huge));
    NEURAL_TRY(check("low", o->low, 0, huge));
    NEURAL_TRY(check("multiplier", (double)o->multiplier, 1, 1e9));
    NEURAL_TRY(check("start", o->start, 0, huge));
    NEURAL_TRY(check("end", o->end, 0, huge));
    NEURAL_TRY(check("power", o->power, 0, huge));
    NEURAL_TRY(check("warmup", o->warmup, tiny, 1 - 1e-12));
    NEURAL_TRY(check("div_factor", o->div_factor, tiny, huge));
    NEURAL_TRY(check("final_div_factor", o->final_div_factor, tiny, huge));
    NEURAL_TRY(check("low_momentum", o->low_momentum, 0, 1));
    NEURAL_TRY(check("high_momentum", o->high_momentum, 0, 1));
    NEURAL_TRY(check("patience", (double)o->patience, 0, huge));
    NEURAL_TRY(check("cooldown", (double)o->cooldown, 0, huge));
    return check("threshold", o->threshold, 0, huge);
}

static neural_status check_increasing(const char *what, const int64_t *times, int count) {
    NEURAL_REQUIRE(times || count == 0, NEURAL_ERR_NULL_POINTER, "schedule: %s must be given",
                   what);
    for (int i = 0; i < count; i++) {
        const int64_t before = i ? times[i - 1] : -1;
        NEURAL_REQUIRE(times[i] > before, NEURAL_ERR_INVALID_ARGUMENT,
                       "schedule: %s %d is %lld, expected more than %lld", what, i,
                       (long long)times[i], (long long)before);
    }
    return NEURAL_OK;
}

/* --- life --- */

/* A schedule that owns a copy of the times; parts are room for that many. */
static neural_status allocate(const int64_t *times, int time_count, int count,
                              neural_schedule **out) {
    neural_schedule *schedule = neural_alloc_zeroed(sizeof *schedule);
    int64_t *own = neural_alloc((size_t)time_count * sizeof *own);
    neural_schedule **parts = neural_alloc_zeroed((size_t)count * sizeof(neural_schedule *));
    if (!schedule || !own || !parts) {
        neural_free(schedule);
        neural_free(own);
        neural_free(parts);
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (int i = 0; i < time_count; i++) {
        own[i] = times[i];
    }
    schedule->own_times = own;
    schedule->parts = parts;
    schedule->state.scale = 1;
    *out = schedule;
    return NEURAL_OK;
}

neural_status neural_schedule_create(const neural_schedule_options *options,
                                     neural_schedule **out) {
    NEURAL_REQUIRE(options && out, NEURAL_ERR_NULL_POINTER,
                   "schedule_create: options and out must be given");
    neural_schedule_options filled = *options;
    fill_defaults(&filled);
    NEURAL_TRY(check_options(&filled));
    NEURAL_REQUIRE(filled.milestone_count >= 0, NEURAL_ERR_INVALID_ARGUMENT,
                   "schedule: milestone_count is %d", filled.milestone_count);
    NEURAL_TRY(check_increasing("milestone", filled.milestones, filled.milestone_count));
    neural_schedule *schedule = NULL;
    NEURAL_TRY(allocate(filled.milestones, filled.milestone_count, 0, &schedule));
    schedule->options = filled;
    schedule->options.milestones = schedule->own_times;
    schedule->plateau = filled.kind == NEURAL_SCHEDULE_PLATEAU ? schedule : NULL;
    *out = schedule;
    return NEURAL_OK;
}

static neural_status combine(combination kind, neural_schedule *const *parts, const int64_t *starts,
                             int count, neural_schedule **out) {
    NEURAL_REQUIRE(parts && out, NEURAL_ERR_NULL_POINTER, "schedule: parts and out must be given");
    NEURAL_REQUIRE(count >= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "schedule: %d parts, expected at least 1", count);
    int observers = 0;
    neural_schedule *plateau = NULL;
    for (int i = 0; i < count; i++) {
        NEURAL_REQUIRE(parts[i], NEURAL_ERR_NULL_POINTER, "schedule: part %d must be given", i);
        observers += parts[i]->plateau != NULL;
        plateau = parts[i]->plateau ? parts[i]->plateau : plateau;
    }
    NEURAL_REQUIRE(observers <= 1, NEURAL_ERR_INVALID_ARGUMENT,
                   "schedule: %d parts observe a metric, expected at most 1", observers);
    const int time_count = kind == SEQUENCE ? count - 1 : 0;
    NEURAL_TRY(check_increasing("start", starts, time_count));
    neural_schedule *schedule = NULL;
    NEURAL_TRY(allocate(starts, time_count, count, &schedule));
    schedule->combination = kind;
    schedule->count = count;
    schedule->plateau = plateau;
    memcpy(schedule->parts, parts, (size_t)count * sizeof(neural_schedule *));
    *out = schedule;
    return NEURAL_OK;
}

neural_status neural_schedule_chain(neural_schedule *const *parts, int count,
                                    neural_schedule **out) {
    return combine(CHAIN, parts, NULL, count, out);
}

neural_status neural_schedule_sequence(neural_schedule *const *parts, const int64_t *starts,
                                       int count, neural_schedule **out) {
    return combine(SEQUENCE, parts, starts, count, out);
}

void neural_schedule_destroy(neural_schedule *schedule) {
    if (!schedule) {
        return;
    }
    for (int i = 0; i < schedule->count; i++) {
        neural_schedule_destroy(schedule->parts[i]);
    }
    neural_free(schedule->parts);
    neural_free(schedule->own_times);
    neural_free(schedule);
}

/* --- formulas --- */

/* From `from` at part 0 to `to` at part 1, half a cosine. */
static double half_cosine(double from, double to, double part) {
    return to + (from - to) * (1 + cos(M_PI * part)) / 2;
}

static double multi_step(const neural_schedule_options *o, double base, int64_t t) {
    int passed = 0;
    while (passed < o->milestone_count && o->milestones[passed] <= t) {
        passed++;
    }
    return base * pow(o->gamma, passed);
}

static double cosine_restarts(const neural_schedule_options *o, double base, int64_t t) {
    double length = (double)o->period;
    double since = (double)t;
    if (o->multiplier == 1) {
        since = fmod(since, length);
    }
    while (since >= length) {
        since -= length;
        length *= (double)o->multiplier;
    }
    return half_cosine(base, o->low, since / length);
}

/* Up from `first` to `top`, then down to `last`. */
static double one_cycle(const neural_schedule_options *o, double first, double top, double last,
                        int64_t t) {
    const double end = (double)o->period - 1;
    const double peak = o->warmup * (double)o->period - 1;
    const double at = fmin((double)t, end);
    if (at <= peak) {
        return peak > 0 ? half_cosine(first, top, at / peak) : top;
    }
    return half_cosine(top, last, (at - peak) / (end - peak));
}

static double part_of_period(const neural_schedule_options *o, int64_t t) {
    return t < o->period ? (double)t / (double)o->period : 1;
}

static double lr_alone(const neural_schedule *schedule, double base, int64_t t) {
    const neural_schedule_options *o = &schedule->options;
    switch (o->kind) {
    case NEURAL_SCHEDULE_CONSTANT:
        break;
    case NEURAL_SCHEDULE_STEP: {
        const int64_t periods = t / o->period;
        return base * pow(o->gamma, (double)periods);
    }
    case NEURAL_SCHEDULE_MULTI_STEP:
        return multi_step(o, base, t);
    case NEURAL_SCHEDULE_EXPONENTIAL:
        return base * pow(o->gamma, (double)t);
    case NEURAL_SCHEDULE_COSINE:
        return half_cosine(base, o->low, (double)t / (double)o->period);
    case NEURAL_SCHEDULE_COSINE_RESTARTS:
        return cosine_restarts(o, base, t);
    case NEURAL_SCHEDULE_LINEAR:
        return base * (o->start + (o->end - o->start) * part_of_period(o, t));
    case NEURAL_SCHEDULE_POLYNOMIAL:
        return base * pow(1 - part_of_period(o, t), o->power);
    case NEURAL_SCHEDULE_ONE_CYCLE:
        return one_cycle(o, base / o->div_factor, base, base / o->div_factor / o->final_div_factor,
                         t);
    case NEURAL_SCHEDULE_PLATEAU:
        return fmin(base, fmax(base * schedule->state.scale, o->low));
    }
    return base;
}

/* The part of a sequence that t falls into; *since is t in its own time. */
static const neural_schedule *part_at(const neural_schedule *sequence, int64_t t, int64_t *since) {
    int i = 0;
    while (i + 1 < sequence->count && sequence->own_times[i] <= t) {
        i++;
    }
    *since = i ? t - sequence->own_times[i - 1] : t;
    return sequence->parts[i];
}

double neural_schedule_lr(const neural_schedule *schedule, double base, int64_t t) {
    if (!schedule) {
        return base;
    }
    if (schedule->combination == ALONE) {
        return lr_alone(schedule, base, t);
    }
    if (schedule->combination == SEQUENCE) {
        int64_t since = 0;
        const neural_schedule *part = part_at(schedule, t, &since);
        return neural_schedule_lr(part, base, since);
    }
    for (int i = 0; i < schedule->count; i++) {
        base = neural_schedule_lr(schedule->parts[i], base, t);
    }
    return base;
}

double neural_schedule_momentum(const neural_schedule *schedule, double base, int64_t t) {
    if (!schedule) {
        return base;
    }
    if (schedule->combination == SEQUENCE) {
        int64_t since = 0;
        const neural_schedule *part = part_at(schedule, t, &since);
        return neural_schedule_momentum(part, base, since);
    }
    for (int i = 0; i < schedule->count; i++) {
        base = neural_schedule_momentum(schedule->parts[i], base, t);
    }
    const neural_schedule_options *o = &schedule->options;
    const int is_cycle = schedule->combination == ALONE && o->kind == NEURAL_SCHEDULE_ONE_CYCLE;
    return is_cycle ? one_cycle(o, o->high_momentum, o->low_momentum, o->high_momentum, t) : base;
}

/* --- plateau --- */

static int improves(const neural_schedule *plateau, double metric) {
    const neural_schedule_options *o = &plateau->options;
    const double best = plateau->state.best;
    const double margin = o->is_absolute ? o->threshold : o->threshold * fabs(best);
    if (plateau->state.observed == 0) {
        return !isnan(metric);
    }
    return o->is_max ? metric > best + margin : metric < best - margin;
}

void neural_schedule_observe(neural_schedule *schedule, double metric) {
    neural_schedule *plateau = schedule ? schedule->plateau : NULL;
    if (!plateau) {
        return;
    }
    neural_schedule_state *state = &plateau->state;
    if (improves(plateau, metric)) {
        state->best = metric;
        state->bad = 0;
        state->observed++;
    } else {
        state->bad++;
    }
    if (state->cooling > 0) {
        state->cooling--;
        state->bad = 0;
    }
    if (state->bad > plateau->options.patience) {
        state->scale *= plateau->options.gamma;
        state->cooling = plateau->options.cooldown;
        state->bad = 0;
    }
}

void neural_schedule_save(const neural_schedule *schedule, neural_schedule_state *out) {
    const neural_schedule *plateau = schedule ? schedule->plateau : NULL;
    *out = plateau ? plateau->state : (neural_schedule_state){.scale = 1};
}

void neural_schedule_restore(neural_schedule *schedule, const neural_schedule_state *state) {
    neural_schedule *plateau = schedule ? schedule->plateau : NULL;
    if (plateau) {
        plateau->state = *state;
    }
}
