/* Fuzzy systems: input variables with terms, blocks of rules, output variables. Mamdani, Larsen,
 * Takagi-Sugeno of order 0 and 1, Tsukamoto, and mixtures of them, in fuzzylite's sense.
 *
 * Every size is limited by memory alone. What is added is checked at once; what belongs together
 * (an "and" and its norm, say) when the system is first evaluated. */
#ifndef FUZZY_SYSTEM_H_
#define FUZZY_SYSTEM_H_

#include "fuzzy/defuzzifier.h"
#include "fuzzy/norm.h"
#include "fuzzy/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_fuzzy_system neural_fuzzy_system;

/* name and description may be NULL; texts are copied everywhere. */
NEURAL_API neural_status neural_fuzzy_system_create(const char *name, const char *description,
                                                    neural_fuzzy_system **out);
NEURAL_API void neural_fuzzy_system_destroy(neural_fuzzy_system *system); /* accepts NULL */

typedef struct neural_fuzzy_variable {
    const char *name;        /* one word, none of the language of rules */
    const char *description; /* one line, or NULL */
    double minimum, maximum; /* its range; minimum <= maximum, may be infinite */
    int is_disabled;         /* memberships 0; an output stays NaN */
    int locks_range;         /* values are moved into the range */
    /* Of outputs alone. When no rule fires: the last finite value if locks_previous is set and
     * there is one, else default_value, which may be NAN. */
    double default_value;
    int locks_previous;
    neural_fuzzy_norm aggregation; /* S-norm; NONE for the weighted defuzzifiers */
    neural_fuzzy_defuzzifier defuzzifier;
    neural_fuzzy_inference inference; /* of the weighted ones */
    int64_t resolution;               /* samples of the others [100], at most 1,000,000 */
} neural_fuzzy_variable;

/* Variables and the terms of one have distinct names, and indices in the order of adding. */
NEURAL_API neural_status neural_fuzzy_system_add_input(neural_fuzzy_system *system,
                                                       const neural_fuzzy_variable *variable);
NEURAL_API neural_status neural_fuzzy_system_add_output(neural_fuzzy_system *system,
                                                        const neural_fuzzy_variable *variable);

/* A term of the variable of that name; its height is 1 unless given. Function takes a formula
 * (fuzzy/expression.h) in x and the variables of the system, and no parameters. */
typedef struct neural_fuzzy_term {
    const char *name;
    neural_fuzzy_shape shape;
    const double *params;
    int64_t count;
    double height;       /* 0: 1 */
    const char *formula; /* of Function, else NULL */
} neural_fuzzy_term;
NEURAL_API neural_status neural_fuzzy_system_add_term(neural_fuzzy_system *system,
                                                      const char *variable,
                                                      const neural_fuzzy_term *term);

/* Which rules of a block take effect, and how much. Only degrees above 0 do. */
typedef enum neural_fuzzy_activation {
    NEURAL_FUZZY_GENERAL = 0,      /* all */
    NEURAL_FUZZY_FIRST = 1,        /* the first `rules` with a degree of at least threshold */
    NEURAL_FUZZY_LAST = 2,         /* the last */
    NEURAL_FUZZY_HIGHEST = 3,      /* the `rules` of the highest degrees, first ones of equals */
    NEURAL_FUZZY_LOWEST = 4,       /* of the lowest */
    NEURAL_FUZZY_PROPORTIONAL = 5, /* all, their degrees divided by the sum of them */
    NEURAL_FUZZY_THRESHOLD = 6     /* those whose degree compares so with threshold */
} neural_fuzzy_activation;

typedef enum neural_fuzzy_comparison {
    NEURAL_FUZZY_AT_LEAST = 0,
    NEURAL_FUZZY_ABOVE = 1,
    NEURAL_FUZZY_BELOW = 2,
    NEURAL_FUZZY_AT_MOST = 3,
    NEURAL_FUZZY_EQUAL = 4,
    NEURAL_FUZZY_NOT_EQUAL = 5
} neural_fuzzy_comparison;

typedef struct neural_fuzzy_block {
    const char *name, *description; /* may be NULL */
    int is_disabled;
    neural_fuzzy_norm conjunction; /* of "and": a T-norm */
    neural_fuzzy_norm disjunction; /* of "or": an S-norm */
    neural_fuzzy_norm implication; /* of "then": a T-norm; Minimum clips (Mamdani), AlgebraicProduct
                                      scales (Larsen); none for the weighted defuzzifiers */
    neural_fuzzy_activation activation;
    int64_t rules; /* FIRST, LAST, HIGHEST, LOWEST [1] */
    double threshold;
    neural_fuzzy_comparison comparison;
} neural_fuzzy_block;
NEURAL_API neural_status neural_fuzzy_system_add_block(neural_fuzzy_system *system,
                                                       const neural_fuzzy_block *block);

/* A rule of the block added last:
 *
 *     if a is low and (b is not very high or c is any) then y is big and z is k with 0.5
 *
 * "and" binds stronger than "or"; hedges stand before the term, the one next to it works first;
 * those of a conclusion also act on the conclusions behind it, as in fuzzylite. An output variable
 * on the left has the degree that earlier rules gave its term. NEURAL_ERR_PARSE_ ERROR "column 4:
 * ...". */
NEURAL_API neural_status neural_fuzzy_system_add_rule(neural_fuzzy_system *system,
                                                      const char *rule);

NEURAL_API int64_t neural_fuzzy_system_inputs(const neural_fuzzy_system *system);
NEURAL_API int64_t neural_fuzzy_system_outputs(const neural_fuzzy_system *system);
NEURAL_API int64_t neural_fuzzy_system_rules(const neural_fuzzy_system *system); /* of all blocks */
/* The variables as they were added; NULL where there is none. Borrowed. */
NEURAL_API const neural_fuzzy_variable *neural_fuzzy_system_input(const neural_fuzzy_system *system,
                                                                  int64_t index);
NEURAL_API const neural_fuzzy_variable *
neural_fuzzy_system_output(const neural_fuzzy_system *system, int64_t index);

/* Checks what belongs together and makes ready; evaluation does so by itself. */
NEURAL_API neural_status neural_fuzzy_system_prepare(neural_fuzzy_system *system);

/* out [rows, outputs] for x [rows, inputs], row by row: a batch gives the bits that one call per
 * row would give. NEURAL_ERR_NAN_DETECTED names the row and the input; nothing is written then. Not
 * from two threads at once; no allocation once it is prepared. */
NEURAL_API neural_status neural_fuzzy_system_evaluate(neural_fuzzy_system *system, const double *x,
                                                      int64_t rows, double *out);

/* Forgets the values of outputs (of locks_previous, and those that formulas read). */
NEURAL_API void neural_fuzzy_system_reset(neural_fuzzy_system *system);

#ifdef __cplusplus
}
#endif

#endif /* FUZZY_SYSTEM_H_ */
