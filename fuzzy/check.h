/* What is missing or superfluous in a fuzzy system. */
#ifndef FUZZY_CHECK_H_
#define FUZZY_CHECK_H_

#include "fuzzy/system.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum neural_fuzzy_flaw {
    NEURAL_FUZZY_NO_RULE_FIRES = 1,     /* a region of the inputs leaves an output without a rule */
    NEURAL_FUZZY_RANGE_UNCOVERED = 2,   /* part of an input's range belongs to none of its terms */
    NEURAL_FUZZY_TERM_UNUSED = 3,       /* in no condition, of an output in no rule */
    NEURAL_FUZZY_RULE_NEVER_FIRES = 4,  /* its degree is 0 whatever the inputs are */
    NEURAL_FUZZY_RULE_DID_NOT_FIRE = 5, /* at no sampled point, and not where its terms peak */
    NEURAL_FUZZY_OUTPUT_UNWRITTEN = 6   /* no rule concludes about it */
} neural_fuzzy_flaw;

typedef struct neural_fuzzy_finding {
    neural_fuzzy_flaw flaw;
    const char *text;            /* all of it in one line */
    const char *variable;        /* NULL where the flaw has none, as the others */
    const char *term;            /* TERM_UNUSED */
    int64_t block, rule;         /* of the two of rules, from 0; else -1 */
    double minimum, maximum;     /* RANGE_UNCOVERED; else NaN */
    double share;                /* NO_RULE_FIRES: part of the sampled points; else NaN */
    const double *point;         /* NO_RULE_FIRES, RANGE_UNCOVERED: [inputs] an example */
    const double *lower, *upper; /* NO_RULE_FIRES: [inputs] the box around the region's points */
} neural_fuzzy_finding;

typedef struct neural_fuzzy_report neural_fuzzy_report;

/* Points are those of a grid over the ranges of the inputs, ends included, with as many values per
 * input as `samples` allows [0: 100,000; at most 10,000,000]; where that is fewer than 5, points
 * spread evenly by Kronecker's sequence. Neighbours on the grid that share the flaw are one region;
 * the 16 largest of an output are told. An infinite end stands 10 % beyond the terms. Degrees up to
 * 1e-6 are none. Forgets the values of outputs, as neural_fuzzy_system_reset. */
NEURAL_API neural_status neural_fuzzy_system_check(neural_fuzzy_system *system, int64_t samples,
                                                   neural_fuzzy_report **out);
NEURAL_API void neural_fuzzy_report_destroy(neural_fuzzy_report *report); /* accepts NULL */

NEURAL_API int64_t neural_fuzzy_report_findings(const neural_fuzzy_report *report);
NEURAL_API int64_t neural_fuzzy_report_points(const neural_fuzzy_report *report);
/* In the order of the enum, then of the system; NULL where there is none. Borrowed. */
NEURAL_API const neural_fuzzy_finding *
neural_fuzzy_report_finding(const neural_fuzzy_report *report, int64_t index);
/* "no-rule-fires", "range-uncovered", ...; NULL for an unknown flaw. */
NEURAL_API const char *neural_fuzzy_flaw_name(neural_fuzzy_flaw flaw);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_CHECK_H_ */
