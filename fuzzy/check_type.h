/* Inside of a check. */
#ifndef FUZZY_CHECK_TYPE_H_
#define FUZZY_CHECK_TYPE_H_

#include "fuzzy/check.h"
#include "fuzzy/system_type.h"

struct neural_fuzzy_report {
    neural_arena *arena; /* texts and points */
    neural_fuzzy_finding *items;
    int64_t count, capacity;
    int64_t points;
};

typedef struct fuzzy_span {
    double low, high;
} fuzzy_span;

typedef struct fuzzy_check {
    neural_fuzzy_system *system;
    neural_fuzzy_report *report;
    neural_arena *arena; /* all below */
    fuzzy_span *spans;   /* of each input: its range, or what stands for it */
    double **places;     /* of each input: where its terms are looked at, in order */
    int64_t *place_count;
    int64_t per_axis; /* values per input; 0: points without a grid */
    int64_t points;
    unsigned char *fired; /* [outputs, points] */
    unsigned char *seen;  /* of each rule: it fired somewhere */
    double *x, *out;      /* of FUZZY_ROWS points */
} fuzzy_check;

/* --- check.c --- */

/* Adds a finding; text is a format. Lists of `inputs` numbers are copied. */
neural_status neural_fuzzy_find(fuzzy_check *check, const neural_fuzzy_finding *finding,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- check_parts.c --- */

/* Collects the places of all inputs: an even grid, parameters, middles between them. */
neural_status neural_fuzzy_check_places(fuzzy_check *check);
/* Findings by reasoning about single parts. */
neural_status neural_fuzzy_check_ranges(fuzzy_check *check);
neural_status neural_fuzzy_check_terms(fuzzy_check *check);
/* Rules that never fire; then those that did not. */
neural_status neural_fuzzy_check_rules(fuzzy_check *check);
neural_status neural_fuzzy_check_outputs(fuzzy_check *check);
/* Where in the span the degree of an input's term is highest. */
double neural_fuzzy_peak(const fuzzy_check *check, int64_t input, int64_t term);

/* --- check_points.c --- */

/* Chooses the points and evaluates them: fills fired and seen. */
neural_status neural_fuzzy_check_evaluate(fuzzy_check *check, int64_t samples);
/* The regions without a rule. */
neural_status neural_fuzzy_check_gaps(fuzzy_check *check);

#endif /* FUZZY_CHECK_TYPE_H_ */
