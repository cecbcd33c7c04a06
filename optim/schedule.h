/* Learning-rate schedules: closed forms of the time t, counted from 0 in epochs or in steps as the
 * caller likes. Names, formulas and defaults are those of torch.optim.lr_scheduler; a schedule
 * holds no learning rate of its own, so several groups of parameters may share it. */
#ifndef OPTIM_SCHEDULE_H_
#define OPTIM_SCHEDULE_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_schedule neural_schedule;

/* lr(t) from the base rate. T is period. */
typedef enum neural_schedule_kind {
    NEURAL_SCHEDULE_CONSTANT = 0,        /* base */
    NEURAL_SCHEDULE_STEP = 1,            /* base gamma^floor(t / T) */
    NEURAL_SCHEDULE_MULTI_STEP = 2,      /* base gamma^(number of milestones <= t) */
    NEURAL_SCHEDULE_EXPONENTIAL = 3,     /* base gamma^t */
    NEURAL_SCHEDULE_COSINE = 4,          /* low + (base - low) (1 + cos(pi t / T)) / 2 */
    NEURAL_SCHEDULE_COSINE_RESTARTS = 5, /* the same, t from 0 again after T, T multiplier, ...
                                            (Loshchilov & Hutter 2017) */
    NEURAL_SCHEDULE_LINEAR = 6,          /* base (start + (end - start) min(t, T) / T) */
    NEURAL_SCHEDULE_POLYNOMIAL = 7,      /* base (1 - min(t, T) / T)^power */
    NEURAL_SCHEDULE_ONE_CYCLE = 8,       /* cosine from base / div_factor up to base at
                                            t = warmup T - 1, then down to base / (div_factor
                                            final_div_factor) at T - 1 (Smith & Topin 2019) */
    NEURAL_SCHEDULE_PLATEAU = 9          /* times gamma when the metric stops to improve */
} neural_schedule_kind;

/* Zero means the default in brackets where there is one. */
typedef struct neural_schedule_options {
    neural_schedule_kind kind;
    int64_t period;            /* T >= 1, of all kinds but MULTI_STEP, EXPONENTIAL, PLATEAU */
    double gamma;              /* factor [0.1; EXPONENTIAL must give it], above 0 */
    const int64_t *milestones; /* MULTI_STEP: increasing, >= 0; copied */
    int milestone_count;
    double low;                         /* COSINE*: eta_min; PLATEAU: min_lr [0] */
    int64_t multiplier;                 /* COSINE_RESTARTS: T_mult [1] */
    double start, end;                  /* LINEAR: factors, [1/3, 1] when both are 0 */
    double power;                       /* POLYNOMIAL [1] */
    double warmup;                      /* ONE_CYCLE: part of T on the way up, in (0, 1) [0.3] */
    double div_factor;                  /* ONE_CYCLE [25] */
    double final_div_factor;            /* ONE_CYCLE [1e4] */
    double low_momentum, high_momentum; /* ONE_CYCLE [0.85, 0.95]: against the rate */
    int64_t patience; /* PLATEAU: observations without improvement that are borne */
    int64_t cooldown; /* PLATEAU: observations after a cut that are not counted */
    double threshold; /* PLATEAU: what counts as an improvement, of the best value */
    int is_absolute;  /* PLATEAU: the threshold is absolute, not relative */
    int is_max;       /* PLATEAU: a larger metric is better */
} neural_schedule_options;

/* NEURAL_ERR_INVALID_ARGUMENT names the option, its value and its range. */
NEURAL_API neural_status neural_schedule_create(const neural_schedule_options *options,
                                                neural_schedule **out);

/* Each on the rate that the one before gives, all at the same t (ChainedScheduler). Takes the parts
 * over, on success only. At most one part of a combination observes a metric. */
NEURAL_API neural_status neural_schedule_chain(neural_schedule *const *parts, int count,
                                               neural_schedule **out);

/* One after the other (SequentialLR): part i from t = starts[i - 1] on, its own time counted from
 * there; starts has count - 1 increasing entries. A warm-up is LINEAR before any other. */
NEURAL_API neural_status neural_schedule_sequence(neural_schedule *const *parts,
                                                  const int64_t *starts, int count,
                                                  neural_schedule **out);
NEURAL_API void neural_schedule_destroy(neural_schedule *schedule); /* accepts NULL */

/* The rate at time t >= 0; NULL gives base. */
NEURAL_API double neural_schedule_lr(const neural_schedule *schedule, double base, int64_t t);
/* The momentum (Adam: beta1) at time t: of ONE_CYCLE, else base. */
NEURAL_API double neural_schedule_momentum(const neural_schedule *schedule, double base, int64_t t);

/* A new value of the metric, once per validation; does nothing where no PLATEAU is part. A value
 * that is not a number counts as no improvement. */
NEURAL_API void neural_schedule_observe(neural_schedule *schedule, double metric);

/* What observations have changed, for checkpoints; all kinds but PLATEAU have none. */
typedef struct neural_schedule_state {
    double best, scale;   /* best metric so far; the cuts together */
    int64_t bad, cooling; /* observations without improvement; left of the cooldown */
    int64_t observed;     /* 0: best means nothing yet */
} neural_schedule_state;
NEURAL_API void neural_schedule_save(const neural_schedule *schedule, neural_schedule_state *out);
NEURAL_API void neural_schedule_restore(neural_schedule *schedule,
                                        const neural_schedule_state *state);

#ifdef __cplusplus
}
#endif

#endif /* OPTIM_SCHEDULE_H_ */
